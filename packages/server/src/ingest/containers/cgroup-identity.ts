/**
 * Which control groups are containers, told from their paths alone: every engine names its groups in a way of
 * its own, and the path is there when no socket is.
 *
 * - Docker, Podman, containerd, CRI-O and nerdctl end the path with the 64 hexadecimal digits of the container:
 *   `docker-ID.scope`, `libpod-ID.scope`, `cri-containerd-ID.scope` under systemd, the bare ID (or `libpod-ID`)
 *   without it. Groups of their helpers (`libpod-conmon-ID.scope`) look alike and are none.
 * - Kubernetes puts them below a group of the pod: `…-podUID.slice` with `_` for `-`, or `podUID`.
 * - systemd-nspawn: `systemd-nspawn@NAME.service`, or `machine-NAME.scope` when started by hand. libvirt's
 *   virtual machines (`machine-qemu…`) are machines.
 * - LXC and Incus: `lxc.payload.NAME`; older ones `lxc/NAME`.
 *
 * A group inside of a container is a part of it, and no container itself.
 */
export interface CgroupIdentity {
  readonly kind: 'engine' | 'machine' | 'service';
  /** What the engine calls it: 64 digits, or the name of a machine; empty for a service. */
  readonly containerId: string;
  /** Best name without asking anybody. Services have none, as in cAdvisor. */
  readonly name: string;
  /** Kubernetes' id of the pod; empty outside of pods. */
  readonly podUid: string;
}

const SHORT_ID_LENGTH = 12;

const ENGINE = /^(?:(.*)-)?([0-9a-f]{64})(?:\.scope)?$/;
const POD = /pod([0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12}|[0-9a-f]{32})(?:\.slice)?\//;
const MACHINE = /^(?:systemd-nspawn@(.+)\.service|machine-(?!qemu\\x2d)(.+)\.scope|lxc\.payload\.(.+))$/;

/** What the group at `path` (below the root of the control groups, such as `/docker/…`) is; `undefined`: no container. */
export function findIdentity(
  path: string,
  options: { readonly withServices: boolean },
): CgroupIdentity | undefined {
  const [parent = '', base = ''] = path.split('/').slice(-2);
  const engine = ENGINE.exec(base);
  if (engine !== null) {
    const [, prefix = '', containerId = ''] = engine;
    if (prefix.endsWith('conmon')) return undefined;
    const podUid = (POD.exec(path)?.[1] ?? '').replaceAll('_', '-');
    return { kind: 'engine', containerId, name: containerId.slice(0, SHORT_ID_LENGTH), podUid };
  }
  const machine = MACHINE.exec(base);
  const machineName = machine?.[1] ?? machine?.[2] ?? machine?.[3] ?? (parent === 'lxc' ? base : undefined);
  if (machineName !== undefined) {
    const name = unescapeUnit(machineName);
    return { kind: 'machine', containerId: name, name, podUid: '' };
  }
  if (options.withServices && base.endsWith('.service'))
    return { kind: 'service', containerId: '', name: '', podUid: '' };
  return undefined;
}

/** systemd writes `\x2d` for a `-` in the name of a unit. */
function unescapeUnit(text: string): string {
  return text.replaceAll(/\\x([0-9a-f]{2})/g, (_, digits: string) =>
    String.fromCodePoint(Number.parseInt(digits, 16)),
  );
}
