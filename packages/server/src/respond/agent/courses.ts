/**
 * What series did over a window, as columns that can be compared with their own past.
 *
 * 1. What only grows is looked at as a rate over five minutes, worked out from the points of the answer, with resets.
 * 2. Sum and count of a histogram together are the mean of an observation; the sum alone says nothing that its count
 *    and mean do not say.
 * 3. What did not move at all is left out.
 *
 * Ten thousand series pass here in one go, so all of them share the same few columns: a column of each was 20 MB of
 * garbage, and collecting it took as long as reading the series (bench/agent.ts).
 */
import {
  labelsKeyOf,
  labelValueOf,
  METRIC_NAME,
  withoutMetricName,
  type Labels,
  type ResultSeries,
  type Slicer,
} from '@vedette/model';
import { fillRate } from './fill-rate.ts';
import { fillColumn } from './grid.ts';

const RATE_POINTS = 5;

export interface CourseGrid {
  readonly stepMs: number;
  /** So many points are what was before. */
  readonly split: number;
}

export interface Course {
  readonly metric: string;
  readonly labels: Labels;
  readonly kind: 'value' | 'rate' | 'mean';
  /** Both are written over when the next course is handed out. */
  readonly before: Float64Array;
  readonly now: Float64Array;
}

/** Hands out the course of each series, then the means; all answers have the points of one grid. */
export async function eachCourse(
  deps: { readonly slicer: Slicer; readonly isCounter: (metric: string) => boolean },
  answers: readonly ResultSeries[],
  grid: CourseGrid,
  visit: (course: Course) => void,
): Promise<void> {
  const points = answers[0]?.values.length ?? 0;
  const values = columnsOf(points, grid.split);
  const rates = columnsOf(points, grid.split);
  const totals = new Float64Array(points);
  const pairs = new HistogramPairs();
  const { slicer } = deps;
  const show = async (course: Course): Promise<void> => {
    visit(course);
    if (isDueAfterCourse(slicer)) await slicer.yield();
  };
  for (const answer of answers) {
    if (slicer.shouldYield()) await slicer.yield();
    fillColumn(answer, values.all);
    if (!isMoving(values.all)) continue;
    const { labels } = answer;
    const metric = labelValueOf(labels, METRIC_NAME);
    if (!deps.isCounter(metric)) {
      await show({ metric, labels, kind: 'value', before: values.before, now: values.now });
      continue;
    }
    fillRate(values.all, { rates: rates.all, totals, stepMs: grid.stepMs, points: RATE_POINTS });
    pairs.note(metric, labels, rates.all);
    if (!metric.endsWith('_sum'))
      await show({ metric, labels, kind: 'rate', before: rates.before, now: rates.now });
  }
  for (const { base, labels, sum, count } of pairs.all()) {
    fillQuotient(sum, count, rates.all);
    await show({ metric: base, labels, kind: 'mean', before: rates.before, now: rates.now });
  }
}

// Judging one that deviates takes 0.3 ms, and a slicer reads the clock at every eighth question.
const QUESTIONS_PER_COURSE = 8;

function isDueAfterCourse(slicer: Slicer): boolean {
  for (let i = 0; i < QUESTIONS_PER_COURSE; i++) if (slicer.shouldYield()) return true;
  return false;
}

interface Columns {
  readonly all: Float64Array;
  /** Views of it. */
  readonly before: Float64Array;
  readonly now: Float64Array;
}

function columnsOf(points: number, split: number): Columns {
  const all = new Float64Array(points);
  return { all, before: all.subarray(0, split), now: all.subarray(split) };
}

interface Pair {
  readonly base: string;
  readonly labels: Labels;
  readonly sum: Float64Array;
  readonly count: Float64Array;
}

/** Rates of sums and counts that belong together. */
class HistogramPairs {
  readonly #sums = new Map<string, Float64Array>();
  readonly #counts = new Map<string, Omit<Pair, 'sum'>>();

  note(metric: string, labels: Labels, rates: Float64Array): void {
    const isSum = metric.endsWith('_sum');
    if (!isSum && !metric.endsWith('_count')) return;
    const base = metric.slice(0, metric.lastIndexOf('_'));
    const key = `${base}\u0000${labelsKeyOf(withoutMetricName(labels))}`;
    const own = rates.slice();
    if (isSum) this.#sums.set(key, own);
    else this.#counts.set(key, { base, labels, count: own });
  }

  *all(): Iterable<Pair> {
    for (const [key, count] of this.#counts) {
      const sum = this.#sums.get(key);
      if (sum !== undefined) yield { ...count, sum };
    }
  }
}

function isMoving(values: Float64Array): boolean {
  let first = Number.NaN;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? Number.NaN;
    if (value === first || Number.isNaN(value)) continue;
    if (!Number.isNaN(first)) return true;
    first = value;
  }
  return false;
}

/** What is no number is a hole: where nothing was counted there is no mean. */
function fillQuotient(sum: Float64Array, count: Float64Array, into: Float64Array): void {
  for (let i = 0; i < into.length; i++) {
    const quotient = (sum[i] ?? Number.NaN) / (count[i] ?? Number.NaN);
    into[i] = Number.isFinite(quotient) ? quotient : Number.NaN;
  }
}
