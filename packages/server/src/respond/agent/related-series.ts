/**
 * Series that left what they used to be when the alert's condition came true.
 *
 * 1. One range query reads all candidates (`candidates.ts`): an hour and a half before the onset and half an hour from
 *    it on, a point a minute. The onset is when the alert's own expression left its past, else when its condition came
 *    true, and at least five minutes ago: with less there is nothing to see.
 * 2. Of what only grows the rate is looked at, of sum and count of a histogram the mean (`courses.ts`), worked out here
 *    from the points of the same answer: nearly what the query of the evidence shows, but for minutes with a reset.
 * 3. What can have moved (`rank/deviation-bound.ts`) is scored (`rank/deviation.ts`), the best series of each metric
 *    stays. Shared labels raise a series among others of about the same score.
 */
import type { RelatedSeries } from '@vedette/api';
import {
  labelsKeyOf,
  labelValueOf,
  METRIC_NAME,
  withoutMetricName,
  type Labels,
  type ResultSeries,
} from '@vedette/model';
import { findCandidates } from './candidates.ts';
import type { CaseFile } from './case-file.ts';
import { numberOrNull } from './case-file.ts';
import { eachCourse, type Course } from './courses.ts';
import { selectorOf, weightOf, type LabelPair } from './identity.ts';
import { countOf, fillColumn, lastOf } from './grid.ts';
import { mayDeviate } from './rank/deviation-bound.ts';
import { BEFORE_POINTS_MIN, deviationOf, LASTING_SCORE, type Deviation } from './rank/deviation.ts';
import { boundedRecord } from './subject.ts';
import { shownTime, shownValue, unitOf } from './words.ts';

const MINUTE_MS = 60_000;
const BEFORE_POINTS = 90;
// Half an hour: what began earlier has become usual.
const NOW_POINTS_MAX = 30;
// Less than five minutes of trouble is not told from noise.
const NOW_POINTS_MIN = 5;

// The last value may be that old: a scrape or two were missed.
const LAST_POINTS = 5;

// Two screens of a table; a person looks at the first five.
const RELATED_MAX = 20;

// Scores are compared, not measured beyond this.
const SCORE_MAX = 10_000;

export interface DeviatingSeries {
  /** What was compared. */
  readonly query: string;
  readonly metric: string;
  readonly labels: Labels;
  readonly deviation: Deviation;
  readonly firstDeviationMs: number | undefined;
  readonly evidence: string;
}

export interface RelatedSeriesFound {
  readonly report: readonly RelatedSeries[];
  /** In the same order. */
  readonly series: readonly DeviatingSeries[];
  /**
   * How many series of each instance left what they used to be, of metrics that several instances have; 0 of those that
   * stayed as they were.
   */
  readonly countByInstance: ReadonlyMap<string, number>;
}

export const NO_SERIES: RelatedSeriesFound = { report: [], series: [], countByInstance: new Map() };

export async function findRelatedSeries(
  file: CaseFile,
  about: { readonly onsetMs: number; readonly ownMetrics: readonly string[] },
  signal: AbortSignal,
): Promise<RelatedSeriesFound> {
  const candidates = await findCandidates(file, signal);
  if (candidates === undefined) return NO_SERIES;
  const span = spanOf(about.onsetMs, file.atMs);
  const answers = await file.range(candidates.expr, span, signal);
  // An answer of ten thousand series is put together without a break: others have their turn first (bench/agent.ts).
  await file.slicer.yield();
  const isCounter = await counterTest(file, signal);
  const scored = await scoreAll(file, answers, { isCounter, ownMetrics: about.ownMetrics });
  if (scored.length === 0) file.gap('related series', await nothingWords(file, answers, span));
  const told = reportOf(file, { scored: bestOfMetrics(scored), span });
  return { ...told, countByInstance: await countByInstance(file, answers, scored) };
}

/** Why no series stands out. */
async function nothingWords(
  file: CaseFile,
  answers: readonly ResultSeries[],
  { fromMs, untilMs }: Span,
): Promise<string> {
  const shown = (ms: number): string => shownTime(ms, file.atMs);
  if (answers.length === 0)
    return `nothing is stored with the alert's labels of when it began, ${shown(fromMs)} to ${shown(untilMs)}`;
  const count = await countWithPast(file, answers);
  return count === 0
    ? `nothing is known of ${answers.length} series with the alert's labels before ${shown(fromMs + BEFORE_POINTS * MINUTE_MS)}, so nobody can say what changed`
    : `none of ${count} series with the alert's labels left what it used to be`;
}

/** Series of which enough is known before the onset. */
async function countWithPast({ slicer }: CaseFile, answers: readonly ResultSeries[]): Promise<number> {
  const column = new Float64Array(answers[0]?.values.length ?? 0);
  const before = column.subarray(0, BEFORE_POINTS);
  let count = 0;
  for (const answer of answers) {
    if (slicer.shouldYield()) await slicer.yield();
    fillColumn(answer, column);
    if (countOf(before) >= BEFORE_POINTS_MIN) count++;
  }
  return count;
}

async function countByInstance(
  { slicer }: CaseFile,
  answers: readonly ResultSeries[],
  scored: readonly Scored[],
): Promise<ReadonlyMap<string, number>> {
  if (scored.length === 0) return new Map();
  const instancesByMetric = new Map<string, Set<string>>();
  for (const { labels } of answers) {
    if (slicer.shouldYield()) await slicer.yield();
    const metric = labelValueOf(labels, METRIC_NAME);
    const instance = labelValueOf(labels, 'instance');
    if (instance === '') continue;
    const known = instancesByMetric.get(metric);
    if (known === undefined) instancesByMetric.set(metric, new Set([instance]));
    else known.add(instance);
  }
  const counts = new Map<string, number>();
  for (const instances of instancesByMetric.values())
    if (instances.size > 1) for (const instance of instances) counts.set(instance, 0);
  for (const { course } of scored) {
    const metric = course.kind === 'mean' ? `${course.metric}_count` : course.metric;
    const instance = labelValueOf(course.labels, 'instance');
    const count = counts.get(instance);
    const isShared = (instancesByMetric.get(metric)?.size ?? 0) > 1;
    if (count !== undefined && isShared) counts.set(instance, count + 1);
  }
  return counts;
}

interface Span {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly stepMs: number;
}

/** The onset is always at the same point of the grid. */
function spanOf(onsetMs: number, nowMs: number): Span {
  const latestMs = nowMs - NOW_POINTS_MIN * MINUTE_MS;
  const splitMs = Math.min(onsetMs, latestMs);
  const untilMs = Math.min(nowMs, splitMs + NOW_POINTS_MAX * MINUTE_MS);
  return { fromMs: splitMs - BEFORE_POINTS * MINUTE_MS, untilMs, stepMs: MINUTE_MS };
}

/** By the type that targets tell of a metric, else by its name. */
async function counterTest(file: CaseFile, signal: AbortSignal): Promise<(metric: string) => boolean> {
  const types = new Map<string, string>();
  for (const { family, type } of await file.query.metadata(undefined, signal)) types.set(family, type);
  const known = new Map<string, boolean>();
  return (metric) => {
    const found = known.get(metric);
    if (found !== undefined) return found;
    const type = types.get(metric);
    const isCounter =
      type === undefined || type === 'unknown' ? /_(total|count|sum)$/.test(metric) : type === 'counter';
    known.set(metric, isCounter);
    return isCounter;
  };
}

/** Without its columns, which the next one has. */
type ScoredCourse = Pick<Course, 'metric' | 'labels' | 'kind'> & {
  /** At the end of what was looked at; NaN: it had no value any more. */
  readonly last: number;
  /** Then it was still nearer to where it went than to what it used to be. */
  readonly isOff: boolean;
};

interface Scored {
  readonly course: ScoredCourse;
  readonly deviation: Deviation;
  readonly shared: readonly string[];
  /** What decides about the order. */
  readonly rank: number;
}

// A series of the alert's own expression deviates by definition; it is worth a line, behind what is news.
const OWN_METRIC_FACTOR = 0.5;

const SHARED_FACTOR = 0.1;

async function scoreAll(
  file: CaseFile,
  answers: readonly ResultSeries[],
  about: { readonly isCounter: (metric: string) => boolean; readonly ownMetrics: readonly string[] },
): Promise<readonly Scored[]> {
  const own = new Set(about.ownMetrics);
  const scored: Scored[] = [];
  const { slicer } = file;
  const grid = { stepMs: MINUTE_MS, split: BEFORE_POINTS };
  await eachCourse({ slicer, isCounter: about.isCounter }, answers, grid, ({ before, now, ...course }) => {
    if (!mayDeviate(before, now)) return;
    const deviation = deviationOf(before, now);
    if (deviation.score < LASTING_SCORE) return;
    const shared = sharedOf(course.labels, file.subject.identity);
    const weight = shared.reduce((sum, name) => sum + weightOf(name), 0);
    const factor = (1 + SHARED_FACTOR * weight) * (own.has(course.metric) ? OWN_METRIC_FACTOR : 1);
    const rank = Math.log1p(Math.min(deviation.score, SCORE_MAX)) * factor;
    const last = lastOf(now, LAST_POINTS);
    const isOff = Math.abs(last - deviation.now) < Math.abs(last - deviation.before);
    scored.push({ course: { ...course, last, isOff }, deviation, shared, rank });
  });
  return scored;
}

function sharedOf(labels: Labels, identity: readonly LabelPair[]): readonly string[] {
  return identity.filter(([name, value]) => labelValueOf(labels, name) === value).map(([name]) => name);
}

interface BestOfMetric {
  readonly best: Scored;
  readonly otherCount: number;
}

function bestOfMetrics(scored: readonly Scored[]): readonly BestOfMetric[] {
  // A metric and the mean of its observations are two stories.
  const byMetric = Map.groupBy(scored, ({ course }) => course.metric);
  return [...byMetric.values()]
    .flatMap((all) => {
      const [best] = all.toSorted(compareScored);
      return best === undefined ? [] : [{ best, otherCount: all.length - 1 }];
    })
    .sort((a, b) => compareScored(a.best, b.best))
    .slice(0, RELATED_MAX);
}

function compareScored(a: Scored, b: Scored): number {
  if (a.rank !== b.rank) return b.rank - a.rank;
  return labelsKeyOf(a.course.labels) < labelsKeyOf(b.course.labels) ? -1 : 1;
}

function reportOf(
  file: CaseFile,
  { scored, span }: { readonly scored: readonly BestOfMetric[]; readonly span: Span },
): Pick<RelatedSeriesFound, 'report' | 'series'> {
  const report: RelatedSeries[] = [];
  const series: DeviatingSeries[] = [];
  for (const { best, otherCount } of scored) {
    const { course, deviation, shared } = best;
    const query = queryOf(course);
    const first = deviation.firstIndex;
    const firstDeviationMs = first < 0 ? undefined : span.fromMs + (BEFORE_POINTS + first) * MINUTE_MS;
    const noun = { value: course.metric, rate: `rate of ${course.metric}`, mean: `mean of ${course.metric}` }[
      course.kind
    ];
    const evidence = file.add({
      kind: 'series',
      text: `${noun} ${courseWords(best, { span, firstDeviationMs, nowMs: file.atMs })}`,
      query,
      value: deviation.now,
      baseline: deviation.before,
    });
    series.push({
      query,
      metric: course.metric,
      labels: course.labels,
      deviation,
      firstDeviationMs,
      evidence,
    });
    report.push({
      query,
      metric: course.metric,
      labels: boundedRecord(withoutMetricName(course.labels)),
      score: Math.round(Math.min(deviation.score, SCORE_MAX) * 100) / 100,
      direction: deviation.direction,
      now: numberOrNull(deviation.now),
      before: numberOrNull(deviation.before),
      firstDeviationMs: firstDeviationMs ?? null,
      sharedLabels: [...shared],
      otherCount,
      evidence,
    });
  }
  return { report, series };
}

/** What is known of now is told as of now, the rest as of then: of an alert of hours only its beginning is looked at. */
function courseWords(
  { course, deviation }: Scored,
  about: {
    readonly span: Span;
    readonly firstDeviationMs: number | undefined;
    readonly nowMs: number;
  },
): string {
  const { span, firstDeviationMs, nowMs } = about;
  const unit = course.kind === 'rate' ? undefined : unitOf(course.metric);
  const [away, before, last] = [deviation.now, deviation.before, course.last].map((value) =>
    shownValue(value, unit),
  );
  const since = firstDeviationMs === undefined ? undefined : shownTime(firstDeviationMs, nowMs);
  if (course.isOff && span.untilMs === nowMs)
    return `is ${away}${since === undefined ? '' : ` since ${since}`}, was ${before}`;
  const begin = since === undefined ? 'for a moment' : `from ${since} on`;
  return `was ${away} ${begin}, ${before} before that; ${last} at ${shownTime(span.untilMs, nowMs)}`;
}

function queryOf({ metric, labels, kind }: ScoredCourse): string {
  const pairs: LabelPair[] = [];
  for (let i = 0; i < labels.length; i += 2)
    if (labels[i] !== METRIC_NAME) pairs.push([labels[i] ?? '', labels[i + 1] ?? '']);
  if (kind === 'value') return selectorOf(metric, pairs);
  if (kind === 'rate') return `rate(${selectorOf(metric, pairs)}[5m])`;
  return `rate(${selectorOf(`${metric}_sum`, pairs)}[5m]) / rate(${selectorOf(`${metric}_count`, pairs)}[5m])`;
}
