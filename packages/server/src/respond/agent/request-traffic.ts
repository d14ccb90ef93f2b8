/** Requests of users, as far as a metric counts them under one of the names that are in use. */
import { createMatcher, ExpectedError, labelValueOf, METRIC_NAME } from '@vedette/model';
import type { BlastRadius } from '@vedette/api';
import type { CaseFile } from './case-file.ts';
import { numberOrNull } from './case-file.ts';
import { valueOf } from './grid.ts';
import { anyOf, levelOf, selectorOf, type LabelPair } from './identity.ts';
import { STATUS_LABELS } from './request-status.ts';
import { shownPercent, shownValue } from './words.ts';

/** The one that says most first: what a proxy sees is what users see. */
const REQUEST_METRICS = [
  'http_server_request_duration_seconds_count',
  'http_server_requests_seconds_count',
  'http_server_duration_milliseconds_count',
  'http_requests_total',
  'http_request_duration_seconds_count',
  'http_request_duration_ms_count',
  'traefik_service_requests_total',
  'traefik_entrypoint_requests_total',
  'nginx_ingress_controller_requests',
  'nginx_http_requests_total',
  'haproxy_frontend_http_requests_total',
  'envoy_cluster_upstream_rq_total',
  'istio_requests_total',
  'grpc_server_handled_total',
  'rpc_server_duration_milliseconds_count',
];

export interface Traffic {
  readonly report: NonNullable<BlastRadius['traffic']>;
  readonly metric: string;
  /** What are failures; `undefined`: no label of these series tells. */
  readonly failure: string | undefined;
  /** The alert's labels that it has. */
  readonly pairs: readonly LabelPair[];
  readonly evidence: string;
}

export async function findTraffic(file: CaseFile, signal: AbortSignal): Promise<Traffic | undefined> {
  const names = `{${anyOf(METRIC_NAME, REQUEST_METRICS)}}`;
  const existing = new Set(
    (await file.instant(`count by (__name__) (${names})`, signal)).map(({ labels }) =>
      labelValueOf(labels, METRIC_NAME),
    ),
  );
  const wanted = file.subject.identity.filter(([name]) => levelOf(name) !== undefined);
  for (const metric of REQUEST_METRICS) {
    if (!existing.has(metric)) continue;
    const labelNames = await labelNamesOf(file, metric, [], signal);
    const pairs = wanted.filter(([name]) => labelNames.has(name));
    // Without a label in common the requests are everybody's.
    if (pairs.length === 0) continue;
    const traffic = await measure(file, { metric, pairs }, signal);
    if (traffic !== undefined) return traffic;
  }
  file.gap(
    'traffic',
    existing.size === 0
      ? 'no metric counts requests now under a name that is known, such as http_requests_total'
      : 'no series of requests has the labels of the alert',
  );
  return undefined;
}

async function labelNamesOf(
  file: CaseFile,
  metric: string,
  pairs: readonly LabelPair[],
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const own = [[METRIC_NAME, metric] as const, ...pairs];
  const matcherSets = [own.map(([name, value]) => createMatcher(name, '=', value))];
  const range = { fromMs: file.atMs - 10 * 60_000, untilMs: file.atMs };
  return new Set((await file.query.labelNames({ matcherSets, range }, signal)).items);
}

/** A matcher of what fails, by the first label of these series whose values are codes. */
async function findFailure(
  file: CaseFile,
  { metric, pairs }: { readonly metric: string; readonly pairs: readonly LabelPair[] },
  signal: AbortSignal,
): Promise<string | undefined> {
  const labelNames = await labelNamesOf(file, metric, pairs, signal);
  const own = selectorOf(metric, pairs);
  for (const { names, failure, known } of STATUS_LABELS)
    for (const name of names) {
      if (!labelNames.has(name)) continue;
      const withCode = withMatcher(own, `${name}=~${JSON.stringify(known)}`);
      if ((await one(file, `count(${withCode})`, signal)) > 0) return `${name}=~${JSON.stringify(failure)}`;
    }
  return undefined;
}

async function measure(
  file: CaseFile,
  { metric, pairs }: { readonly metric: string; readonly pairs: readonly LabelPair[] },
  signal: AbortSignal,
): Promise<Traffic | undefined> {
  const own = selectorOf(metric, pairs);
  const query = `sum(rate(${own}[5m]))`;
  const perSecond = await one(file, query, signal);
  if (Number.isNaN(perSecond)) return undefined;
  const all = await allOf(file, metric, signal);
  const failure = await findFailure(file, { metric, pairs }, signal);
  const errorsQuery =
    failure === undefined ? query : `sum(rate(${withMatcher(own, failure)}[5m])) / ${query}`;
  const errors =
    failure === undefined ? Number.NaN : await errorsOf(file, { errorsQuery, perSecond }, signal);
  const share = all > 0 ? perSecond / all : Number.NaN;
  const words = [
    `${shownValue(perSecond)} requests a second`,
    ...(Number.isNaN(share) ? [] : [`${shownPercent(share)} of all`]),
    ...(Number.isNaN(errors) ? [] : [`${shownPercent(errors)} of them fail`]),
  ];
  const evidence = file.add({
    kind: 'traffic',
    text: `${words.join(', ')}, over the last 5 minutes`,
    query: errorsQuery,
    value: Number.isNaN(errors) ? perSecond : errors,
  });
  const report = {
    requestsPerSecond: numberOrNull(perSecond),
    shareRatio: numberOrNull(share),
    errorRatio: numberOrNull(errors),
  };
  return { report, metric, failure, pairs, evidence };
}

/** Of the whole server, which may be too many to add up: what the alert is about is measured all the same. */
async function allOf(file: CaseFile, metric: string, signal: AbortSignal): Promise<number> {
  try {
    return await one(file, `sum(rate(${selectorOf(metric, [])}[5m]))`, signal);
  } catch (error) {
    if (signal.aborted || !(error instanceof ExpectedError)) throw error;
    file.gap('share of all requests', error.message);
    return Number.NaN;
  }
}

async function errorsOf(
  file: CaseFile,
  { errorsQuery, perSecond }: { readonly errorsQuery: string; readonly perSecond: number },
  signal: AbortSignal,
): Promise<number> {
  const ratio = await one(file, errorsQuery, signal);
  // No series of failures is no failure, where there is traffic at all.
  return Number.isNaN(ratio) && perSecond > 0 ? 0 : ratio;
}

async function one(file: CaseFile, expr: string, signal: AbortSignal): Promise<number> {
  return valueOf((await file.instant(expr, signal))[0]);
}

export function withMatcher(selector: string, matcher: string): string {
  return selector.endsWith('}') ? `${selector.slice(0, -1)}, ${matcher}}` : `${selector}{${matcher}}`;
}
