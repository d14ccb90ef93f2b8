/** Whether two programs gave the same answer: JSON of /api/v1/query and /api/v1/query_range. */

const RELATIVE_ERROR_MAX = 1e-9;

type Answer = ReadonlyMap<string, readonly (readonly [number, string])[]>;

/** What differs, as a sentence; `undefined` when nothing does. */
export function differenceOf(
  ours: Buffer,
  theirs: Buffer,
  compared: 'values' | 'series',
): string | undefined {
  const [left, right] = [readAnswer(ours), readAnswer(theirs)];
  if (left.size === 0) return 'we answered with no series';
  if (left.size !== right.size) return `${left.size} series against ${right.size}`;
  if (compared === 'series') return undefined;
  for (const [series, points] of left) {
    const others = right.get(series);
    if (others === undefined) return `they have no ${series}`;
    if (points.length !== others.length) return `${series}: ${points.length} points against ${others.length}`;
    for (const [i, [seconds, value]] of points.entries()) {
      const [otherSeconds, otherValue] = others[i] ?? [NaN, ''];
      if (seconds !== otherSeconds || !isClose(Number(value), Number(otherValue)))
        return `${series} at ${seconds}: ${value} against ${otherValue} at ${otherSeconds}`;
    }
  }
  return undefined;
}

function readAnswer(body: Buffer): Answer {
  const { status, data } = JSON.parse(body.toString()) as {
    status: string;
    data?: {
      result: { metric: Record<string, string>; value?: [number, string]; values?: [number, string][] }[];
    };
  };
  if (status !== 'success' || data === undefined)
    throw new Error(`no answer: ${body.toString().slice(0, 300)}`);
  return new Map(
    data.result.map(({ metric, value, values }) => [
      JSON.stringify(Object.entries(metric).toSorted(([a], [b]) => (a < b ? -1 : 1))),
      values ?? (value === undefined ? [] : [value]),
    ]),
  );
}

function isClose(a: number, b: number): boolean {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) && Number.isNaN(b);
  return a === b || Math.abs(a - b) <= RELATIVE_ERROR_MAX * Math.max(Math.abs(a), Math.abs(b));
}
