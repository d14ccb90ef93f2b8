/**
 * What may be the cause. Where calls between services are counted, they are followed first (`rank/rank-suspects.ts`).
 * Beside that each observation speaks for an entity with a weight; independent ones add up as doubts
 * multiply: 1 − (1 − a)(1 − b). An entity that one observation alone speaks for is no suspect: then the report says
 * what is missing. Nothing here learned from incidents; the weights say which observation convinces a person first.
 *
 * - 0.5 a target that went away shortly before, or one of several instances that has most of the failures
 * - 0.4 another version, 0.3 a start shortly before
 * - 0.3 most of the series that deviate are of this instance, though others have the same metrics
 * - 0.2 alerts of it began before this one
 */
import type { Suspect } from '@vedette/api';
import { labelValueOf, type Labels } from '@vedette/model';
import type { CaseFile } from './case-file.ts';
import { valuesOf } from './blast-radius.ts';
import { valueOf } from './grid.ts';
import { INSTANCE_LABELS, SERVICE_LABELS } from './identity.ts';
import { findCallSuspects } from './rank/call-suspects.ts';
import { entityKindOf, entityOf, type NearbyChange } from './nearby-changes.ts';
import type { RelatedAlertsFound } from './related-alerts.ts';
import type { RelatedSeriesFound } from './related-series.ts';
import { withMatcher, type Traffic } from './request-traffic.ts';
import { selectorOf } from './identity.ts';
import { clip, shownPercent } from './words.ts';

// Whoever names four names none.
const SUSPECTS_MAX = 3;

// Below even chances it is a guess, and a gap says what is missing.
const CONFIDENCE_MIN = 0.5;
/** Nobody was there: beyond this it would be a claim. */
const CONFIDENCE_MAX = 0.95;
const OBSERVATIONS_MIN = 2;

// Half of all failures from one of three is more than chance; with two instances it must be three quarters.
const CONCENTRATION_MIN = 0.6;

// Two series of one instance may be one thing measured twice.
const CONCENTRATED_SERIES_MIN = 3;

export interface Observation {
  readonly entity: string;
  readonly kind: Suspect['kind'];
  readonly weight: number;
  readonly text: string;
  readonly evidence: string;
}

export interface SuspectSources {
  readonly traffic: Traffic | undefined;
  readonly series: RelatedSeriesFound;
  readonly alerts: RelatedAlertsFound;
  readonly changes: readonly NearbyChange[];
  /** When the trouble began. */
  readonly onsetMs: number;
  /** What the alert's own expression reads. */
  readonly ownMetrics: readonly string[];
}

/** Follows the calls where they are counted, weighs what else was found, and asks for failures by instance. */
export async function findSuspects(
  file: CaseFile,
  sources: SuspectSources,
  signal: AbortSignal,
): Promise<readonly Suspect[]> {
  const alongCalls = await findAlongCalls(file, sources.onsetMs, signal);
  const observations = [
    ...ofChanges(file, sources),
    ...(await ofFailures(file, sources.traffic, signal)),
    ...ofSeries(sources.series),
    ...ofAlerts(file, sources.alerts),
  ];
  const suspects = joined(alongCalls, weigh(observations));
  if (suspects.length === 0) file.gap('suspects', missingWords(observations));
  return suspects;
}

// Enough points of before to know what is usual, in the time that one analysis has.
const CALL_POINTS = 180;

/** Suspects from who calls whom; why there are none is a gap. */
async function findAlongCalls(
  file: CaseFile,
  onsetMs: number,
  signal: AbortSignal,
): Promise<readonly Suspect[]> {
  const { fromMs, untilMs } = file.subject.window;
  const stepMs = Math.ceil((untilMs - fromMs) / CALL_POINTS / 1000) * 1000;
  const splitMs = Math.min(Math.max(onsetMs, fromMs + stepMs), untilMs - stepMs);
  const names = [...valuesOf(file, SERVICE_LABELS), ...valuesOf(file, ['job'])];
  const window = { fromMs, splitMs, untilMs, stepMs };
  const { suspects, gaps } = await findCallSuspects(file.query, file, { names, window }, signal);
  for (const { what, why } of gaps) file.gap(what, why);
  return suspects;
}

/** Both ways may name the same one: the surer one stands, with the evidence of both for and against it. */
function joined(alongCalls: readonly Suspect[], observed: readonly Suspect[]): readonly Suspect[] {
  const byEntity = new Map<string, Suspect>();
  for (const suspect of [...alongCalls, ...observed]) {
    const other = byEntity.get(suspect.entity);
    if (other === undefined) byEntity.set(suspect.entity, suspect);
    else {
      const [surer, less] = other.confidence >= suspect.confidence ? [other, suspect] : [suspect, other];
      const evidenceFor = [...new Set([...surer.evidenceFor, ...less.evidenceFor])];
      const evidenceAgainst = [...new Set([...surer.evidenceAgainst, ...less.evidenceAgainst])];
      byEntity.set(suspect.entity, { ...surer, evidenceFor, evidenceAgainst });
    }
  }
  return [...byEntity.values()].toSorted((a, b) => b.confidence - a.confidence).slice(0, SUSPECTS_MAX);
}

function missingWords(observations: readonly Observation[]): string {
  const [most] = observations.toSorted((a, b) => b.weight - a.weight);
  return most === undefined
    ? 'nothing that was found points at a cause: a target that went down about then, a start, another version, or an instance that stands out would'
    : `too little speaks for any of them; most of it: ${clip(most.entity, 100)}: ${most.text}`;
}

function weigh(observations: readonly Observation[]): readonly Suspect[] {
  const byEntity = Map.groupBy(observations, ({ entity }) => entity);
  return [...byEntity]
    .flatMap(([entity, own]): Suspect[] => {
      const doubt = own.reduce((product, { weight }) => product * (1 - weight), 1);
      const confidence = Math.min(CONFIDENCE_MAX, Math.round((1 - doubt) * 100) / 100);
      const evidenceFor = [...new Set(own.map(({ evidence }) => evidence))];
      if (confidence < CONFIDENCE_MIN || evidenceFor.length < OBSERVATIONS_MIN) return [];
      const [first] = own;
      if (first === undefined) return [];
      const text = `${clip(entity, 100)}: ${own.map((one) => one.text).join('; ')}`;
      // What speaks for another one speaks against this one.
      const against = observations.filter((other) => other.entity !== entity && other.weight >= 0.5);
      const evidenceAgainst = [...new Set(against.map(({ evidence }) => evidence))].slice(0, 3);
      return [{ entity, kind: first.kind, confidence, text: clip(text, 500), evidenceFor, evidenceAgainst }];
    })
    .sort((a, b) => b.confidence - a.confidence || (a.entity < b.entity ? -1 : 1))
    .slice(0, SUSPECTS_MAX);
}

const CHANGE_WEIGHTS = { down: 0.5, version: 0.4, restart: 0.3 } as const;

/** But for targets of an alert that says itself that they are down: it would be its own cause. */
function ofChanges(
  { subject }: CaseFile,
  { changes, ownMetrics }: Pick<SuspectSources, 'changes' | 'ownMetrics'>,
): readonly Observation[] {
  const jobs = new Set(
    subject.identities.flatMap((pairs) => pairs.filter(([name]) => name === 'job').map(([, value]) => value)),
  );
  const started = changes.filter(({ kind }) => kind === 'restart').length;
  const isTold = (labels: Labels): boolean =>
    ownMetrics.includes('up') &&
    subject.identities.some((pairs) => pairs.every(([name, value]) => labelValueOf(labels, name) === value));
  const untold = changes.filter(({ kind, labels }) => kind !== 'down' || !isTold(labels));
  return untold.map(({ kind, entity, labels, what: text, evidence }) => {
    const isOther = kind === 'down' && !jobs.has(labelValueOf(labels, 'job'));
    // Where everything was started, each one's start says little of itself.
    const weight = CHANGE_WEIGHTS[kind] / (kind === 'restart' ? Math.max(1, started / 2) : 1);
    return {
      entity,
      kind: isOther ? 'dependency' : kind === 'down' ? 'target' : entityKindOf(labels),
      weight,
      text,
      evidence,
    };
  });
}

async function ofFailures(
  file: CaseFile,
  traffic: Traffic | undefined,
  signal: AbortSignal,
): Promise<readonly Observation[]> {
  if (traffic?.failure === undefined || (traffic.report.errorRatio ?? 0) === 0) return [];
  // Beside the instance that the alert names, its neighbours.
  const wide = selectorOf(
    traffic.metric,
    traffic.pairs.filter(([name]) => name !== 'instance'),
  );
  const query = `sum by (instance) (rate(${withMatcher(wide, traffic.failure)}[5m]))`;
  const total = valueOf((await file.instant(`count(count by (instance) (rate(${wide}[5m])))`, signal))[0]);
  if (!(total >= 2)) return [];
  const failures = (await file.instant(query, signal)).map((series) => ({
    entity: labelValueOf(series.labels, 'instance'),
    rate: valueOf(series),
  }));
  const sum = failures.reduce((all, { rate }) => all + (Number.isNaN(rate) ? 0 : rate), 0);
  const [worst] = failures.toSorted((a, b) => b.rate - a.rate);
  if (worst === undefined || worst.entity === '' || sum === 0) return [];
  const share = worst.rate / sum;
  if (share < Math.max(CONCENTRATION_MIN, 1.5 / total)) return [];
  const text = `has ${shownPercent(share)} of the failing requests, of ${total} instances`;
  const evidence = file.add({
    kind: 'traffic',
    text: `${worst.entity} ${text}`,
    query,
    value: worst.rate,
    baseline: sum,
  });
  return [{ entity: worst.entity, kind: 'instance', weight: 0.5, text, evidence }];
}

function ofSeries({ series, countByInstance }: RelatedSeriesFound): readonly Observation[] {
  const [most] = [...countByInstance].toSorted((a, b) => b[1] - a[1]);
  const total = [...countByInstance.values()].reduce((all, count) => all + count, 0);
  if (most === undefined) return [];
  const [entity, count] = most;
  const strangest = series.find(({ labels }) => labelValueOf(labels, 'instance') === entity);
  if (
    strangest === undefined ||
    count < CONCENTRATED_SERIES_MIN ||
    count / total < Math.max(CONCENTRATION_MIN, 1.5 / countByInstance.size)
  )
    return [];
  const text = `${count} of the ${total} series that left what they used to be are its own, of ${countByInstance.size} instances with the same metrics`;
  return [{ entity, kind: 'instance', weight: 0.3, text, evidence: strangest.evidence }];
}

/** One for each entity, however many of its alerts fire: they are not independent. */
function ofAlerts({ subject }: CaseFile, { sources, evidence }: RelatedAlertsFound): readonly Observation[] {
  const byEntity = new Map<string, Observation>();
  for (const [i, { labels, startsAt }] of sources.entries()) {
    const proof = evidence[i];
    const hasName = [...INSTANCE_LABELS, ...SERVICE_LABELS].some((name) => labelValueOf(labels, name) !== '');
    const entity = entityOf(labels);
    if (startsAt.ms >= subject.startsAtMs || !hasName || proof === undefined || byEntity.has(entity))
      continue;
    const text = `its alert ${clip(labelValueOf(labels, 'alertname'), 80)} began before this one`;
    byEntity.set(entity, { entity, kind: entityKindOf(labels), weight: 0.2, text, evidence: proof });
  }
  return [...byEntity.values()];
}
