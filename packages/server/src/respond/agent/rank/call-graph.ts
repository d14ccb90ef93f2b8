/**
 * Who calls whom, and how each service did before and during a window: read from what is stored (`call-sources.ts`).
 *
 * 1. One question to the index: which of the counters of calls are there at all. None is normal.
 * 2. Of each in order the calls at both ends of the window: a callee that is gone still had callers before.
 * 3. Of the first one with calls the signals of all services, one range query each over before and window together.
 *
 * What fails or takes too long is a gap, and the rest is handed over; only when `signal` aborts does it reject.
 */
import {
  CanceledError,
  createMatcher,
  ExpectedError,
  formatDurationMs,
  formatMatcher,
  isValidAt,
  labelValueOf,
  METRIC_NAME,
  type ResultSeries,
} from '@vedette/model';
import type { PromQuery } from '../../../query/metrics/port.ts';
import { CALL_SOURCES, type CallSignal, type CallSource } from './call-sources.ts';
import { deviationOf } from './deviation.ts';
import { RANK_NODES_MAX, type CallEdge, type NodeSignal, type RankNode } from './rank-suspects.ts';

/** Before is [fromMs, splitMs), the window [splitMs, untilMs]. */
export interface CallWindow {
  readonly fromMs: number;
  readonly splitMs: number;
  readonly untilMs: number;
  readonly stepMs: number;
}

export interface CallGraph {
  /** Who counts the calls: `Istio`. */
  readonly source: string;
  readonly edges: readonly CallEdge[];
  /** Sorted by name. The evidence of a signal is the PromQL that shows it. */
  readonly nodes: readonly RankNode[];
  readonly gaps: readonly { readonly what: string; readonly why: string }[];
}

// Pairs that call each other; ten for each of 400 services, beyond the largest published graphs.
export const CALL_EDGES_MAX = 4000;

// A tenth of what a person's query may hold: 2,000 services of 240 points are half a million values.
const SAMPLES_MAX = 5_000_000;

// Rates need two samples of a counter that is scraped once a minute, and one that is missed.
const RATE_MS_MIN = 240_000;

/** `undefined`: nothing here counts calls between services. */
export async function readCallGraph(
  query: Pick<PromQuery, 'instant' | 'range' | 'labelNames' | 'labelValues'>,
  window: CallWindow,
  signal: AbortSignal,
): Promise<CallGraph | undefined> {
  const reading: Reading = { query, window, signal, gaps: [], rate: formatDurationMs(rateMsOf(window)) };
  const present = await presentMetrics(reading);
  for (const source of CALL_SOURCES) {
    if (!present.has(source.metric)) continue;
    const labels = await labelsOf(reading, source);
    if (labels === undefined) continue;
    const edges = await readEdges(reading, source, labels);
    if (edges.length === 0) continue;
    const nodes = await readNodes(reading, source, labels, edges);
    return { source: source.name, edges, nodes, gaps: reading.gaps };
  }
  return undefined;
}

interface Reading {
  readonly query: Pick<PromQuery, 'instant' | 'range' | 'labelNames' | 'labelValues'>;
  readonly window: CallWindow;
  readonly signal: AbortSignal;
  readonly gaps: { what: string; why: string }[];
  readonly rate: string;
}

interface EndLabels {
  readonly caller: string;
  readonly callee: string;
}

function rateMsOf({ stepMs }: CallWindow): number {
  return Math.max(RATE_MS_MIN, Math.ceil(stepMs / 1000) * 1000);
}

async function attempt<Answer>(
  { gaps, signal }: Reading,
  what: string,
  ask: () => Promise<Answer>,
): Promise<Answer | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof ExpectedError) || error instanceof CanceledError || signal.aborted) throw error;
    gaps.push({ what, why: error.message });
    return undefined;
  }
}

function labelRequest(
  { window }: Reading,
  metric: string,
  op: '=' | '=~',
): Parameters<PromQuery['labelNames']>[0] {
  return {
    matcherSets: [[createMatcher(METRIC_NAME, op, metric)]],
    range: { fromMs: window.fromMs, untilMs: window.untilMs },
  };
}

async function presentMetrics(reading: Reading): Promise<ReadonlySet<string>> {
  const names = CALL_SOURCES.map(({ metric }) => metric).join('|');
  const page = await attempt(reading, 'calls between services', () =>
    reading.query.labelValues(METRIC_NAME, labelRequest(reading, names, '=~'), reading.signal),
  );
  return new Set(page?.items);
}

async function labelsOf(
  reading: Reading,
  { name, metric, callers, callees }: CallSource,
): Promise<EndLabels | undefined> {
  const page = await attempt(reading, `calls counted by ${name}`, () =>
    reading.query.labelNames(labelRequest(reading, metric, '='), reading.signal),
  );
  const known = new Set(page?.items);
  const caller = callers.find((label) => known.has(label));
  const callee = callees.find((label) => known.has(label));
  return caller === undefined || callee === undefined ? undefined : { caller, callee };
}

async function readEdges(
  reading: Reading,
  source: CallSource,
  labels: EndLabels,
): Promise<readonly CallEdge[]> {
  const { window, signal, rate } = reading;
  const by = `sum by (${labels.caller}, ${labels.callee}) (rate(${source.metric}{${source.matchers.join(',')}}[${rate}]))`;
  // One more than may be, to know that some are left out.
  const expr = `topk(${CALL_EDGES_MAX + 1}, ${by} > 0)`;
  const pairs: CallEdge[] = [];
  for (const atMs of [window.untilMs, window.splitMs]) {
    const result = await attempt(reading, `calls counted by ${source.name}`, () =>
      reading.query.instant({ expr, atMs, options: { samplesMax: SAMPLES_MAX } }, signal),
    );
    if (result?.kind !== 'series') continue;
    for (const { labels: pair } of result.series) {
      pairs.push({ caller: labelValueOf(pair, labels.caller), callee: labelValueOf(pair, labels.callee) });
    }
  }
  return edgesOf(reading, pairs);
}

function edgesOf({ gaps }: Reading, pairs: readonly CallEdge[]): readonly CallEdge[] {
  const named = pairs.filter(({ caller, callee }) => caller !== '' && callee !== '');
  const callers = new Set(named.map(({ caller }) => serviceNameOf(caller)));
  const edges = new Map<string, CallEdge>();
  for (const pair of named) {
    const edge = { caller: serviceNameOf(pair.caller), callee: nodeNameOf(pair.callee, callers) };
    if (edge.caller !== edge.callee) edges.set(JSON.stringify([edge.caller, edge.callee]), edge);
  }
  if (edges.size > CALL_EDGES_MAX) {
    gaps.push({
      what: 'calls between services',
      why: `more than ${CALL_EDGES_MAX} pairs call each other; the busiest are looked at`,
    });
  }
  return [...edges.values()]
    .slice(0, CALL_EDGES_MAX)
    .sort((a, b) => (a.caller < b.caller || (a.caller === b.caller && a.callee < b.callee) ? -1 : 1));
}

/** OpenTelemetry's `job` is `name space/service`. */
function serviceNameOf(value: string): string {
  return value.slice(value.lastIndexOf('/') + 1);
}

/** What clients know of a callee may be an address: `cart.shop.svc.cluster.local` is the caller `cart`, if there is one. */
function nodeNameOf(value: string, callers: ReadonlySet<string>): string {
  const name = serviceNameOf(value);
  if (callers.has(name)) return name;
  const first = name.split(/[.:]/, 1)[0] ?? name;
  return callers.has(first) ? first : name;
}

async function readNodes(
  reading: Reading,
  source: CallSource,
  labels: EndLabels,
  edges: readonly CallEdge[],
): Promise<readonly RankNode[]> {
  const callers = new Set(edges.map(({ caller }) => caller));
  const signals = new Map<string, NodeSignal[]>();
  for (const { caller, callee } of edges) {
    if (signals.size < RANK_NODES_MAX) signals.set(caller, []);
    if (signals.size < RANK_NODES_MAX) signals.set(callee, []);
  }
  for (const asked of source.signals) {
    const by = asked.of === 'caller' ? labels.caller : labels.callee;
    for (const series of await readSeries(reading, source, asked, by)) {
      const value = labelValueOf(series.labels, by);
      const node = asked.of === 'caller' ? serviceNameOf(value) : nodeNameOf(value, callers);
      const matchers = [formatMatcher({ name: by, op: '=', value })];
      signals
        .get(node)
        ?.push(
          signalOf(reading.window, series, asked.kind, asked.expr({ by, matchers, rate: reading.rate })),
        );
    }
  }
  return Array.from(signals, ([name, list]) => ({ name, signals: list })).sort((a, b) =>
    a.name < b.name ? -1 : 1,
  );
}

async function readSeries(
  reading: Reading,
  source: CallSource,
  asked: CallSignal,
  by: string,
): Promise<readonly ResultSeries[]> {
  const { fromMs, untilMs, stepMs } = reading.window;
  const expr = asked.expr({ by, matchers: [], rate: reading.rate });
  const result = await attempt(reading, `${asked.kind} counted by ${source.name}`, () =>
    reading.query.range(
      { expr, startMs: fromMs, endMs: untilMs, stepMs, options: { samplesMax: SAMPLES_MAX } },
      reading.signal,
    ),
  );
  return result?.kind === 'series' ? result.series : [];
}

function signalOf(
  window: CallWindow,
  series: ResultSeries,
  kind: CallSignal['kind'],
  query: string,
): NodeSignal {
  const { fromMs, splitMs, stepMs } = window;
  const column = Float64Array.from(series.values, (value, step) =>
    isValidAt(series.validity, step) ? value : Number.NaN,
  );
  const split = Math.min(column.length, Math.ceil((splitMs - fromMs) / stepMs));
  const deviation = deviationOf(column.subarray(0, split), column.subarray(split));
  const onsetMs = deviation.firstIndex === -1 ? undefined : fromMs + (split + deviation.firstIndex) * stepMs;
  return { kind, deviation, onsetMs, evidence: query };
}
