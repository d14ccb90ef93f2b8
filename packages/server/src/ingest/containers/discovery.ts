/** Finds the control groups of containers: a walk from the root that stops at each one it finds. */
import type { Slicer } from '@vedette/model';
import { findIdentity, type CgroupIdentity } from './cgroup-identity.ts';
import type { ContainerFiles } from './container-files.ts';

export const CGROUP_ROOT = '/sys/fs/cgroup';

// Rootless Podman below a user's manager is 7 deep, a pod 4; containers in containers are not entered.
export const CGROUP_DEPTH_MAX = 16;

// A busy machine has some hundred groups. At 3 to 50 µs each, a walk over this many takes about 0.2 s in slices.
export const CGROUPS_WALKED_MAX = 10_000;

export interface FoundCgroup {
  /** Below the root, beginning with a slash: the label `id`. */
  readonly path: string;
  readonly identity: CgroupIdentity;
}

interface DiscoveryOptions {
  readonly withServices: boolean;
  readonly containersMax: number;
  /** Told of each container beyond `containersMax`. */
  readonly onDrop: () => void;
}

/** Whether this machine has control groups of version 2 at their usual place. */
export function hasCgroups(files: ContainerFiles, root: string): boolean {
  return files.read(`${root}/cgroup.controllers`) !== undefined;
}

/** Containers in the order of their paths. Never throws for groups that end meanwhile. */
export async function findContainers(
  deps: { readonly files: ContainerFiles; readonly slicer: Slicer; readonly root: string },
  options: DiscoveryOptions,
): Promise<readonly FoundCgroup[]> {
  const { files, slicer, root } = deps;
  const found: FoundCgroup[] = [];
  const waiting = [{ path: '', depth: 0 }];
  for (let walked = 0; walked < CGROUPS_WALKED_MAX; walked++) {
    const group = waiting.pop();
    if (group === undefined) break;
    if (slicer.shouldYield()) await slicer.yield();
    // Backwards onto the stack, so that they come off it in order.
    for (const name of files.directories(`${root}${group.path}`).toReversed()) {
      const path = `${group.path}/${name}`;
      const identity = findIdentity(path, options);
      const isWalked = identity === undefined || identity.kind === 'service';
      if (isWalked && group.depth < CGROUP_DEPTH_MAX) waiting.push({ path, depth: group.depth + 1 });
      if (identity === undefined) continue;
      found.push({ path, identity });
    }
  }
  found.sort((a, b) => (a.path < b.path ? -1 : 1));
  for (const _ of found.slice(options.containersMax)) options.onDrop();
  return found.slice(0, options.containersMax);
}
