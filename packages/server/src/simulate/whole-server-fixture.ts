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
  labelValueOf,
  MemoryFiles,
  METRIC_NAME,
  NO_LABELS,
  SeededRandom,
} from '@vedette/model';
import { createMetricsRegistry, type MetricsRegistry } from '@vedette/sdk';
import { z } from 'zod';
import { setupOf } from '../alert/setup-fixture.ts';
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
import { SILENT_LOG, type Log, type LogFields } from '../telemetry/log.ts';

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
  /** What the test changes as it goes. */
  readonly outside: Outside;
  /** Lines of level warn and above. */
  readonly logged: readonly string[];
  /** When the target was asked, on both clocks. */
  readonly scrapes: readonly Moment[];
  readonly notifications: readonly Told[];
  /** The values of an instant query at the time that it is. */
  ask(query: string): Promise<readonly number[]>;
  /** Every sample of a metric with its time, read from the store itself. */
  stored(metric: string): Promise<readonly Sample[]>;
  /** The end of the store's process, by a kill or a power loss, which keeps what is synced: what the next one finds. */
  storedAfter(how: 'process' | 'power', metric: string): Promise<readonly Sample[]>;
}

interface Outside {
  /** What the target answers. */
  page: string;
  /** How long a sync of the state takes. */
  stateSyncMs: number;
}

interface Moment {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

interface Told extends Moment {
  readonly status: 'firing' | 'resolved';
  readonly alert: string;
  readonly startsAtMs: number;
}

type Sample = readonly [timestampMs: number, value: number];

/** Rules: the text of a rule file, each group of which is evaluated every `INTERVAL_MS`. */
export async function openWholeServer(t: TestContext, rules: string): Promise<WholeServer> {
  const clock = clockAt(START_MS);
  const momentOf = (): Moment => ({ wallMs: clock.nowMs(), monotonicMs: clock.monotonicMs() });
  const outside: Outside = { page: '', stateSyncMs: 0 };
  const random = new SeededRandom(1);
  const disk = new MemoryFiles(random);
  const files = new FaultyFiles({ clock, random }, disk);
  const store = await openStore(files, clock);
  const notifications: Told[] = [];
  const receiver = recordingReceiver((told) => notifications.push({ ...momentOf(), ...told }));
  const scrapes: Moment[] = [];
  const address = await serveTarget(t, () => {
    scrapes.push(momentOf());
    return outside.page;
  });
  const state = openState(t, clock, outside);
  const logged: string[] = [];
  const common = { clock, log: recordingLog(logged), metrics: createMetricsRegistry() };
  const query = createEmbeddedPromQuery(
    { clock, reader: store.reader, slicer: new TimeSlicer(clock), registry: createMetricsRegistry() },
    queryConfigSchema.parse({}),
  );
  const alerts = createAlertPipeline({ ...common, random, state }, setupOf([receiver], ROUTE));
  const manager = await startRules({ ...common, query, store, state, alerts }, rules);
  const scraper = await startScraping({ ...common, store }, address);
  let isKilled = false;
  t.after(async () => {
    files.rules = [];
    outside.stateSyncMs = 0;
    await untilDone(clock, Promise.all([scraper.stop(), manager.stop(), alerts.stop()]));
    await untilDone(clock, state.close());
    if (!isKilled) await untilDone(clock, store.close());
  });
  return {
    clock,
    files,
    store,
    outside,
    logged,
    scrapes,
    notifications,
    ask: (text) => askNow(query, clock, text),
    stored: (metric) => samplesOf(store, metric),
    storedAfter: async (how, metric) => {
      isKilled = true;
      const again = await openStore(disk.restart(how), clockAt(clock.nowMs()));
      const samples = await samplesOf(again, metric);
      await again.close();
      return samples;
    },
  };
}

const ROUTE = { groupWaitMs: 10_000, groupIntervalMs: 30_000 };

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

function recordingReceiver(tell: (told: Omit<Told, keyof Moment>) => void): Receiver {
  return {
    name: 'ops',
    integration: 'webhook',
    index: 0,
    sendsResolved: true,
    send: ({ status, alerts }) => {
      for (const { labels, startsAt } of alerts)
        tell({ status, alert: labelValueOf(labels, 'alertname'), startsAtMs: startsAt.ms });
      return Promise.resolve({ kind: 'delivered' });
    },
  };
}

function recordingLog(logged: string[]): Log {
  const note = (message: string, fields: LogFields = {}): void =>
    void logged.push(`${message} ${fields['error'] instanceof Error ? fields['error'].message : ''}`);
  const log: Log = {
    debug: () => undefined,
    info: () => undefined,
    warn: note,
    error: note,
    child: () => log,
  };
  return log;
}

function openState(t: TestContext, clock: ScrapingClock, outside: Outside): StateStore {
  const sync = async (): Promise<void> => {
    if (outside.stateSyncMs > 0) await clock.sleep(outside.stateSyncMs);
  };
  return openStateStore(
    { clock, log: SILENT_LOG, syncs: { sync, close: () => Promise.resolve() } },
    { path: join(temporaryDirectory(t), 'state.db') },
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

interface Parts {
  readonly clock: ScrapingClock;
  readonly log: Log;
  readonly metrics: MetricsRegistry;
  readonly store: EmbeddedMetrics;
}

interface RuleParts extends Parts {
  readonly query: PromQuery;
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
    externalUrl: '',
  });
  await parts.alerts.start();
  await manager.apply(groups, { evaluationIntervalMs: INTERVAL_MS, queryOffsetMs: 0 });
  manager.start();
  return manager;
}

async function startScraping(parts: Parts, address: string): Promise<ScrapeManager> {
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

async function samplesOf(store: EmbeddedMetrics, metric: string): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  const matchers = [createMatcher(METRIC_NAME, '=', metric)];
  for await (const batch of store.reader.select(matchers, { fromMs: -Infinity, untilMs: Infinity }, NEVER))
    for (const { timestampsMs, values } of batch)
      for (const [i, timestampMs] of timestampsMs.entries()) samples.push([timestampMs, values[i] ?? NaN]);
  return samples;
}
