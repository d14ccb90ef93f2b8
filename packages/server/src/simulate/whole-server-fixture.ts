/**
 * For tests: scraping, the metrics store, rules, alerts and a receiver wired as `compose` does, in virtual time. The
 * samples lie on a disk in memory that can be made to misbehave, the state in a file of its own whose syncs a test
 * may slow down; one target on loopback is scraped for real.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import {
  createMatcher,
  FaultyFiles,
  MemoryFiles,
  METRIC_NAME,
  NO_LABELS,
  SeededRandom,
} from '@vedette/model';
import { createMetricsRegistry, type MetricsRegistry } from '@vedette/sdk';
import { z } from 'zod';
import { alertConfig } from '../alert/config.ts';
import { createAlertPipeline, type AlertPipeline, type Receiver } from '../alert/index.ts';
import { createGoTemplateExpander, createRuleManager, type RuleManager } from '../detect/index.ts';
import { parseRuleFile } from '../detect/rules/parse-rule-file.ts';
import { createScrapeManager, type ScrapeManager } from '../ingest/index.ts';
import { globalScrapeShape, scrapeConfigs } from '../ingest/scrape/config.ts';
import { ScrapingClock } from '../ingest/scrape/scraping-clock-fixture.ts';
import { DiskFiles } from '../lib/disk-files.ts';
import { TimeSlicer } from '../lib/time-slicer.ts';
import { queryConfigSchema } from '../query/metrics/config.ts';
import { createEmbeddedPromQuery } from '../query/metrics/embedded.ts';
import { askedBy, RULES_SOURCE, type PromQuery } from '../query/metrics/index.ts';
import { openEmbeddedMetrics, type EmbeddedMetrics } from '../store/metrics/embedded.ts';
import { openStateStore } from '../store/state/embedded.ts';
import type { StateStore } from '../store/state/port.ts';
import { SILENT_LOG } from '../telemetry/log.ts';

/** How often the target is scraped and the rules are evaluated. */
export const INTERVAL_MS = 15_000;

const START_MS = Date.UTC(2026, 0, 2);
const SCRAPE_TIMEOUT_MS = 9_999;
const NEVER = new AbortController().signal;

export interface WholeServer {
  readonly clock: ScrapingClock;
  /** The disk below the metrics store. */
  readonly files: FaultyFiles;
  readonly store: EmbeddedMetrics;
  readonly rules: RuleManager;
  readonly scrapeMetrics: MetricsRegistry;
  /** What the target answers. */
  page: string;
  /** How long a sync of the state takes. */
  stateSyncMs: number;
  /** When the target was asked, on both clocks. */
  readonly scrapes: readonly Moment[];
  readonly notifications: readonly (Moment & {
    readonly status: 'firing' | 'resolved';
    readonly alert: string;
    readonly startsAtMs: number;
  })[];
  /** The values of an instant query at the time that it is. */
  ask(query: string): Promise<readonly number[]>;
  /** Every sample of a metric with its time, read from the store itself. */
  stored(metric: string): Promise<readonly (readonly [timestampMs: number, value: number])[]>;
  /** Another process on what the disk has: after a kill, or after a power loss, which keeps what is synced. */
  reopen(how: 'process' | 'power'): Promise<EmbeddedMetrics>;
}

interface Moment {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

/** Rules: the text of a rule file, each group of which is evaluated every `INTERVAL_MS`. */
export async function openWholeServer(t: TestContext, rules: string): Promise<WholeServer> {
  const clock = new ScrapingClock({
    startMs: START_MS,
    timeoutMs: SCRAPE_TIMEOUT_MS,
    isHanging: () => false,
  });
  const momentOf = (): Moment => ({ wallMs: clock.nowMs(), monotonicMs: clock.monotonicMs() });
  const random = new SeededRandom(1);
  const disk = new MemoryFiles(random);
  const files = new FaultyFiles({ clock, random }, disk);
  const store = await openStore(files, clock);
  const notifications: WholeServer['notifications'][number][] = [];
  const receiver: Receiver = {
    name: 'ops',
    integration: 'webhook',
    index: 0,
    sendsResolved: true,
    send: ({ status, alerts }) => {
      for (const { labels, startsAt } of alerts)
        notifications.push({
          ...momentOf(),
          status,
          alert: labels[1] ?? '',
          startsAtMs: startsAt.ms,
        });
      return Promise.resolve({ kind: 'delivered' });
    },
  };
  const scrapes: Moment[] = [];
  const address = await serveTarget(t, () => {
    scrapes.push(momentOf());
    return server.page;
  });
  const syncState = (): Promise<void> =>
    server.stateSyncMs === 0 ? Promise.resolve() : clock.sleep(server.stateSyncMs);
  const state = openStateStore(
    { clock, log: SILENT_LOG, syncs: { sync: syncState, close: () => Promise.resolve() } },
    { path: join(temporaryDirectory(t), 'state.db') },
  );
  const common = { clock, log: SILENT_LOG };
  const querying = { reader: store.reader, clock, slicer: new TimeSlicer(clock) };
  const query = createEmbeddedPromQuery(
    { ...querying, registry: createMetricsRegistry() },
    queryConfigSchema.parse({}),
  );
  const alerts = createAlertPipeline(
    { ...common, random, state, metrics: createMetricsRegistry(), receivers: [receiver] },
    alertConfig.parse({
      route: { receiver: 'ops', group_wait: '10s', group_interval: '30s', group_by: ['alertname'] },
      receivers: [{ name: 'ops' }],
    }),
  );
  const manager = await startRules({ ...common, query, store, state, alerts }, rules);
  const scrapeMetrics = createMetricsRegistry();
  const scraper = await startScraping({ ...common, store, metrics: scrapeMetrics }, address);
  t.after(async () => {
    files.rules = [];
    server.stateSyncMs = 0;
    await untilDone(clock, Promise.all([scraper.stop(), manager.stop(), alerts.stop()]));
    await untilDone(clock, store.close());
    await state.close();
  });
  const server: WholeServer = {
    clock,
    files,
    store,
    rules: manager,
    scrapeMetrics,
    page: '',
    stateSyncMs: 0,
    scrapes,
    notifications,
    ask: async (text) => await askNow(query, clock, text),
    stored: async (metric) => await samplesOf(store, metric),
    reopen: async (how) => {
      const files = disk.restart(how);
      const again = await openStore(files, clockAt(clock.nowMs()));
      t.after(() => again.close());
      return again;
    },
  };
  return server;
}

/** Virtual time until the work is done: a bad disk takes its time. */
export async function untilDone<T>(clock: ScrapingClock, work: Promise<T>): Promise<T> {
  let isDone = false;
  const watched = work.finally(() => (isDone = true));
  // Compression takes real time, the disk virtual one.
  for (let turn = 0; turn < 1e5 && !isDone; turn++) await clock.advance(100);
  assert.ok(isDone, 'does not end');
  return await watched;
}

function openStore(files: FaultyFiles | MemoryFiles, clock: ScrapingClock): Promise<EmbeddedMetrics> {
  const deps = { files, clock, random: new SeededRandom(1), slicer: new TimeSlicer(clock), log: SILENT_LOG };
  return openEmbeddedMetrics(
    { ...deps, metrics: createMetricsRegistry() },
    {
      directory: 'metrics',
      retentionMs: 30 * 86_400_000,
      seriesMax: 100_000,
      headBytesMax: 2 ** 24,
      cacheBytesMax: 2 ** 20,
      exemplarsMax: 1000,
    },
  );
}

function clockAt(startMs: number): ScrapingClock {
  return new ScrapingClock({ startMs, timeoutMs: SCRAPE_TIMEOUT_MS, isHanging: () => false });
}

function temporaryDirectory(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'vedette-simulation-'));
  t.after(() => rmSync(directory, { recursive: true }));
  return directory;
}

/** Resolves with host and port. */
async function serveTarget(t: TestContext, answer: () => string): Promise<string> {
  const server = http.createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(answer());
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  t.after(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => void server.close(resolve));
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

interface RuleParts {
  readonly clock: ScrapingClock;
  readonly log: typeof SILENT_LOG;
  readonly query: PromQuery;
  readonly store: EmbeddedMetrics;
  readonly state: StateStore;
  readonly alerts: AlertPipeline;
}

async function startRules(parts: RuleParts, text: string): Promise<RuleManager> {
  const query = askedBy(parts.query, RULES_SOURCE);
  const templates = createGoTemplateExpander({ query }, { externalLabels: NO_LABELS, externalUrl: '' });
  const { groups, faults } = parseRuleFile(text, {
    file: 'rules.yml',
    findExpressionFault: () => undefined,
    findTemplateFault: () => undefined,
  });
  assert.deepEqual(faults, []);
  const manager = createRuleManager({
    ...parts,
    query,
    writer: parts.store.writer,
    sink: parts.alerts,
    templates,
    metrics: createMetricsRegistry(),
    externalUrl: '',
  });
  await parts.alerts.start();
  await manager.apply(groups, { evaluationIntervalMs: INTERVAL_MS, queryOffsetMs: 0 });
  manager.start();
  return manager;
}

interface ScrapeParts {
  readonly clock: ScrapingClock;
  readonly log: typeof SILENT_LOG;
  readonly store: EmbeddedMetrics;
  readonly metrics: MetricsRegistry;
}

async function startScraping(parts: ScrapeParts, address: string): Promise<ScrapeManager> {
  const { store, clock } = parts;
  const scraper = createScrapeManager(
    { ...parts, writer: store.writer, files: new DiskFiles(), slicer: new TimeSlicer(clock) },
    { directory: '.', version: '1.2.3' },
  );
  await scraper.apply({
    global: z
      .object(globalScrapeShape)
      .parse({ scrape_interval: `${INTERVAL_MS}ms`, scrape_timeout: `${SCRAPE_TIMEOUT_MS}ms` }),
    scrapeConfigs: scrapeConfigs.parse([{ job_name: 'api', static_configs: [{ targets: [address] }] }]),
  });
  scraper.start();
  return scraper;
}

async function askNow(query: PromQuery, clock: ScrapingClock, text: string): Promise<readonly number[]> {
  const result = await query.instant({ expr: text, atMs: clock.nowMs() }, NEVER);
  assert.ok(result.kind === 'series');
  return result.series.map(({ values }) => values[0] ?? NaN);
}

async function samplesOf(
  store: EmbeddedMetrics,
  metric: string,
): Promise<(readonly [timestampMs: number, value: number])[]> {
  const samples: (readonly [number, number])[] = [];
  const matchers = [createMatcher(METRIC_NAME, '=', metric)];
  for await (const batch of store.reader.select(matchers, { fromMs: -Infinity, untilMs: Infinity }, NEVER))
    for (const { timestampsMs, values } of batch)
      for (const [i, timestampMs] of timestampsMs.entries()) samples.push([timestampMs, values[i] ?? NaN]);
  return samples;
}
