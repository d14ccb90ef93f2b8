/** Slices of a circle with radius 1 around 0, 0, clockwise from the top. */
export interface Slice {
  readonly index: number;
  readonly share: number;
  readonly path: string;
  /** Middle of the slice, for its label. */
  readonly x: number;
  readonly y: number;
}

/** Values that are no positive number have no slice: a circle cannot show them. `hole` is a radius, 0 for a pie. */
export function slicesOf(values: readonly unknown[], hole: number): Slice[] {
  const amounts = values.map((value) =>
    typeof value === 'number' && value > 0 && value < Infinity ? value : 0,
  );
  const sum = amounts.reduce((total, amount) => total + amount, 0);
  if (sum === 0) return [];
  let at = 0;
  return amounts.flatMap((amount, index): Slice[] => {
    const [from, to] = [at / sum, (at + amount) / sum];
    at += amount;
    if (amount === 0) return [];
    const middle = pointAt((from + to) / 2, hole === 0 ? 0.62 : (1 + hole) / 2);
    return [{ index, share: amount / sum, path: slicePath(from, to, hole), ...middle }];
  });
}

function slicePath(from: number, to: number, hole: number): string {
  // An arc from a point to itself is nothing: a whole circle is drawn in two halves.
  if (to - from > 0.9999) return `${slicePath(0, 0.5, hole)}${slicePath(0.5, 0.9998, hole)}Z`;
  const isLarge = to - from > 0.5 ? 1 : 0;
  const [a, b] = [pointAt(from, 1), pointAt(to, 1)];
  const outer = `M${a.x} ${a.y}A1 1 0 ${isLarge} 1 ${b.x} ${b.y}`;
  if (hole === 0) return `${outer}L0 0Z`;
  const [c, d] = [pointAt(to, hole), pointAt(from, hole)];
  return `${outer}L${c.x} ${c.y}A${hole} ${hole} 0 ${isLarge} 0 ${d.x} ${d.y}Z`;
}

function pointAt(share: number, radius: number): { readonly x: number; readonly y: number } {
  const round = (value: number): number => Number(value.toFixed(5));
  const radians = share * 2 * Math.PI;
  return { x: round(Math.sin(radians) * radius), y: round(-Math.cos(radians) * radius) };
}
