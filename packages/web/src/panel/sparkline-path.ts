/** Points of a sparkline; more are not told apart at its size. */
const POINTS_MAX = 200;

/** Paths in a box of 100 × 100, y downwards; gaps interrupt the line. Empty when there is no line to draw. */
export function sparklinePath(values: readonly unknown[]): { readonly line: string; readonly area: string } {
  const every = Math.max(1, Math.ceil(values.length / POINTS_MAX));
  const points = values.filter((_, i) => i % every === 0);
  const numbers = points.filter(isNumber);
  const [min, max] = [Math.min(...numbers), Math.max(...numbers)];
  if (numbers.length < 2) return { line: '', area: '' };
  const yOf = (value: number): number => (max === min ? 50 : 96 - ((value - min) / (max - min)) * 88);
  const runs = runsOf(points.map((value, i) => ({ x: (i / (points.length - 1)) * 100, value })));
  const at = (x: number, value: number): string => `${x.toFixed(2)} ${yOf(value).toFixed(2)}`;
  const lines = runs.map((run) => `M${run.map(({ x, value }) => at(x, value)).join('L')}`);
  const areas = runs.map(
    (run, i) =>
      `${lines[i] ?? ''}L${(run.at(-1)?.x ?? 0).toFixed(2)} 100L${(run[0]?.x ?? 0).toFixed(2)} 100Z`,
  );
  return { line: lines.join(''), area: areas.join('') };
}

interface Point {
  readonly x: number;
  readonly value: number;
}

function runsOf(points: readonly { readonly x: number; readonly value: unknown }[]): Point[][] {
  const runs: Point[][] = [[]];
  for (const { x, value } of points)
    if (isNumber(value)) runs.at(-1)?.push({ x, value });
    else if (runs.at(-1)?.length !== 0) runs.push([]);
  return runs.filter((run) => run.length > 1);
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
