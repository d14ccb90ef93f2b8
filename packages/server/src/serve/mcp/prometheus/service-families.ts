/**
 * How services tell of their requests: there is no one name. The families that common libraries and proxies have are
 * looked for in one question, which also says by which label a service is known and which label has the status. What is
 * chosen then is the first family of the list that the service has.
 */
import { findRequestStatus, STATUS_LABELS, type RequestStatus } from '../../../respond/index.ts';
import { findNearest } from '../../../lib/nearest.ts';
import { invalidParameter } from '../../prometheus-api/api-error.ts';
import type { Asker, Labels } from './ask.ts';
import { matcherOf, METRIC_NAME, quotedText, selectorOf } from './promql-text.ts';

/** What a tool wants to know of a service. */
export type ServicePurpose = 'latency' | 'errors' | 'rate';

/** One way in which some services tell of their requests. */
export interface ServiceSource {
  /** A histogram without suffix, or a counter as it is named. */
  readonly family: string;
  readonly kind: 'classic' | 'native' | 'counter';
  /** The label by which its services are known. */
  readonly serviceLabel: string;
  /** What are failures; `undefined`: no label tells. */
  readonly status: RequestStatus | undefined;
  readonly hasNamespace: boolean;
}

/** Histograms, without their suffix; in milliseconds where the name says so. */
const HISTOGRAMS = [
  'http_server_request_duration_seconds',
  'http_server_duration_milliseconds',
  'http_request_duration_seconds',
  'http_request_duration_milliseconds',
  'http_server_requests_seconds',
  'istio_request_duration_milliseconds',
  'traefik_service_request_duration_seconds',
  'nginx_ingress_controller_request_duration_seconds',
  'rpc_server_duration_milliseconds',
  'grpc_server_handling_seconds',
  'traces_span_metrics_duration_milliseconds',
  'traces_spanmetrics_latency',
] as const;

const COUNTERS = [
  'http_requests_total',
  'http_server_requests_total',
  'istio_requests_total',
  'traefik_service_requests_total',
  'nginx_ingress_controller_requests',
  'grpc_server_handled_total',
  'traces_span_metrics_calls_total',
  'traces_spanmetrics_calls_total',
] as const;

/** The first one that a series has is the name of its service. */
const SERVICE_LABELS = ['service', 'service_name', 'destination_service_name', 'app', 'job'] as const;

const STATUS_LABEL_NAMES = STATUS_LABELS.flatMap(({ names }) => names);

// Services times families times status codes; a house with more names the service.
const ROWS_MAX = 5000;

// Different ways at one time: each is some questions more.
const SOURCES_MAX = 4;

export interface ServiceQuestion {
  readonly purpose: ServicePurpose;
  readonly service: string | undefined;
  readonly namespace: string | undefined;
  /** A family that none of the usual ones is. */
  readonly metric: string | undefined;
  readonly atMs: number;
}

export interface FoundSources {
  readonly sources: readonly ServiceSource[];
  /** The question that found them. */
  readonly expr: string;
  /** Services that tell of requests at all, for whoever asked for another one. */
  readonly known: readonly string[];
}

export async function findServiceSources(asker: Asker, question: ServiceQuestion): Promise<FoundSources> {
  const { service, namespace, purpose } = question;
  const families = familiesOf(question);
  const expr = probeOf(families, namespace, purpose);
  const { series } = await asker.query({ expr, at: question.atMs, keep: ROWS_MAX });
  const rows = series.map(({ labels }) => labels);
  const best = new Map<string, { readonly rank: number; readonly source: ServiceSource }>();
  for (const labels of rows) {
    const found = sourceOf(labels, families, service);
    if (found === undefined || (purpose === 'errors' && found.source.status === undefined)) continue;
    const known = best.get(found.name);
    if (known === undefined || found.rank < known.rank) best.set(found.name, found);
  }
  const sources = new Map<string, ServiceSource>();
  for (const { source } of [...best.values()].toSorted((a, b) => a.rank - b.rank))
    if (sources.size < SOURCES_MAX) sources.set(JSON.stringify(source), source);
  const known = new Set(rows.flatMap((labels) => serviceNameOf(labels) ?? []));
  return { sources: [...sources.values()], expr, known: [...known].toSorted() };
}

/** What did not lead to a row, in words that lead on. */
export function unknownServiceHint({ known }: FoundSources, service: string | undefined): string {
  if (known.length === 0)
    return 'no usual family of request metrics is there; name one with metric (prom_metadata with filter "request" may find it)';
  if (service === undefined) return 'these families have no status; name another one with metric';
  const nearest = findNearest(service, known.slice(0, NAMES_COMPARED_MAX));
  return `ask for one of the services listed${nearest === undefined ? '' : ' (one is spelled nearly the same)'}, or name the family with metric`;
}

// Each is compared letter by letter.
const NAMES_COMPARED_MAX = 500;

interface Families {
  /** With the kind that a name has. */
  readonly kindOf: ReadonlyMap<
    string,
    { readonly family: string; readonly kind: ServiceSource['kind']; readonly rank: number }
  >;
}

function familiesOf({ purpose, metric }: ServiceQuestion): Families {
  const kindOf = new Map<string, { family: string; kind: ServiceSource['kind']; rank: number }>();
  const add = (name: string, family: string, kind: ServiceSource['kind']): void => {
    if (!kindOf.has(name)) kindOf.set(name, { family, kind, rank: kindOf.size });
  };
  const addHistogram = (family: string): void => {
    if (purpose === 'latency') add(`${family}_bucket`, family, 'classic');
    else add(`${family}_count`, `${family}_count`, 'counter');
    add(family, family, 'native');
  };
  if (metric === undefined) {
    // What the OpenTelemetry conventions name comes before what everybody names as they like.
    if (purpose !== 'latency') for (const name of COUNTERS) add(name, name, 'counter');
    for (const family of HISTOGRAMS) addHistogram(family);
    return { kindOf };
  }
  if (!METRIC_NAME.test(metric))
    throw invalidParameter('metric', `must be the name of a metric; got ${JSON.stringify(metric)}`);
  const base = metric.replace(/_(?:bucket|count|sum)$/, '');
  if (purpose !== 'latency' && base === metric) add(metric, metric, 'counter');
  addHistogram(base);
  return { kindOf };
}

function probeOf({ kindOf }: Families, namespace: string | undefined, purpose: ServicePurpose): string {
  const labels = [
    '__name__',
    'namespace',
    ...SERVICE_LABELS,
    ...(purpose === 'errors' ? STATUS_LABEL_NAMES : []),
  ];
  const own = namespace === undefined ? undefined : matcherOf('namespace', namespace);
  // Of a histogram one series stands for all of its buckets; a quantile is a summary's.
  const names = `__name__=~${quotedText([...kindOf.keys()].join('|'))}`;
  return `count by (${labels.join(', ')}) (${selectorOf([names, 'le=~"|\\\\+Inf"', 'quantile=""', own])})`;
}

function sourceOf(
  labels: Labels,
  { kindOf }: Families,
  service: string | undefined,
): { readonly name: string; readonly rank: number; readonly source: ServiceSource } | undefined {
  const found = kindOf.get(labels['__name__'] ?? '');
  if (found === undefined) return undefined;
  const serviceLabel = SERVICE_LABELS.find((label) =>
    service === undefined ? (labels[label] ?? '') !== '' : isNamed(labels[label], service),
  );
  if (serviceLabel === undefined) return undefined;
  const { family, kind, rank } = found;
  const status = findRequestStatus((label) => labels[label] ?? '');
  const hasNamespace = (labels['namespace'] ?? '') !== '';
  const name = `${labels['namespace'] ?? ''}/${labels[serviceLabel] ?? ''}`;
  return { name, rank, source: { family, kind, serviceLabel, status, hasNamespace } };
}

/** As `matcherOf` has it: a star stands for any characters. */
function isNamed(value: string | undefined, service: string): boolean {
  if (value === undefined || !service.includes('*')) return value === service;
  const parts = service.split('*');
  const [first = ''] = parts;
  if (!value.startsWith(first)) return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const next = value.indexOf(part, at);
    if (next === -1) return false;
    at = next + part.length;
  }
  const last = parts.at(-1) ?? '';
  return value.length - last.length >= at && value.endsWith(last);
}

function serviceNameOf(labels: Labels): string | undefined {
  const label = SERVICE_LABELS.find((name) => (labels[name] ?? '') !== '');
  return label === undefined ? undefined : labels[label];
}
