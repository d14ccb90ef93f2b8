/**
 * What changed: the alert's own expression, without its comparison, over the last hours against the same hours a day
 * and a week before, whichever are stored; else against the hours before these.
 *
 * The value now is the last one. The value before is the median of the hours before. It has changed when it left that
 * by interquartile ranges (`rank/deviation.ts`); since when is the beginning of the last stretch of points that are
 * beyond them, since an earlier one is over. The last stretch may be over, too: then the text says until when.
 */
import type { AnalysisChange } from '@vedette/api';
import {
  formatLabels,
  InputError,
  withoutMetricName,
  type ResultSeries,
  type TimeRange,
} from '@vedette/model';
import { printExpr } from '@vedette/promql';
import type { CaseFile } from './case-file.ts';
import { numberOrNull } from './case-file.ts';
import { comparedExprOf, measuredOf, restrict, type ComparedExpr } from './compared-expr.ts';
import { agrees, columnOf, countOf, joined, lastOf } from './grid.ts';
import { BEFORE_POINTS_MIN, deviationOf, LASTING_SCORE } from './rank/deviation.ts';
import { clip, shownTime, shownValue, unitOf, type Unit } from './words.ts';

// A minute in three hours: as fine as what a person sees in a chart, and 0.1 ms of work a series.
const POINTS = 180;

const DAY_MS = 86_400_000;

// Of the points of a series in a baseline so many must have a value: less says little of those hours.
const BASELINE_RATIO_MIN = 0.25;

// The last value may be that old: a scrape or two were missed.
const LAST_MS = 5 * 60_000;

// An expression that gives more series than this is about everything; the first that agree with the alert are compared.
const SERIES_MAX = 50;

const EXPR_CHARS_SHOWN = 200;

export interface Change {
  readonly report: AnalysisChange;
  /** As the text tells it: `0.32 instead of 0.001`. */
  readonly brief: string;
  readonly metrics: readonly string[];
}

export async function findChange(file: CaseFile, signal: AbortSignal): Promise<Change | undefined> {
  const { subject } = file;
  if (subject.expr === undefined) {
    file.gap('what changed', NO_EXPR);
    return undefined;
  }
  const compared = readExpr(subject.expr);
  if (typeof compared === 'string') {
    file.gap('what changed', compared);
    return undefined;
  }
  const stepMs = stepOf(subject.window);
  const restricted = restrict(compared.expr, subject.identity);
  let expr = printExpr(restricted);
  let measured = measuredOf(restricted);
  let series = await seriesIn(file, measured, { ...subject.window, stepMs }, signal);
  if (series.length === 0 && expr !== compared.text) {
    expr = compared.text;
    measured = measuredOf(compared.expr);
    series = await seriesIn(file, measured, { ...subject.window, stepMs }, signal);
  }
  const baselines = await baselinesOf(file, { expr: measured, stepMs }, signal);
  const best = mostChanged(series, baselines, {
    nowPoints: compared.isOfAbsence ? 1 : Math.max(1, Math.floor(LAST_MS / stepMs)),
    calmPoints: Math.max(0, Math.ceil((subject.activeAtMs - subject.window.fromMs) / stepMs)),
  });
  if (best === undefined) {
    file.gap(
      'what changed',
      `${clip(expr, EXPR_CHARS_SHOWN)} has no value with the alert's labels, neither now nor before`,
    );
    return undefined;
  }
  return reportOf(file, { compared, expr, stepMs, best });
}

/** What another server sends may be in a language that we do not know. */
function readExpr(expr: string): ComparedExpr | string {
  try {
    return comparedExprOf(expr);
  } catch (error) {
    if (error instanceof InputError) return `cannot read the expression of the alert: ${error.message}`;
    throw error;
  }
}

const NO_EXPR =
  'the expression is not known: the alert came from elsewhere without a link to it, or its rule is gone';

function stepOf({ fromMs, untilMs }: TimeRange): number {
  return Math.ceil((untilMs - fromMs) / POINTS / 1000) * 1000;
}

interface Span extends TimeRange {
  readonly stepMs: number;
}

async function seriesIn(
  file: CaseFile,
  expr: string,
  span: Span,
  signal: AbortSignal,
): Promise<readonly ResultSeries[]> {
  const all = await file.range(expr, span, signal);
  return all.filter(({ labels }) => agrees(labels, file.subject.identity)).slice(0, SERIES_MAX);
}

interface Baseline {
  readonly range: TimeRange;
  /** Those that have enough points; by label set without the metric name. */
  readonly series: ReadonlyMap<string, ResultSeries>;
}

async function baselinesOf(
  file: CaseFile,
  { expr, stepMs }: { readonly expr: string; readonly stepMs: number },
  signal: AbortSignal,
): Promise<readonly Baseline[]> {
  const { fromMs, untilMs } = file.subject.window;
  const lengthMs = untilMs - fromMs;
  const at = async (shiftMs: number): Promise<Baseline> => {
    const range = { fromMs: fromMs - shiftMs, untilMs: untilMs - shiftMs };
    const series = await seriesIn(file, expr, { ...range, stepMs }, signal);
    const full = series.filter((one) => countOf(columnOf(one)) >= one.values.length * BASELINE_RATIO_MIN);
    return { range, series: new Map(full.map((one) => [keyOf(one), one])) };
  };
  const isKnown = ({ series }: Baseline): boolean => series.size > 0;
  const same = [await at(DAY_MS), await at(7 * DAY_MS)].filter(isKnown);
  return same.length > 0 ? same : [await at(lengthMs)].filter(isKnown);
}

function keyOf({ labels }: ResultSeries): string {
  return formatLabels(withoutMetricName(labels));
}

interface Course {
  /** The last value; NaN: it has none now. */
  readonly now: number;
  /** The median of before; NaN: nothing is known of then. */
  readonly before: number;
  readonly score: number;
  readonly direction: 'up' | 'down' | 'none';
  /** The last time that it left what it was; `undefined`: it did not, or nothing is known of that. */
  readonly stretch: Stretch | undefined;
  readonly baselines: readonly TimeRange[];
}

/** Points by their index. */
interface Stretch {
  readonly first: number;
  /** Its last point; `undefined`: it lasts. */
  readonly last: number | undefined;
}

interface Points {
  /** The last value counts as that of now for so many. */
  readonly nowPoints: number;
  /** So many are before the condition of the alert held. */
  readonly calmPoints: number;
}

function mostChanged(
  series: readonly ResultSeries[],
  baselines: readonly Baseline[],
  parts: Points,
): Course | undefined {
  const keys = new Map(series.map((one): [string, ResultSeries | undefined] => [keyOf(one), one]));
  // What had a value before and has none now changed as well.
  for (const { series: earlier } of baselines)
    for (const key of earlier.keys()) if (!keys.has(key)) keys.set(key, undefined);
  const points = series[0]?.values.length ?? baselines[0]?.series.values().next().value?.values.length ?? 0;
  const courses = [...keys].map(([key, one]) => courseOf({ key, one, points }, baselines, parts));
  return courses.reduce<Course | undefined>(
    (best, course) => (best === undefined || course.score > best.score ? course : best),
    undefined,
  );
}

function courseOf(
  {
    key,
    one,
    points,
  }: { readonly key: string; readonly one: ResultSeries | undefined; readonly points: number },
  baselines: readonly Baseline[],
  { nowPoints, calmPoints }: Points,
): Course {
  const values = one === undefined ? new Float64Array(points).fill(Number.NaN) : columnOf(one);
  const known = baselines.flatMap(({ range, series }) => {
    const earlier = series.get(key);
    return earlier === undefined ? [] : [{ range, column: columnOf(earlier) }];
  });
  const before = known.length > 0 ? joined(known.map(({ column }) => column)) : firstOf(values, calmPoints);
  const whole = deviationOf(before, values);
  // Where its condition has held for minutes, three calm hours before them make these no less strange.
  const own = deviationOf(before, values.subarray(calmPoints));
  const { score, direction } = own.score > whole.score ? own : whole;
  const now = lastOf(values, nowPoints);
  // What is no more, and was not there long enough to be compared: what it was last.
  const median = Number.isNaN(whole.before) && Number.isNaN(now) ? lastOf(values) : whole.before;
  const common = { now, before: median, baselines: known.map(({ range }) => range) };
  if (!Number.isNaN(median) && Number.isNaN(now)) {
    const stretch = { first: firstOfGap(values), last: undefined };
    return { ...common, score: Math.max(score, LASTING_SCORE), direction: 'down', stretch };
  }
  if (score < LASTING_SCORE) return { ...common, score, direction: 'none', stretch: undefined };
  return { ...common, score, direction, stretch: lastStretch(values, before, { direction, median }) };
}

/**
 * Without other hours to compare with, the first half of these is what it used to be; where nothing is stored of that
 * either, what is stored of before the alert: somebody began to measure an hour ago.
 */
function firstOf(values: Float64Array, calmPoints: number): Float64Array {
  const half = values.subarray(0, values.length >> 1);
  const calm = values.subarray(0, calmPoints);
  return countOf(half) === 0 && countOf(calm) >= BEFORE_POINTS_MIN ? calm : half;
}

/** Where the values end. */
function firstOfGap(values: Float64Array): number {
  let index = values.length;
  while (index > 0 && Number.isNaN(values[index - 1] ?? Number.NaN)) index--;
  return index;
}

// So many points in succession back where they were end a stretch: a single one is noise.
const BACK_POINTS = 3;

/** The last points that are farther than noise from what it used to be, but for one or two among them. */
function lastStretch(
  values: Float64Array,
  before: Float64Array,
  { direction, median }: { readonly direction: 'up' | 'down'; readonly median: number },
): Stretch | undefined {
  const sign = direction === 'up' ? 1 : -1;
  const edge = LASTING_SCORE * rangeOf(before);
  const isBeyond = (value: number): boolean => sign * (value - median) > edge;
  let stretch: Stretch | undefined;
  let back = 0;
  for (let i = values.length - 1; i >= 0; i--) {
    const value = values[i] ?? Number.NaN;
    if (Number.isNaN(value)) continue;
    if (isBeyond(value)) {
      stretch = { first: i, last: stretch === undefined && back >= BACK_POINTS ? i : stretch?.last };
      back = 0;
    } else if (++back >= BACK_POINTS && stretch !== undefined) break;
  }
  return stretch;
}

/** The interquartile range, at least a fiftieth of the level: what never moved has none. */
function rangeOf(before: Float64Array): number {
  const values = before.filter((value) => !Number.isNaN(value)).sort();
  const at = (part: number): number =>
    values[Math.min(values.length - 1, Math.floor(part * values.length))] ?? 0;
  return Math.max(at(0.75) - at(0.25), Math.abs(at(0.5)) / 50);
}

function reportOf(
  file: CaseFile,
  found: {
    readonly compared: ComparedExpr;
    readonly expr: string;
    readonly stepMs: number;
    readonly best: Course;
  },
): Change {
  const { compared, expr, stepMs, best } = found;
  const { window } = file.subject;
  const { now, before, stretch } = best;
  const timeOf = (index: number): number => window.fromMs + index * stepMs;
  const firstDeviationMs = stretch === undefined ? null : timeOf(stretch.first);
  const unit = compared.expr.kind === 'vector' ? unitOf(compared.metrics[0] ?? '') : undefined;
  const brief = briefOf({ now, before, unit, isKnown: best.baselines.length > 0 });
  const since =
    stretch === undefined ? '' : sinceWords(best.direction, stretch, { timeOf, nowMs: file.atMs });
  const limit = compared.limit === undefined ? '' : ` (the limit is ${shownValue(compared.limit, unit)})`;
  const text = `${clip(expr, EXPR_CHARS_SHOWN)} ${brief}${since}${limit}`;
  const evidence = file.add({ kind: 'expression', text, query: expr, value: now, baseline: before });
  return {
    brief: Number.isNaN(before) ? `${brief}${limit}` : brief,
    metrics: compared.metrics,
    report: {
      expr,
      text,
      now: numberOrNull(now),
      before: numberOrNull(before),
      ratio: before === 0 || now / before < 0 ? null : numberOrNull(now / before),
      direction: best.direction,
      firstDeviationMs,
      window,
      baselines: [...best.baselines],
      evidence,
    },
  };
}

function sinceWords(
  direction: Course['direction'],
  { first, last }: Stretch,
  { timeOf, nowMs }: { readonly timeOf: (index: number) => number; readonly nowMs: number },
): string {
  const begin = `${first === 0 ? 'before ' : ''}${shownTime(timeOf(first), nowMs)}`;
  if (last === undefined) return `, since ${begin}`;
  return `; it was ${direction === 'up' ? 'higher' : 'lower'} from ${begin} to ${shownTime(timeOf(last), nowMs)}`;
}

function briefOf(values: {
  readonly now: number;
  readonly before: number;
  readonly unit: Unit;
  readonly isKnown: boolean;
}): string {
  const { now, before, unit, isKnown } = values;
  if (Number.isNaN(now)) return `has no value now, was ${shownValue(before, unit)}`;
  if (Number.isNaN(before)) return `is ${shownValue(now, unit)}; nothing is known of before`;
  const was =
    shownValue(before, unit) === shownValue(now, unit) ? 'as before' : `was ${shownValue(before, unit)}`;
  return `is ${shownValue(now, unit)}, ${was}${isKnown ? '' : ' at first'}`;
}
