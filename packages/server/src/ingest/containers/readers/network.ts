/**
 * Traffic, read through a process of the container from the list of devices of its network namespace.
 *
 * Containers of one pod, and those that joined another's network, share one namespace: its traffic is written
 * once, for the first of them in the order of the round (sandboxes of pods come first), so that sums are true.
 * A container in the network of the machine has none of its own; node_network_* has it. Telling namespaces
 * apart takes the right to look at the process; without it a pod counts as one namespace, and every other
 * container as its own.
 */
import { parseCount } from '../cgroup-text.ts';
import type { Container, ContainerReader } from '../container.ts';

// A container has one or two; one that runs containers inside has one for each of them.
export const CONTAINER_INTERFACES_MAX = 64;

/** As in cAdvisor: the loop, and the ends of other containers' cables. */
const IGNORED = /^(?:lo|veth|docker)/;

/** Column of /proc/net/dev behind the name, in both directions. */
const COLUMNS = [
  ['bytes', 0, 'Bytes'],
  ['packets', 1, 'Packets'],
  ['errors', 2, 'Packets with an error'],
  ['packets_dropped', 3, 'Packets dropped when'],
] as const;

/** Columns of one direction; those of the other follow. */
const DIRECTION_COLUMNS = 8;

/** Traffic and faults of each network interface. */
export const network: ContainerReader = {
  create: ({ files, families, onDrop }) => {
    const counters = ['receive', 'transmit'].flatMap((direction, i) =>
      COLUMNS.map(([what, column, help]) => ({
        column: i * DIRECTION_COLUMNS + column,
        family: families(
          'counter',
          `container_network_${direction}_${what}_total`,
          `${help} ${direction === 'receive' ? 'received' : 'sent'}.`,
          ['interface'],
        ),
      })),
    );
    const written = new Set<string>();
    const namespaceOf = (pid: number | 'self'): string | undefined => files.link(`/proc/${pid}/ns/net`);
    let ofMachine: string | undefined;
    return {
      begin: () => {
        written.clear();
        ofMachine = namespaceOf(1) ?? namespaceOf('self');
      },
      read: (container) => {
        const [pid] = container.pids;
        // Services are in the machine's network, or in one that a container's series have.
        if (pid === undefined || container.identity.kind === 'service') return;
        const namespace = namespaceOf(pid) ?? fallbackOf(container);
        if (namespace === ofMachine || written.has(namespace)) return;
        const text = files.read(`/proc/${pid}/net/dev`);
        if (text === undefined) return;
        written.add(namespace);
        const interfaces = parseInterfaces(text);
        for (const { name, columns } of interfaces.slice(0, CONTAINER_INTERFACES_MAX))
          for (const { family, column } of counters) family.add(container, parseCount(columns[column]), name);
        for (const _ of interfaces.slice(CONTAINER_INTERFACES_MAX)) onDrop('interface');
      },
    };
  },
};

function fallbackOf({ identity, path }: Container): string {
  return identity.podUid === '' ? path : identity.podUid;
}

function parseInterfaces(text: string): readonly { name: string; columns: readonly string[] }[] {
  return text.split('\n').flatMap((line) => {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(0, colon)).trim();
    if (name === '' || IGNORED.test(name)) return [];
    return [
      {
        name,
        columns: line
          .slice(colon + 1)
          .trim()
          .split(/ +/),
      },
    ];
  });
}
