/**
 * Random samples, in time, late and as backfill, deletions, imports and flushes, and between them range queries that
 * slide: with the result cache the text of every answer must be the one without it.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  createMatcher,
  ExpectedError,
  labelsOf,
  MemoryFiles,
  SampleBatchBuilder,
  SeededRandom,
  VirtualClock,
  type NativeHistogram,
  type SeriesSamples,
  type Slicer,
} from '@vedette/model';
import { createMetricsRegistry, type MetricsRegistry } from '@vedette/sdk';
import { queryConfigSchema } from '../../query/metrics/config.ts';
import { createEmbeddedPromQuery } from '../../query/metrics/embedded.ts';
import type { PromQuery, RangeRequest } from '../../query/metrics/port.ts';
import { openEmbeddedMetrics, type EmbeddedMetrics } from '../../store/metrics/embedded.ts';
import { SILENT_LOG } from '../../telemetry/log.ts';
import { resultJson } from './result-json.ts';

const START_MS = Date.UTC(2026, 0, 2);
const NEVER = new AbortController().signal;
const eager: Slicer = { shouldYield: () => true, yield: () => Promise.resolve() };

/** Of every kind: kept, kept with remarks, not kept. */
const EXPRESSIONS = [
  'x_total',
  'rate(x_total[5m])',
  'rate(g[5m])',
  'increase(g[2m]) > 1',
  'sum by (a) (rate(x_total[1m]))',
  'topk(2, sum by (b) (rate(x_total[5m])))',
  'sum(sum without (a) (g)) / count(g)',
  'bottomk(1, max by (a) (g)) or vector(3)',
  'g > 0.5 unless x_total > 3',
  'sum(g) - sum(g offset 10m)',
  'max_over_time(rate(x_total[2m])[10m:30s])',
  'quantile(0.7, g)',
  'stddev by (b) (g)',
  'limitk(2, g)',
  'abs(g - 0.5) * on (a, b) x_total',
  'avg(-{__name__=~"g|x_total"})',
  'histogram_quantile(0.9, h)',
  'sum(rate(h[5m]))',
  'quantile(1.5, g)',
  'absent(g{a="0"})',
  'time() - timestamp(g)',
  'avg_over_time(g[5m])',
  'x_total @ end()',
  'g offset -2m',
  'last_over_time(g[7m])',
  'changes(g[5m]) + resets(g[5m])',
  'label_replace(g, "c", "$1", "a", "(.*)")',
  'sum(',
];

class World {
  readonly #random: SeededRandom;
  readonly #clock = new VirtualClock({ startMs: START_MS });
  readonly #registry = createMetricsRegistry();
  readonly #store: EmbeddedMetrics;
  readonly #cached: PromQuery;
  readonly #plain: PromQuery;
  #asked: RangeRequest[] = [];

  private constructor(
    random: SeededRandom,
    parts: { clock: VirtualClock; store: EmbeddedMetrics; registry: MetricsRegistry; cacheBytes: number },
  ) {
    this.#random = random;
    this.#clock = parts.clock;
    this.#registry = parts.registry;
    this.#store = parts.store;
    const open = (registry: MetricsRegistry, cacheBytes: number): PromQuery => {
      const config = queryConfigSchema.parse({
        features: ['promql-experimental-functions'],
        cache_bytes_max: `${cacheBytes}B`,
      });
      const { clock, store } = parts;
      return createEmbeddedPromQuery({ reader: store.reader, slicer: eager, clock, registry }, config);
    };
    this.#cached = open(parts.registry, parts.cacheBytes);
    this.#plain = open(createMetricsRegistry(), 0);
  }

  static async open(seed: number): Promise<World> {
    const random = new SeededRandom(seed);
    const clock = new VirtualClock({ startMs: START_MS });
    const files = new MemoryFiles(new SeededRandom(seed));
    const store = await openEmbeddedMetrics(
      { files, clock, random, slicer: eager, log: SILENT_LOG, metrics: createMetricsRegistry() },
      {
        directory: 'data',
        retentionMs: 30 * 86_400_000,
        outOfOrderWindowMs: random.float() < 0.5 ? 0 : 1_200_000,
        seriesMax: 1000,
        headBytesMax: 2 ** 24,
        cacheBytesMax: 2 ** 20,
        exemplarsMax: 0,
      },
    );
    const cacheBytes = random.float() < 0.3 ? 20_000 : 2 ** 20;
    return new World(random, { clock, store, registry: createMetricsRegistry(), cacheBytes });
  }

  async play(): Promise<ReadonlyMap<string, number>> {
    for (let i = 0; i < 60; i++) await this.#scrape();
    for (let step = 0; step < 150; step++) await this.#act();
    await this.#store.close();
    const family = this.#registry.collect().find(({ name }) => name === 'vedette_query_cache_requests_total');
    return new Map(family?.samples.map(({ labels, value }) => [labels[1] ?? '', value]));
  }

  async #act(): Promise<void> {
    const what = this.#random.float();
    if (what < 0.3) await this.#scrape();
    else if (what < 0.33) await this.#append(this.#pastMs());
    else if (what < 0.34) await this.#delete();
    else if (what < 0.35) await this.#import();
    else if (what < 0.37) this.#clock.jumpWallClock((this.#random.float() - 0.3) * 100_000);
    else if (what < 0.4) {
      // What comes while a query is under way.
      const asking = this.#compare();
      await (this.#random.float() < 0.5 ? this.#append(this.#pastMs()) : this.#scrape());
      await asking;
    } else await this.#compare();
  }

  #pastMs(): number {
    return Math.floor(this.#clock.nowMs() - this.#random.float() ** 2 * 3_600_000);
  }

  async #scrape(): Promise<void> {
    this.#clock.jumpWallClock(15_000);
    if (this.#random.float() < 0.2) this.#clock.jumpWallClock(this.#random.float() * 400_000);
    await this.#append(Math.floor(this.#clock.nowMs()));
    if (this.#random.float() < 0.02) await this.#clock.advance(7_300_000);
  }

  /** One sample of most series; a new one now and then, which may begin in the past. */
  async #append(timestampMs: number): Promise<void> {
    const batch = new SampleBatchBuilder();
    const seriesCount = this.#random.float() < 0.05 ? 14 : 9;
    for (let i = 0; i < seriesCount; i++) {
      if (this.#random.float() < 0.15) continue;
      const labels = { a: String((i * 7) % 4), b: String(i % 3), ...(i > 8 && { n: String(timestampMs) }) };
      batch.openSeries(labelsOf({ __name__: i % 2 === 0 ? 'g' : 'x_total', ...labels }));
      if (this.#random.float() < 0.03) batch.addStaleMarker(timestampMs);
      else batch.addSample(timestampMs, this.#valueOf(i, timestampMs));
    }
    if (this.#random.float() < 0.8) {
      batch.openSeries(labelsOf({ __name__: 'h' }));
      batch.addHistogram(timestampMs, histogramOf(Math.floor(timestampMs / 1000)));
    }
    await this.#store.writer.append(batch.finish());
  }

  #valueOf(i: number, timestampMs: number): number {
    if (i % 2 === 1) return Math.floor((timestampMs - START_MS) / 1000) % (i * 500);
    const kind = this.#random.float();
    if (kind < 0.1) return -0;
    if (kind < 0.12) return NaN;
    return kind < 0.5 ? Math.floor(this.#random.float() * 3) : this.#random.float() * 10 ** (i - 3);
  }

  async #delete(): Promise<void> {
    const fromMs = this.#pastMs();
    const untilMs = fromMs + this.#random.float() * 600_000;
    const matchers = [createMatcher('a', '=', String(Math.floor(this.#random.float() * 4)))];
    await this.#store.admin.deleteSeries([matchers], { fromMs, untilMs });
  }

  async #import(): Promise<void> {
    const timestampsMs = Float64Array.from({ length: 20 }, () => this.#pastMs()).sort();
    const distinct = timestampsMs.filter(
      (timestampMs, i) => i === 0 || timestampMs > (timestampsMs[i - 1] ?? 0),
    );
    const samples: SeriesSamples = {
      labels: labelsOf({ __name__: 'g', a: '9', b: String(Math.floor(this.#random.float() * 3)) }),
      timestampsMs: distinct,
      values: distinct.map(() => this.#random.float()),
      staleFlags: undefined,
      histograms: undefined,
    };
    await this.#store.importBlock(one([samples]), NEVER);
  }

  async #compare(): Promise<void> {
    const request = this.#nextRequest();
    const [cached, plain] = await this.#bothNow(request);
    assert.equal(cached, plain, JSON.stringify(request));
  }

  /** Both at the same moment: neither sees what the other does not. */
  async #bothNow(request: RangeRequest): Promise<readonly [string, string]> {
    for (;;) {
      const { samplesAppendedTotal } = this.#store.stats();
      const before = this.#store.reader.history?.().revision;
      const [cached, plain] = [await answerOf(this.#cached, request), await answerOf(this.#plain, request)];
      const isSame =
        before === this.#store.reader.history?.().revision &&
        samplesAppendedTotal === this.#store.stats().samplesAppendedTotal;
      if (isSame) return [cached, plain];
    }
  }

  /** Mostly one that was asked before, as a dashboard does: for the newest again, or moved, or longer. */
  #nextRequest(): RangeRequest {
    const nowMs = Math.floor(this.#clock.nowMs());
    const again = this.#asked[Math.floor(this.#random.float() * this.#asked.length)];
    if (again !== undefined && this.#random.float() < 0.85) {
      const { expr, stepMs } = again;
      const isNow = this.#random.float() < 0.7;
      const endMs = isNow ? Math.floor(nowMs / stepMs) * stepMs : again.endMs;
      const longerMs = this.#random.float() < 0.2 ? stepMs * Math.floor(this.#random.float() * 30 - 10) : 0;
      const startMs = Math.min(endMs, endMs - (again.endMs - again.startMs) - longerMs);
      return { expr, startMs, endMs, stepMs };
    }
    const stepMs = [15_000, 60_000, 61_001][Math.floor(this.#random.float() * 3)] ?? 15_000;
    const expr = EXPRESSIONS[Math.floor(this.#random.float() * EXPRESSIONS.length)] ?? '1';
    const endMs = Math.floor((nowMs - this.#random.float() ** 4 * 3_600_000) / stepMs) * stepMs;
    const request = { expr, startMs: endMs - stepMs * Math.floor(this.#random.float() * 120), endMs, stepMs };
    this.#asked = [...this.#asked.slice(-6), request];
    return request;
  }
}

async function* one<T>(item: T): AsyncGenerator<T> {
  yield item;
}

async function answerOf(query: PromQuery, request: RangeRequest): Promise<string> {
  try {
    const result = await query.range(request, NEVER);
    let text = '';
    for await (const piece of resultJson(result, { limit: undefined, stats: undefined, slicer: eager }))
      text += Buffer.from(piece).toString('latin1');
    return text;
  } catch (error) {
    if (error instanceof ExpectedError) return error.message;
    throw error;
  }
}

function histogramOf(count: number): NativeHistogram {
  const counts = Float64Array.from([count % 900, count % 700, 3]);
  return {
    schema: 0,
    count: counts.reduce((sum, one) => sum + one, 0),
    sum: count / 3,
    zeroThreshold: 0,
    zeroCount: 0,
    positive: { spans: [{ offset: 0, length: 3 }], counts },
    negative: { spans: [], counts: new Float64Array(0) },
    customBounds: new Float64Array(0),
    counterReset: 'unknown',
  };
}

// Half a second each; `VEDETTE_SEED` searches further.
const WORLDS = 3;

test('an answer through the result cache is, byte for byte, the one without it', async () => {
  const seed = Number(process.env['VEDETTE_SEED'] ?? 20_261_121);
  const total = new Map<string, number>();
  for (let world = 0; world < WORLDS; world++) {
    const outcomes = await (await World.open(seed + world)).play().catch((error: unknown) => {
      throw new Error(`seed ${seed + world} (set VEDETTE_SEED): ${String(error)}`, { cause: error });
    });
    for (const [outcome, count] of outcomes) total.set(outcome, (total.get(outcome) ?? 0) + count);
  }
  for (const outcome of ['hit', 'partial', 'miss', 'passed'])
    assert.ok((total.get(outcome) ?? 0) > 0, `${outcome}: ${total.get(outcome)}`);
});
