import type { CollectorDefinition } from '../collector.ts';

/** The modes that Node tells, in its words and in node_exporter's. */
const MODES = [
  ['user', 'user'],
  ['nice', 'nice'],
  ['sys', 'system'],
  ['idle', 'idle'],
  ['irq', 'irq'],
] as const;

/**
 * For systems without /proc: what Node's `os` module tells, under the names that the same things have
 * on Linux, so that charts and rules need no second version.
 */
export const portable: CollectorDefinition = {
  name: 'portable',
  pace: 'tick',
  create: ({ families, machine, nowMs }) => {
    const gauge = (name: string, help: string): ReturnType<typeof families> => families('gauge', name, help);
    const seconds = families(
      'counter',
      'node_cpu_seconds_total',
      'Seconds the processors spent in each mode.',
      ['cpu', 'mode'],
    );
    const loads = [1, 5, 15].map((minutes) =>
      gauge(`node_load${minutes}`, `Load average over ${minutes} min.`),
    );
    const total = gauge('node_memory_MemTotal_bytes', 'Memory of the machine.');
    const free = gauge('node_memory_MemFree_bytes', 'Memory not in use.');
    const available = gauge('node_memory_MemAvailable_bytes', 'Memory not in use, as far as Node can tell.');
    const booted = gauge('node_boot_time_seconds', 'Time of the boot, in seconds since 1970.');
    const now = gauge('node_time_seconds', 'Time of the machine, in seconds since 1970.');
    const info = families('gauge', 'node_uname_info', 'Names of the kernel and the machine; always 1.', [
      'sysname',
      'release',
      'version',
      'machine',
      'nodename',
    ]);
    return () => {
      for (const [i, times] of machine.cpuTimes().entries())
        for (const [own, mode] of MODES) seconds.add(times[own] / 1000, String(i), mode);
      // Windows has no load average; Node says 0 there.
      if (machine.platform !== 'win32')
        for (const [i, load] of machine.loadAverages().entries()) loads[i]?.add(load);
      const memory = machine.memoryBytes();
      total.add(memory.total);
      free.add(memory.free);
      available.add(memory.free);
      now.add(nowMs() / 1000);
      booted.add(Math.round(nowMs() / 1000 - machine.uptimeSeconds()));
      info.add(1, machine.sysname, machine.release, machine.version, machine.hardware, machine.nodename);
    };
  },
};
