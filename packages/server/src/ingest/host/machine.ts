import * as os from 'node:os';

/** What Node's `os` module and the time zone say about the machine; injected, so that tests have one of their own. */
export interface Machine {
  readonly platform: string;
  /** Hardware name as `uname -m` prints it. */
  readonly hardware: string;
  readonly sysname: string;
  readonly nodename: string;
  readonly release: string;
  readonly version: string;
  /** Milliseconds per mode of each processor. */
  cpuTimes(): readonly { user: number; nice: number; sys: number; idle: number; irq: number }[];
  /** Over 1, 5 and 15 minutes. */
  loadAverages(): readonly number[];
  memoryBytes(): { total: number; free: number };
  uptimeSeconds(): number;
  timeZoneAt(timestampMs: number): { name: string; offsetSeconds: number };
}

export function createMachine(): Machine {
  return {
    platform: process.platform,
    hardware: os.machine(),
    sysname: os.type(),
    nodename: os.hostname(),
    release: os.release(),
    version: os.version(),
    cpuTimes: () => os.cpus().map((cpu) => cpu.times),
    loadAverages: () => os.loadavg(),
    memoryBytes: () => ({ total: os.totalmem(), free: os.freemem() }),
    uptimeSeconds: () => os.uptime(),
    timeZoneAt: createTimeZone(),
  };
}

function createTimeZone(): Machine['timeZoneAt'] {
  const format = new Intl.DateTimeFormat('en-US', { timeZoneName: 'short' });
  return (timestampMs) => {
    const date = new Date(timestampMs);
    const name = format.formatToParts(date).find((part) => part.type === 'timeZoneName')?.value ?? '';
    return { name, offsetSeconds: 0 - date.getTimezoneOffset() * 60 };
  };
}
