/** The answer of one server, in a form that two can be compared in. */
export type Answer =
  | { readonly kind: 'error'; readonly errorType: string; readonly message: string }
  | { readonly kind: 'series'; readonly series: readonly AnswerSeries[] };

export interface AnswerSeries {
  /** The label set as JSON, names sorted. */
  readonly key: string;
  readonly points: readonly (readonly [seconds: number, value: number])[];
}

interface ResponseBody {
  readonly status: string;
  readonly errorType?: string;
  readonly error?: string;
  readonly data?: {
    readonly resultType: string;
    readonly result: unknown;
  };
}

type Point = readonly [number, string];

export function answerOf(body: ResponseBody): Answer {
  if (body.status !== 'success' || body.data === undefined)
    return { kind: 'error', errorType: body.errorType ?? '', message: body.error ?? '' };
  const { resultType, result } = body.data;
  if (resultType === 'scalar') return { kind: 'series', series: [seriesOf({}, [result as Point])] };
  const rows = result as { metric: Record<string, string>; value?: Point; values?: Point[] }[];
  return {
    kind: 'series',
    series: rows.map(({ metric, value, values }) =>
      seriesOf(metric, values ?? (value === undefined ? [] : [value])),
    ),
  };
}

function seriesOf(metric: Record<string, string>, points: readonly Point[]): AnswerSeries {
  const key = JSON.stringify(Object.entries(metric).sort(([a], [b]) => (a < b ? -1 : 1)));
  return { key, points: points.map(([seconds, text]) => [seconds, numberOf(text)]) };
}

function numberOf(text: string): number {
  if (text === '+Inf') return Infinity;
  return text === '-Inf' ? -Infinity : Number(text);
}

/** How far values may lie apart: the order of additions differs, and our sums are compensated. */
const RELATIVE_TOLERANCE = 1e-9;
/** Differences of nearly equal numbers (a standard deviation of constants) have no digits to compare. */
const ABSOLUTE_TOLERANCE = 1e-9;

/** What differs, in words; `undefined` when nothing does. Texts of errors are not compared, their kind is. */
export function findDifference(ours: Answer, theirs: Answer, isOrdered: boolean): string | undefined {
  if (ours.kind === 'error' || theirs.kind === 'error') return findErrorDifference(ours, theirs);
  const [own, other] = [ours, theirs].map(({ series }) =>
    isOrdered ? series : series.toSorted((a, b) => (a.key < b.key ? -1 : 1)),
  );
  if (own === undefined || other === undefined) return undefined;
  const keys = own.map(({ key }) => key).join('\n');
  const keysWanted = other.map(({ key }) => key).join('\n');
  if (keys !== keysWanted) return `series:\n  got\n${indent(keys)}\n  want\n${indent(keysWanted)}`;
  for (const [i, { key, points }] of other.entries()) {
    const difference = findPointDifference(own[i]?.points ?? [], points);
    if (difference !== undefined) return `${key}: ${difference}`;
  }
  return undefined;
}

function indent(text: string): string {
  return text.replace(/^/gm, '    ');
}

function findErrorDifference(ours: Answer, theirs: Answer): string | undefined {
  const describe = (answer: Answer): string =>
    answer.kind === 'error'
      ? `the error ${answer.errorType}: ${answer.message}`
      : `${answer.series.length} series`;
  if (ours.kind === 'error' && theirs.kind === 'error' && ours.errorType === theirs.errorType)
    return undefined;
  return `got ${describe(ours)}, want ${describe(theirs)}`;
}

function findPointDifference(got: AnswerSeries['points'], want: AnswerSeries['points']): string | undefined {
  const times = got.map(([seconds]) => seconds).join(' ');
  const timesWanted = want.map(([seconds]) => seconds).join(' ');
  if (times !== timesWanted) return `points at ${times}, want ${timesWanted}`;
  for (const [i, [seconds, value]] of want.entries()) {
    const own = got[i]?.[1] ?? NaN;
    if (!isNear(own, value)) return `at ${seconds}: got ${own}, want ${value}`;
  }
  return undefined;
}

function isNear(a: number, b: number): boolean {
  if (Object.is(a, b) || a === b) return true;
  const distance = Math.abs(a - b);
  return (
    distance <= ABSOLUTE_TOLERANCE || distance <= RELATIVE_TOLERANCE * Math.max(Math.abs(a), Math.abs(b))
  );
}
