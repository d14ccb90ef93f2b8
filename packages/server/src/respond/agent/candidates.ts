/**
 * Which series may have to do with an alert: those that share the labels that say what it is about. The widest circle
 * that is still small enough is taken: its job and name space rather than its instance alone, since a neighbour that
 * behaves differently is as telling.
 */
import { labelValueOf, METRIC_NAME, quotePattern } from '@vedette/model';
import type { CaseFile } from './case-file.ts';
import { valueOf } from './grid.ts';
import { pairsAt, selectorOf, type LabelPair } from './identity.ts';
import { counted, listed } from './words.ts';

// 120 points of each are read in one query: 1.4 million values, 12 MB, a quarter of a second (bench/agent.ts).
export const CANDIDATES_MAX = 12_000;

// Buckets say what count and sum say, in twelve times as many series; the others are about collection, not about the watched.
const LEFT_OUT = '.+_bucket|.+_created|ALERTS|ALERTS_FOR_STATE|scrape_series_added|scrape_samples_.+';

/** How many metrics are named in the query when some are left out. */
const METRICS_LEFT_OUT_MAX = 200;

export interface CandidateSet {
  /** A selector. */
  readonly expr: string;
  readonly count: number;
}

/** `undefined`: no series shares a label with the alert; a gap says so. */
export async function findCandidates(file: CaseFile, signal: AbortSignal): Promise<CandidateSet | undefined> {
  const circles = circlesOf(file.subject.identity);
  let narrowest: { readonly circle: readonly LabelPair[]; readonly count: number } | undefined;
  for (const circle of circles) {
    const expr = selectorWithout(circle, LEFT_OUT);
    const count = valueOf((await file.instant(`count(${expr})`, signal))[0]);
    if (Number.isNaN(count)) continue;
    if (count <= CANDIDATES_MAX) return { expr, count };
    narrowest = { circle, count };
  }
  if (narrowest !== undefined) return await fewerMetrics(file, narrowest, signal);
  file.gap(
    'related series',
    circles.length === 0
      ? 'the alert has no label that says what it is about, such as instance, job or service'
      : `no series that has a value now has ${listed(
          file.subject.identity.map(([name]) => name),
          5,
        )} of the alert`,
  );
  return undefined;
}

/** From the widest to the narrowest. */
function circlesOf(identity: readonly LabelPair[]): readonly (readonly LabelPair[])[] {
  const scope = pairsAt(identity, 'scope');
  const service = pairsAt(identity, 'service').slice(0, 1);
  const instance = pairsAt(identity, 'instance').slice(0, 1);
  const others = identity.filter((pair) => ![...scope, ...service, ...instance].includes(pair));
  const circles = [
    scope,
    service,
    [...scope, ...service],
    [...scope, ...service, ...instance],
    instance,
    others,
  ];
  const seen = new Set<string>();
  return circles.filter((circle) => {
    const key = selectorOf(undefined, circle);
    const isNew = circle.length > 0 && !seen.has(key);
    seen.add(key);
    return isNew;
  });
}

function selectorWithout(pairs: readonly LabelPair[], names: string): string {
  return `${selectorOf(undefined, pairs).slice(0, -1)}, __name__!~${JSON.stringify(names)}}`;
}

/** Metrics with the most series are left out until the rest is small enough. */
async function fewerMetrics(
  file: CaseFile,
  { circle, count }: { readonly circle: readonly LabelPair[]; readonly count: number },
  signal: AbortSignal,
): Promise<CandidateSet> {
  const byName = await file.instant(`count by (__name__) (${selectorWithout(circle, LEFT_OUT)})`, signal);
  const metrics = byName
    .map((one) => ({ name: labelValueOf(one.labels, METRIC_NAME), count: valueOf(one) }))
    .sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1));
  let rest = count;
  const dropped: string[] = [];
  for (const metric of metrics) {
    if (rest <= CANDIDATES_MAX || dropped.length === METRICS_LEFT_OUT_MAX) break;
    rest -= metric.count;
    dropped.push(metric.name);
  }
  file.gap(
    'related series',
    `${count} series share the alert's labels, the limit is ${CANDIDATES_MAX}: ${counted(dropped.length, 'metric')} with the most series were left out (${listed(dropped)})`,
  );
  const names = [LEFT_OUT, ...dropped.map(quotePattern)].join('|');
  return { expr: selectorWithout(circle, names), count: rest };
}
