/** The notations of control groups' files: see the kernel's admin-guide/cgroup-v2. Nothing here throws. */

// Memory beyond this means "no limit": the kernel rounds the largest number down to whole pages.
const UNLIMITED_FROM = 2 ** 62;

/** A counter or a size; `undefined` when the text is no whole number. */
export function parseCount(text: string | undefined): number | undefined {
  const trimmed = text?.trim() ?? '';
  return /^\d{1,20}$/.test(trimmed) ? Number(trimmed) : undefined;
}

/** A limit; 0 when there is none, as cAdvisor writes it. */
export function parseLimit(text: string | undefined): number | undefined {
  if (text?.trim() === 'max') return 0;
  const limit = parseCount(text);
  return limit !== undefined && limit >= UNLIMITED_FROM ? 0 : limit;
}

/** `key value` on each line, such as cpu.stat. */
export function parseFlat(text: string | undefined): ReadonlyMap<string, number> {
  const values = new Map<string, number>();
  for (const line of text?.split('\n') ?? []) {
    const space = line.indexOf(' ');
    const value = space < 0 ? undefined : parseCount(line.slice(space + 1));
    if (value !== undefined) values.set(line.slice(0, space), value);
  }
  return values;
}

/** Total of the line `some` or `full` of a file of pressure, in seconds. */
export function findPressureSeconds(text: string | undefined, line: 'some' | 'full'): number | undefined {
  const found = text?.split('\n').find((candidate) => candidate.startsWith(`${line} `));
  const total = parseCount(/ total=(\d+)/.exec(found ?? '')?.[1]);
  return total === undefined ? undefined : total / 1e6;
}

export interface DeviceIo {
  /** `MAJOR:MINOR`. */
  readonly device: string;
  readonly counts: ReadonlyMap<string, number>;
}

/**
 * io.stat: a device and its counts on each line. Some kernels leave out the end of the line behind a device
 * without counts; therefore a device ends where the next one begins.
 */
export function parseIoStat(text: string | undefined): readonly DeviceIo[] {
  const devices: { device: string; counts: Map<string, number> }[] = [];
  for (const word of text?.split(/\s+/) ?? []) {
    if (/^\d+:\d+$/.test(word)) devices.push({ device: word, counts: new Map() });
    const [key = '', value] = word.split('=');
    const count = parseCount(value);
    if (count !== undefined) devices.at(-1)?.counts.set(key, count);
  }
  return devices.filter(({ counts }) => counts.size > 0);
}
