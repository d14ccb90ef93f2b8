/** A figure as it goes into the table and into `history.ndjson`. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  /** Of the same measurements as `value`, where that is a median. */
  readonly p99?: number;
  readonly unit: string;
  /** Which way is better; less, unless told. */
  readonly better?: 'less' | 'more';
  /** What DESIGN asks for, as text; a goal not reached is printed as such. */
  readonly goal?: string;
  readonly isReached?: boolean;
  /** What it was measured against, in the same run. */
  readonly peers?: readonly PeerFigure[];
  /** Why the figure does not count: answers that differ, a program that refused. */
  readonly fault?: string;
}

export interface PeerFigure {
  /** With the version that the program reports. */
  readonly name: string;
  /** Absent when it could not be measured; `note` says why. */
  readonly value?: number;
  readonly p99?: number;
  readonly note?: string;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Linear interpolation between the nearest ranks. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const rank = (sorted.length - 1) * q;
  const low = sorted[Math.floor(rank)] ?? NaN;
  const high = sorted[Math.ceil(rank)] ?? NaN;
  return low + (high - low) * (rank - Math.floor(rank));
}

export function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

/** Milliseconds that `run` takes. */
export async function timed(run: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await run();
  return performance.now() - startMs;
}

/** How many times better we are than the peer; NaN when it was not measured. */
export function ratioOf({ value, better }: Figure, peer: PeerFigure): number {
  return better === 'more' ? value / (peer.value ?? NaN) : (peer.value ?? NaN) / value;
}

/** One row per figure, one column per peer: its value, and in brackets how many times better ours is. */
export function printTable(title: string, figures: readonly Figure[]): void {
  const names = [...new Set(figures.flatMap(({ peers = [] }) => peers.map(({ name }) => name)))];
  const head = ['', 'Vedette', ...names, ''];
  const rows = figures.map((figure) => [
    figure.name,
    `${amount(figure)} ${figure.unit}`,
    ...names.map((name) => peerCell(figure, name)),
    verdictOf(figure),
  ]);
  const lines = names.length > 0 ? [head, ...rows] : rows;
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  console.log(`\n${title}`);
  for (const line of lines)
    console.log(
      `  ${line
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd()}`,
    );
}

function peerCell(figure: Figure, name: string): string {
  const peer = figure.peers?.find((one) => one.name === name);
  if (peer === undefined) return '';
  if (peer.value === undefined) return peer.note ?? 'not measured';
  return `${amount({ ...peer, value: peer.value })} (${format(ratioOf(figure, peer))}×)${peer.note ?? ''}`;
}

function verdictOf({ goal, isReached, fault }: Figure): string {
  if (fault !== undefined) return `FAULT: ${fault}`;
  return goal === undefined ? '' : `${isReached === true ? 'reached' : 'NOT REACHED'} (goal ${goal})`;
}

function amount({ value, p99 }: { readonly value: number; readonly p99?: number }): string {
  return p99 === undefined ? format(value) : `${format(value)} / ${format(p99)}`;
}

function format(value: number): string {
  return Number.isInteger(value) || Math.abs(value) >= 1000
    ? String(Math.round(value))
    : value.toPrecision(3);
}
