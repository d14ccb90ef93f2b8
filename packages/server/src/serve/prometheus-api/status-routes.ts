import type { ServerState } from '@vedette/api';
import type { Clock, Slicer } from '@vedette/model';
import { JsonList, streamAnswer } from '../http/json-stream.ts';
import type { HttpAnswer, HttpRequest, Route } from '../http/route.ts';
import { badData } from './api-error.ts';
import { formatTime } from './go-text.ts';
import { parseGoInteger } from './parameters.ts';
import type { CardinalityEntry, StorageView } from './views.ts';

/** The Prometheus whose behaviour we follow: clients switch features on by this number. */
export const PROMETHEUS_VERSION = '3.14.0';

/** Facts about this process and its configuration. */
export interface ServerView {
  readonly version: string;
  readonly hostname: string;
  readonly startedAtMs: number;
  readonly workingDirectory: string;
  readonly retention: string;
  /** The configuration as YAML, secrets replaced by `<secret>`. */
  config(): string;
  flags(): Readonly<Record<string, string>>;
  lastReload(): { readonly isSuccess: boolean; readonly atMs: number; readonly fault?: string };
  /** Where samples are kept, and how long. */
  storage(): ServerState['storage'];
  /** `global.scrape_interval` as it is now: a reload may change it. */
  scrapeIntervalMs(): number;
  process(): { readonly rssBytes: number; readonly cpuRatio: number; readonly loopDelayMsP99: number };
}

export interface StatusRoutesDeps {
  readonly clock: Clock;
  readonly server: ServerView;
  readonly storage: StorageView;
  /** Makes the slicer of one answer. */
  readonly createSlicer: () => Slicer;
}

export function statusRoutes(deps: StatusRoutesDeps): readonly Route[] {
  const route = (path: string, access: Route['access'], data: (request: HttpRequest) => unknown): Route => ({
    surface: 'prometheus-api',
    methods: ['GET'],
    path: `/api/v1/status/${path}`,
    access,
    errors: 'json',
    handle: async (request): Promise<HttpAnswer> =>
      streamAnswer(deps.createSlicer(), { status: 'success', data: await data(request) }),
  });
  return [
    route('buildinfo', 'viewer', () => buildInfo(deps)),
    route('runtimeinfo', 'viewer', () => runtimeInfo(deps)),
    route('config', 'operator', () => ({ yaml: deps.server.config() })),
    route('flags', 'viewer', () => deps.server.flags()),
    route('tsdb', 'viewer', ({ form }) => tsdbStatus(deps, form)),
    // The log is read before anything is served: who can ask finds it done.
    route('walreplay', 'viewer', () => ({ min: 0, max: 0, current: 0 })),
  ];
}

/** No `features`: Grafana would take us for Mimir. `branch` and `revision` say who this is. */
function buildInfo({ server }: StatusRoutesDeps): object {
  return {
    version: PROMETHEUS_VERSION,
    revision: server.version,
    branch: 'vedette',
    buildUser: '',
    buildDate: '',
    goVersion: `node ${process.version}`,
  };
}

/** Fields that mean something in Go alone are there, with what comes nearest. */
function runtimeInfo({ clock, server }: StatusRoutesDeps): object {
  const reload = server.lastReload();
  return {
    startTime: formatTime(server.startedAtMs),
    CWD: server.workingDirectory,
    hostname: server.hostname,
    serverTime: formatTime(clock.nowMs()),
    reloadConfigSuccess: reload.isSuccess,
    lastConfigTime: formatTime(reload.atMs),
    corruptionCount: 0,
    goroutineCount: 1,
    GOMAXPROCS: 1,
    GOMEMLIMIT: 0,
    GOGC: '',
    GODEBUG: '',
    storageRetention: server.retention,
  };
}

const CARDINALITY_DEFAULT = 10;
// Entries of each list of the heaviest names; more is no overview.
const CARDINALITY_MAX = 10_000;

async function tsdbStatus({ storage }: StatusRoutesDeps, form: URLSearchParams): Promise<object> {
  // First, since an engine elsewhere tells both in one answer.
  const top = await storage.cardinality(cardinalityLimit(form));
  const stats = storage.stats();
  return {
    headStats: {
      numSeries: stats.activeSeries ?? 0,
      numLabelPairs: top.labelPairCount,
      chunkCount: stats.headChunks ?? 0,
      // Upstream's words for an empty head: the ends of int64.
      minTime: stats.headFromMs ?? Number.MAX_SAFE_INTEGER,
      maxTime: stats.headUntilMs ?? Number.MIN_SAFE_INTEGER,
    },
    seriesCountByMetricName: listOf(top.seriesByMetric),
    labelValueCountByLabelName: listOf(top.valuesByLabel),
    memoryInBytesByLabelName: listOf(top.bytesByLabel),
    seriesCountByLabelValuePair: listOf(top.seriesByLabelPair),
  };
}

function listOf(entries: readonly CardinalityEntry[]): JsonList {
  return JsonList.of(entries, (entry) => entry);
}

function cardinalityLimit(form: URLSearchParams): number {
  const text = form.get('limit') ?? '';
  if (text === '') return CARDINALITY_DEFAULT;
  let limit = 0;
  try {
    limit = parseGoInteger(text);
  } catch {
    limit = 0;
  }
  if (limit < 1) throw badData('limit must be a positive number');
  if (limit > CARDINALITY_MAX) throw badData(`limit must not exceed ${CARDINALITY_MAX}`);
  return limit;
}
