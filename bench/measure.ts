/** A figure as it goes into the table and into `history.ndjson`. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What DESIGN asks for, as text; a goal not reached is printed as such. */
  readonly goal?: string;
  readonly isReached?: boolean;
  /** What it was measured against, in the same run. */
  readonly peer?: { readonly name: string; readonly value: number };
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

/** Milliseconds that `run` takes. */
export async function timed(run: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await run();
  return performance.now() - startMs;
}

export function printTable(title: string, figures: readonly Figure[]): void {
  console.log(`\n${title}`);
  const rows = figures.map(({ name, value, unit, goal, isReached, peer }) => [
    name,
    `${format(value)} ${unit}`,
    peer === undefined
      ? ''
      : `${peer.name}: ${format(peer.value)} ${unit} (ratio ${format(peer.value / value)})`,
    goal === undefined ? '' : `${isReached === true ? 'reached' : 'NOT REACHED'} (goal ${goal})`,
  ]);
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  for (const row of rows)
    console.log(
      `  ${row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd()}`,
    );
}

function format(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toPrecision(3);
}
