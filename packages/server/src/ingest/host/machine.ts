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
    timeZoneAt,
  };
}

/**
 * The zone by its offset, `UTC` or `+01` or `+0530`, as Go writes zones without an abbreviation. The
 * abbreviation itself (CET) would have to come from Intl, which takes 9 MB for it and knows American ones only.
 */
function timeZoneAt(timestampMs: number): { name: string; offsetSeconds: number } {
  const offsetMinutes = 0 - new Date(timestampMs).getTimezoneOffset();
  return { name: zoneNameOf(offsetMinutes), offsetSeconds: offsetMinutes * 60 };
}

/** The name of the zone that is this far ahead of UTC. */
export function zoneNameOf(offsetMinutes: number): string {
  if (offsetMinutes === 0) return 'UTC';
  const hours = String(Math.floor(Math.abs(offsetMinutes) / 60)).padStart(2, '0');
  const minutes = Math.abs(offsetMinutes) % 60;
  return `${offsetMinutes < 0 ? '-' : '+'}${hours}${minutes === 0 ? '' : String(minutes).padStart(2, '0')}`;
}
