import { Readable } from 'node:stream';
import {
  createValidity,
  NO_LABELS,
  labelsOf,
  MemoryMetrics,
  setValidAt,
  VirtualClock,
  SeededRandom,
  createMatcher,
  InputError,
  type Files,
  type Labels,
  type LabelRequest,
  type Page,
  type QueryResult,
} from '@vedette/model';
import { createMetricsRegistry } from '@vedette/sdk';
import { DiskFiles } from '../lib/disk-files.ts';
import { SystemClock } from '../lib/system-clock.ts';
import type { InstantRequest, PromQuery, RangeRequest } from '../query/metrics/port.ts';
import { SILENT_LOG } from '../telemetry/log.ts';
import { serverSchema, type ServerConfig } from './config.ts';
import type { AlertingView } from './alertmanager-api/alertmanager-routes.ts';
import type { AlertInsightView } from './vedette-api/alerting-routes.ts';
import { createHttpServer, type HttpServerDeps, type RunningHttpServer } from './http-server.ts';

/** An alert stage without alerts. */
const NO_ALERTS: AlertingView = {
  post: () => Promise.resolve(),
  alerts: () => [],
  groups: () => [],
  mutesOf: () => ({ inhibitedBy: [], silencedBy: [] }),
  receiversOf: () => [],
  receivers: () => [],
  silences: {
    set: () => Promise.reject(new Error('no silences here')),
    expire: () => Promise.resolve(false),
    get: () => undefined,
    all: () => [],
  },
  resolveTimeoutMs: () => 300_000,
  configText: () => '',
};

/** Nothing was sent, and nothing can be said of alerts. */
const TEST_SERVER: HttpServerDeps['server'] = {
  version: '0.1.0',
  hostname: 'box',
  startedAtMs: 0,
  workingDirectory: '/srv',
  retention: '15d',
  config: () => 'global: {}\n',
  flags: () => ({}),
  lastReload: () => ({ isSuccess: true, atMs: 0 }),
  storage: () => ({
    engine: 'embedded',
    retentionMs: 15 * 86_400_000,
    retentionBytes: null,
    retentionRules: [],
    directory: '/srv/data',
  }),
  scrapeIntervalMs: () => 15_000,
  process: () => ({ rssBytes: 1, cpuRatio: 0, loopDelayMsP99: 0 }),
};

const NO_RECEIVERS: HttpServerDeps['receivers'] = {
  list: () => [],
  attempts: () => Promise.resolve({ attempts: [], nextCursor: undefined }),
  test: () => Promise.resolve(undefined),
};

const NO_INSIGHT: AlertInsightView = {
  explain: () => Promise.resolve(undefined),
  attempts: () => Promise.resolve({ attempts: [], nextCursor: undefined }),
  previewSilence: () => Promise.reject(new Error('no silences here')),
  silenceHistory: () => Promise.resolve([]),
};

/** For tests: a server whose stages are invented. Override what a test is about. */
export function createTestDeps(overrides: Partial<HttpServerDeps> = {}): HttpServerDeps {
  return {
    clock: new SystemClock(),
    random: new SeededRandom(1),
    externalUrl: 'http://vedette.example',
    files: new DiskFiles(),
    log: SILENT_LOG,
    registry: createMetricsRegistry(),
    query: new FakePromQuery(),
    slowQueries: { recent: () => [], noteBytes: () => undefined },
    parseSelector: fakeSelector,
    expressions: { format: (text) => text, describe: (text) => ({ text }) },
    federation: { lookbackMs: 300_000, externalLabels: () => NO_LABELS },
    endpoints: [],
    rules: { groups: () => [] },
    forwarding: { alertmanagers: () => ({ active: [], dropped: [] }) },
    targets: { targets: () => ({ active: [], dropped: [], droppedCounts: {} }) },
    storage: {
      stats: () => ({
        activeSeries: 2,
        samplesPerSecond: 1,
        headChunks: 2,
        headFromMs: undefined,
        headUntilMs: undefined,
        diskBytes: 3,
        diskFreeBytes: 4,
        oldestSampleMs: undefined,
        problems: [],
      }),
      cardinality: () => ({
        labelPairCount: 0,
        seriesByMetric: [],
        valuesByLabel: [],
        bytesByLabel: [],
        seriesByLabelPair: [],
      }),
    },
    series: undefined,
    admin: undefined,
    backups: {
      begin: () => Promise.resolve({ name: 'b', files: [{ path: 'state.db', sizeBytes: 3 }] }),
      open: () => Promise.resolve(Readable.from([Uint8Array.of(1, 2, 3)])),
      end: () => Promise.resolve(),
    },
    samples: Object.assign(new MemoryMetrics(), { externalLabels: () => NO_LABELS }),
    notifications: { recent: () => Promise.resolve([]) },
    alerting: NO_ALERTS,
    webhooks: { receive: () => Promise.reject(new Error('no webhooks here')), sources: () => [] },
    insight: NO_INSIGHT,
    dashboards: () => Promise.reject(new Error('no dashboards here')),
    receivers: NO_RECEIVERS,
    runbooks: { find: (name) => Promise.resolve(name === 'disk-full' ? '# Disk full\n' : undefined) },
    server: TEST_SERVER,
    uiState: () => ({ kind: 'building' }),
    isReady: () => true,
    reload: () => Promise.resolve([]),
    ...overrides,
  };
}

/** A server on a free loopback port; close it after the test. */
export async function startTestServer(
  overrides: Partial<HttpServerDeps> = {},
  config: Partial<ServerConfig> = {},
): Promise<RunningHttpServer> {
  const defaults = serverSchema.parse({ listen: '127.0.0.1:0' });
  return await createHttpServer(createTestDeps(overrides), { ...defaults, ...config }).listen();
}

/** A standing clock at 2026-11-21 10:00 UTC. */
export function createTestClock(): VirtualClock {
  return new VirtualClock({ startMs: Date.UTC(2026, 10, 21, 10) });
}

/** Files in memory that can be read and listed. */
export function memoryFiles(contents: Readonly<Record<string, string>>): Files {
  const disk = new DiskFiles();
  const missing = (path: string): Error =>
    Object.assign(new Error(`ENOENT: no such file '${path}'`), { code: 'ENOENT' });
  return Object.assign(disk, {
    read: (path: string) => {
      const text = contents[path];
      return text === undefined
        ? Promise.reject(missing(path))
        : Promise.resolve(new TextEncoder().encode(text));
    },
  });
}

/** What the expression `up` is: `{job="a"}`, with the value of the step's number, and what others are told to be. */
export class FakePromQuery implements PromQuery {
  /** Range requests received, for counting. */
  readonly ranges: RangeRequest[] = [];
  readonly instants: InstantRequest[] = [];
  readonly labelRequests: LabelRequest[] = [];
  /** Answers by expression; a thrown error is an answer too. */
  readonly answers = new Map<string, (request: RangeRequest) => readonly FakeSeries[]>();

  instant(request: InstantRequest): Promise<QueryResult> {
    this.instants.push(request);
    const { atMs } = request;
    const range = { expr: request.expr, startMs: atMs, endMs: atMs, stepMs: 1 };
    return Promise.resolve().then(() => this.#answer(range, { startMs: atMs, stepMs: 0, count: 1 }));
  }

  range(request: RangeRequest): Promise<QueryResult> {
    this.ranges.push(request);
    const { startMs, endMs, stepMs } = request;
    const count = Math.floor((endMs - startMs) / stepMs) + 1;
    return Promise.resolve().then(() => this.#answer(request, { startMs, stepMs, count }));
  }

  series(request: LabelRequest): Promise<Page<Labels>> {
    this.labelRequests.push(request);
    return Promise.resolve({
      items: [labelsOf({ __name__: 'up', job: 'a' })],
      isTruncated: request.limit === 1,
    });
  }

  labelNames(request: LabelRequest): Promise<Page<string>> {
    this.labelRequests.push(request);
    return Promise.resolve({ items: ['__name__', 'job'], isTruncated: false });
  }

  labelValues(name: string, request: LabelRequest): Promise<Page<string>> {
    this.labelRequests.push(request);
    return Promise.resolve({ items: [`${name}-1`], isTruncated: false });
  }

  exemplars(): ReturnType<PromQuery['exemplars']> {
    return Promise.resolve([]);
  }

  metadata(): ReturnType<PromQuery['metadata']> {
    return Promise.resolve([
      { family: 'up', type: 'gauge', help: 'Is it up?', unit: '' },
      { family: 'x_total', type: 'counter', help: '', unit: '' },
    ]);
  }

  #answer(request: RangeRequest, grid: QueryResult['grid']): QueryResult {
    const rest = {
      grid,
      annotations: { warnings: [], infos: [] },
      stats: { samplesTotal: 1, samplesPeak: 1, seriesRead: 1 },
    };
    const answer = this.answers.get(request.expr);
    if (answer === undefined && request.expr === '1+1')
      return { kind: 'scalar', values: new Float64Array(grid.count).fill(2), ...rest };
    if (answer === undefined && request.expr === '"x"') return { kind: 'string', value: 'x', ...rest };
    if (answer === undefined && request.expr !== 'up')
      throw new InputError('VED_QUERY_INVALID', '1:1: parse error: no expression found in input');
    const series = answer?.(request) ?? [{ labels: { __name__: 'up', job: 'a' }, valueAt: () => 1 }];
    return {
      kind: 'series',
      series: series.map(({ labels, valueAt }) => {
        const values = new Float64Array(grid.count);
        const validity = createValidity(grid.count);
        for (let i = 0; i < grid.count; i++) {
          const value = valueAt(grid.startMs + i * grid.stepMs);
          if (value === undefined) continue;
          values[i] = value;
          setValidAt(validity, i);
        }
        return { labels: labelsOf(labels), values, validity };
      }),
      ...rest,
    };
  }
}

export interface FakeSeries {
  readonly labels: Readonly<Record<string, string>>;
  /** `undefined` is a gap. */
  readonly valueAt: (timestampMs: number) => number | undefined;
}

/** Reads `name` and `{name="value"}` alone. */
function fakeSelector(text: string): ReturnType<HttpServerDeps['parseSelector']> {
  const match = /^(\w*)(?:\{(?:(\w+)="([^"]*)")?\})?$/.exec(text);
  if (match === null || text === '')
    throw new InputError('VED_QUERY_INVALID', '1:4: parse error: unexpected end of input inside braces');
  const [, metric = '', name, value = ''] = match;
  const matchers = metric === '' ? [] : [createMatcher('__name__', '=', metric)];
  return name === undefined ? matchers : [...matchers, createMatcher(name, '=', value)];
}
