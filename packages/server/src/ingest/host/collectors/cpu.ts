import { required, type CollectorDefinition } from '../collector.ts';

/** The kernel counts in ticks of USER_HZ, which is 100 on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100;

/** Modes in the order of /proc/stat; the two guest columns behind them are counted in `user` and `nice` too. */
const MODES = ['user', 'nice', 'system', 'idle', 'iowait', 'irq', 'softirq', 'steal'] as const;
const IDLE = MODES.indexOf('idle');
const COLUMNS = MODES.length + 2;

// Idle time that falls by more than this is a processor that was taken out and put back; less is the
// kernel correcting itself, and a counter that falls would read as a restart: `rate` would jump.
const HOTPLUG_SECONDS = 3;

/** Seconds per processor and mode, held so that corrections of the kernel never turn a counter back. */
export const cpu: CollectorDefinition = {
  name: 'cpu',
  pace: 'tick',
  create: ({ files, families }) => {
    const seconds = families(
      'counter',
      'node_cpu_seconds_total',
      'Seconds the processors spent in each mode.',
      ['cpu', 'mode'],
    );
    const guest = families(
      'counter',
      'node_cpu_guest_seconds_total',
      'Seconds the processors spent in guests, by mode; part of the mode of that name.',
      ['cpu', 'mode'],
    );
    const highest = new Map<string, Float64Array>();
    return () => {
      for (const line of required(files.read('/proc/stat'), '/proc/stat').split('\n')) {
        const columns = line.split(/ +/);
        const name = columns[0] ?? '';
        // The line `cpu` alone is the sum of the others.
        if (name === 'cpu' || !name.startsWith('cpu')) continue;
        const held = holdUp(highest, name.slice(3), columns);
        for (const [i, mode] of MODES.entries()) seconds.add(held[i] ?? 0, name.slice(3), mode);
        guest.add(held[MODES.length] ?? 0, name.slice(3), 'user');
        guest.add(held[MODES.length + 1] ?? 0, name.slice(3), 'nice');
      }
    };
  },
};

/** The highest seconds seen per column; starts anew when the processor did. */
function holdUp(highest: Map<string, Float64Array>, name: string, columns: readonly string[]): Float64Array {
  let held = highest.get(name);
  const idleSeconds = Number(columns[IDLE + 1] ?? 0) / TICKS_PER_SECOND;
  if (held === undefined || (held[IDLE] ?? 0) - idleSeconds >= HOTPLUG_SECONDS) {
    held = new Float64Array(COLUMNS);
    highest.set(name, held);
  }
  for (let i = 0; i < COLUMNS; i++) {
    const now = Number(columns[i + 1] ?? 0) / TICKS_PER_SECOND;
    if (now > (held[i] ?? 0)) held[i] = now;
  }
  return held;
}
