/**
 * `/federate`: what another Prometheus scrapes to take over series of ours.
 *
 * Two instant queries per selector, so that it works alike over every engine behind `PromQuery`: the selector itself
 * says which series live (a staleness marker ends one), and its samples of the lookback say when the newest one
 * was, which an instant vector does not tell. `timestamp()` would, but drops the metric name. The price is the
 * samples of one lookback, some twenty a series. Text cannot carry native histograms: they are left out, as upstream does.
 */
import {
  bug,
  compareUtf8,
  formatDurationMs,
  formatMatcher,
  labelsKeyOf,
  labelValueOf,
  METRIC_NAME,
  type Clock,
  type Labels,
  type Matcher,
  type ResultSamples,
  type Slicer,
} from '@vedette/model';
import { askedBy } from '../../query/metrics/index.ts';
import type { PromQuery } from '../../query/metrics/port.ts';
import { inSlices } from '../http/json-stream.ts';
import { querySourceOf } from '../http/query-source.ts';
import { headerOf, type HttpAnswer, type HttpRequest, type Route } from '../http/route.ts';
import { federateFormatOf, federatePieces, type NewestSample } from './federate-format.ts';
import { matcherSetsParameter, type SelectorParser } from './parameters.ts';

export interface FederateRoutesDeps {
  readonly clock: Clock;
  readonly query: PromQuery;
  readonly parseSelector: SelectorParser;
  readonly federation: FederationSettings;
  /** Makes the slicer of one answer. */
  readonly createSlicer: () => Slicer;
}

export interface FederationSettings {
  /** Older samples are not handed out; what instant queries look back. */
  readonly lookbackMs: number;
  /** Added to series that do not have them. */
  externalLabels(): Labels;
}

export function federateRoutes(deps: FederateRoutesDeps): readonly Route[] {
  return [
    {
      surface: 'prometheus-api',
      methods: ['GET'],
      path: '/federate',
      access: 'viewer',
      errors: 'text',
      handle: (request) => answerFederate(deps, request),
    },
  ];
}

async function answerFederate(deps: FederateRoutesDeps, request: HttpRequest): Promise<HttpAnswer> {
  const matcherSets = matcherSetsParameter(request.form, deps.parseSelector);
  const slicer = deps.createSlicer();
  const query = askedBy(deps.query, querySourceOf(request));
  const found: Found = { atMs: deps.clock.nowMs(), families: new Map() };
  for (const matchers of matcherSets) {
    const pairs = await queryNewest({ ...deps, query }, { matchers, atMs: found.atMs }, request.signal);
    await collect(found, pairs, slicer);
  }
  const format = federateFormatOf(headerOf(request.headers, 'accept'));
  return {
    status: 200,
    headers: { 'content-type': format.contentType },
    body: inSlices(slicer, federatePieces(inOrder(found), deps.federation.externalLabels(), format)),
  };
}

/** Samples by metric name, then by series: selectors may overlap. */
interface Found {
  readonly atMs: number;
  readonly families: Map<string, Map<string, NewestSample>>;
}

interface LiveSeries {
  /** The series that have a value now. */
  readonly live: readonly { readonly labels: Labels }[];
  /** Their samples of the lookback, and those of series that ended meanwhile. */
  readonly recent: readonly ResultSamples[];
}

async function queryNewest(
  { query, federation }: FederateRoutesDeps,
  { matchers, atMs }: { readonly matchers: readonly Matcher[]; readonly atMs: number },
  signal: AbortSignal,
): Promise<LiveSeries> {
  const { lookbackMs } = federation;
  const selector = `{${matchers.map((matcher) => formatMatcher(matcher)).join(',')}}`;
  // Who scrapes this takes them for samples.
  const options = { lookbackMs, isRawOnly: true };
  const [live, recent] = await Promise.all([
    query.instant({ expr: selector, atMs, options }, signal),
    query.instant({ expr: `${selector}[${formatDurationMs(lookbackMs)}]`, atMs, options }, signal),
  ]);
  if (live.kind !== 'series' || recent.kind !== 'samples')
    return bug('a selector answered with other than series');
  return { live: live.series, recent: recent.series };
}

async function collect(found: Found, { live, recent }: LiveSeries, slicer: Slicer): Promise<void> {
  const liveKeys = new Set<string>();
  for (const [i, { labels }] of live.entries()) {
    if ((i & 31) === 0 && slicer.shouldYield()) await slicer.yield();
    liveKeys.add(labelsKeyOf(labels));
  }
  for (const [i, series] of recent.entries()) {
    if ((i & 31) === 0 && slicer.shouldYield()) await slicer.yield();
    const key = labelsKeyOf(series.labels);
    const name = labelValueOf(series.labels, METRIC_NAME);
    const last = series.timestampsMs.length - 1;
    // A series without a name cannot be exposed.
    if (!liveKeys.has(key) || name === '' || last < 0 || series.histograms?.has(last) === true) continue;
    const family = found.families.get(name) ?? new Map<string, NewestSample>();
    found.families.set(name, family);
    const timestampMs = series.timestampsMs[last] ?? 0;
    family.set(key, { labels: series.labels, name, timestampMs, value: series.values[last] ?? NaN });
  }
}

function* inOrder({ families }: Found): Generator<NewestSample, void> {
  const names = [...families.keys()].sort(compareUtf8);
  for (const name of names) yield* families.get(name)?.values() ?? [];
}
