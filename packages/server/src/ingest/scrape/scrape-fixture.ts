import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import {
  formatLabels,
  labelsOfSeriesKey,
  type AppendResult,
  type MetricMetadata,
  type MetricsWriter,
  type NativeHistogram,
  type SampleBatch,
} from '@vedette/model';
import { createMetricsRegistry, type MetricsRegistry } from '@vedette/sdk';
import { z } from 'zod';
import { DiskFiles } from '../../lib/disk-files.ts';
import { TimeSlicer } from '../../lib/time-slicer.ts';
import type { Log, LogFields } from '../../telemetry/log.ts';
import { globalScrapeShape, scrapeConfigs } from './config.ts';
import type { HistogramRules } from './histogram-rules.ts';
import { createScrapeManager, type ScrapeManager, type ScrapeSettings } from './scrape-manager.ts';
import { ScrapingClock } from './scraping-clock-fixture.ts';

/** A scraper on a virtual clock against a real HTTP server on loopback, for tests. */
export interface ScrapeFixture {
  readonly manager: ScrapeManager;
  readonly clock: ScrapingClock;
  readonly metrics: MetricsRegistry;
  readonly batches: RecordedBatch[];
  /** Lines of level warn and above: message and fields. */
  readonly logged: string[];
  /** Request headers in the order of the requests. */
  readonly requests: http.IncomingMessage[];
  readonly server: http.Server;
  /** host:port of the server. */
  readonly address: string;
  /** What the server answers, with `contentType`. */
  page: string | Buffer;
  contentType: string;
  /** Answers instead, when set. */
  handler: http.RequestListener | undefined;
  /** True: virtual time moves on although a scrape waits. */
  isHanging: boolean;
  /** Lets the server hang, and time pass until a request has come: at most a second of its deadline is over then. */
  hang(): Promise<void>;
  /** When set, the store throws it. */
  storeError: Error | undefined;
  storeResult: Partial<AppendResult>;
  /** The store waits for it. */
  beforeAppend: () => Promise<void>;
  apply(configs: readonly object[], global?: object): Promise<void>;
  /** Lets exactly one interval pass, in which each target has its place once. */
  scrape(): Promise<void>;
  /** Waits for the network until `condition` holds. */
  until(condition: () => boolean): Promise<void>;
}

export interface RecordedBatch {
  readonly samples: readonly RecordedSample[];
  readonly metadata: readonly MetricMetadata[];
  /** As people read them: series, labels, value, time. */
  readonly exemplars: readonly string[];
}

interface RecordedSample {
  readonly series: string;
  readonly timestampMs: number;
  readonly value: number | 'stale' | NativeHistogram;
  /** Where the start is known. */
  readonly startMs?: number;
}

/** What a job without a word about histograms wants: classic series, as the page has them. */
export const CLASSIC_HISTOGRAMS: HistogramRules = {
  isNativeScraped: false,
  isClassicAlwaysKept: false,
  isClassicConverted: false,
  bucketCountMax: 160,
  schemaMax: 8,
};

export const FIXTURE_INTERVAL_MS = 15_000;
export const FIXTURE_TIMEOUT_MS = 9_999;

export async function createScrapeFixture(t: TestContext, directory = '.'): Promise<ScrapeFixture> {
  const server = http.createServer((request, response) => {
    fixture.requests.push(request);
    if (fixture.handler !== undefined) fixture.handler(request, response);
    else response.writeHead(200, { 'content-type': fixture.contentType }).end(fixture.page);
  });
  const address = await listen(server);
  const metrics = createMetricsRegistry();
  const clock = new ScrapingClock({
    // Half a millisecond: the wait for a target's place is then never whole, and never taken for a deadline.
    startMs: 1_700_000_000_000.5,
    timeoutMs: FIXTURE_TIMEOUT_MS,
    isHanging: () => fixture.isHanging,
  });
  const logged: string[] = [];
  const manager = createScrapeManager(
    {
      clock,
      writer: recordingWriter(() => fixture),
      files: new DiskFiles(),
      slicer: new TimeSlicer(clock),
      log: recordingLog(logged),
      metrics,
    },
    { directory, version: '1.2.3', externalUrl: 'https://vedette.example' },
  );
  let hasScraped = false;
  const fixture: ScrapeFixture = {
    manager,
    clock,
    metrics,
    batches: [],
    logged,
    requests: [],
    server,
    address,
    page: '',
    contentType: 'text/plain; version=0.0.4; charset=utf-8',
    handler: undefined,
    isHanging: false,
    hang: async () => {
      fixture.handler = () => undefined;
      fixture.isHanging = true;
      const { length } = fixture.requests;
      while (!clock.isScraping) await clock.advance(1000);
      await fixture.until(() => fixture.requests.length > length);
    },
    storeError: undefined,
    storeResult: {},
    beforeAppend: () => Promise.resolve(),
    apply: (configs, global) => manager.apply(settingsOf(configs, global)),
    scrape: async () => {
      // The first place lies in [0, interval): from there on each interval has exactly one.
      await clock.advance(hasScraped ? FIXTURE_INTERVAL_MS : FIXTURE_INTERVAL_MS - 1);
      hasScraped = true;
    },
    until: async (condition) => {
      while (!condition()) await turn();
    },
  };
  t.after(async () => {
    await manager.stop();
    server.closeAllConnections();
    await new Promise((resolve) => void server.close(resolve));
  });
  return fixture;
}

async function listen(server: http.Server): Promise<string> {
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function settingsOf(configs: readonly object[], global: object = {}): ScrapeSettings {
  const defaults = { scrape_interval: '15s', scrape_timeout: '9s999ms' };
  return {
    global: z.object(globalScrapeShape).parse({ ...defaults, ...global }),
    scrapeConfigs: scrapeConfigs.parse(configs),
  };
}

function recordingWriter(fixtureOf: () => ScrapeFixture): MetricsWriter {
  return {
    append: async (batch) => {
      const fixture = fixtureOf();
      await fixture.beforeAppend();
      if (fixture.storeError !== undefined) throw fixture.storeError;
      fixture.batches.push(recordBatch(batch));
      const acceptedCount = batch.timestampsMs.length;
      return {
        acceptedCount,
        acceptedHistogramCount: 0,
        acceptedExemplarCount: 0,
        createdSeriesCount: 0,
        refusals: [],
        ...fixture.storeResult,
      };
    },
  };
}

function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

function recordingLog(logged: string[]): Log {
  const note = (message: string, fields: LogFields = {}): void =>
    void logged.push(
      `${message} ${JSON.stringify(fields, (_, value: unknown) => (value instanceof Error ? value.message : value))}`,
    );
  const log: Log = {
    debug: () => undefined,
    info: () => undefined,
    warn: note,
    error: note,
    child: () => log,
  };
  return log;
}

/** A batch as people read it. */
export function recordBatch(batch: SampleBatch): RecordedBatch {
  const samples: RecordedSample[] = [];
  const names: string[] = [];
  for (let row = 0; row < batch.seriesCount; row++) {
    const key = batch.keys.subarray(batch.keyEnds[row - 1] ?? 0, batch.keyEnds[row]);
    const series = formatLabels(labelsOfSeriesKey(key));
    names.push(series);
    for (let i = batch.sampleEnds[row - 1] ?? 0; i < (batch.sampleEnds[row] ?? 0); i++) {
      const startMs = batch.startsMs?.[i] ?? 0;
      samples.push({
        series,
        timestampMs: batch.timestampsMs[i] ?? NaN,
        value: batch.staleFlags[i] === 1 ? 'stale' : (batch.histograms?.get(i) ?? batch.values[i] ?? NaN),
        ...(startMs !== 0 && { startMs }),
      });
    }
  }
  const exemplars = (batch.exemplars ?? []).map(
    ({ series, labels, value, timestampMs }) =>
      `${names[series]} ${formatLabels(labels)} ${value} ${timestampMs}`,
  );
  return { samples, metadata: batch.metadata ?? [], exemplars };
}
