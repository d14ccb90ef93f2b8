/** Which processes a control group and the groups below it hold. */
import type { ContainerFiles } from './container-files.ts';

// A machine runs some thousand processes; the kernel's own limit of numbers is 4 million. Beyond this, counts go on and numbers do not.
export const PIDS_KEPT_MAX = 10_000;

// A container that runs systemd has some hundred groups of its own.
export const CGROUPS_BELOW_MAX = 1000;

export interface Processes {
  /** Those that we can look up under `/proc`. */
  readonly pids: readonly number[];
  /** All of them: a process in a pid namespace that is not ours reads as 0. */
  readonly count: number;
}

/** `undefined` when the group is gone. */
export function findProcesses(files: ContainerFiles, directory: string): Processes | undefined {
  const pids: number[] = [];
  let count = 0;
  const waiting = [directory];
  for (let walked = 0; walked < CGROUPS_BELOW_MAX; walked++) {
    const group = waiting.pop();
    if (group === undefined) break;
    const text = files.read(`${group}/cgroup.procs`);
    if (text === undefined && group === directory && files.read(`${group}/cgroup.events`) === undefined)
      return undefined;
    for (const line of text?.split('\n') ?? []) {
      const pid = /^\d+$/.test(line) ? Number(line) : undefined;
      if (pid === undefined) continue;
      count++;
      if (pid > 0 && pids.length < PIDS_KEPT_MAX) pids.push(pid);
    }
    for (const name of files.directories(group)) waiting.push(`${group}/${name}`);
  }
  return { pids, count };
}
