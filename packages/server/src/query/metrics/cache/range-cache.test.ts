import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  createValidity,
  ExecutionError,
  labelsOf,
  setValidAt,
  TimeoutError,
  VirtualClock,
  type Annotations,
  type QueryResult,
  type Slicer,
  type StepGrid,
  type StoredHistory,
} from '@vedette/model';
import { parseExpr } from '@vedette/promql';
import { createMetricsRegistry } from '@vedette/sdk';
import { RangeCache, type Evaluation } from './range-cache.ts';

const slicer: Slicer = { shouldYield: () => true, yield: () => Promise.resolve() };
const REMARK: Annotations = { warnings: [], infos: ['PromQL info: x (1:1)'] };
const NO_REMARK: Annotations = { warnings: [], infos: [] };

/** A cache over series `{s="0"}…` whose value at a step is its time, and what was evaluated for it. */
class Desk {
  revision = 1;
  settledUntilMs = 1000;
  seriesCount = 1;
  isWholeOnly = false;
  annotationsOf: (grid: StepGrid) => Annotations = () => NO_REMARK;
  whileEvaluating: (grid: StepGrid) => void = () => undefined;
  evaluated: string[] = [];
  readonly #registry = createMetricsRegistry();
  readonly #cache: RangeCache;

  constructor(bytesMax = 100_000) {
    const clock = new VirtualClock({ startMs: 0 });
    const history = (): StoredHistory => ({ revision: this.revision, settledUntilMs: this.settledUntilMs });
    this.#cache = new RangeCache({ clock, slicer, registry: this.#registry, history }, bytesMax);
  }

  /** Asks, checks the values, and gives the evaluated stretches as `first-last`. */
  async ask(
    startMs: number,
    endMs: number,
    options: { expr?: string; stepMs?: number; lookbackMs?: number } = {},
  ): Promise<string> {
    const { expr = 'x', stepMs = 10, lookbackMs = 300_000 } = options;
    this.evaluated = [];
    const grid = { startMs, stepMs, count: Math.floor((endMs - startMs) / stepMs) + 1 };
    const request = { expr: parseExpr(expr), grid, lookbackMs };
    const result = await this.#cache.answer(request, (part) => this.#evaluate(part));
    assert.ok(result.kind === 'series');
    assert.equal(result.series.length, this.seriesCount);
    const want = Array.from({ length: grid.count }, (_, i) => startMs + i * stepMs);
    for (const { values } of result.series) assert.deepEqual([...values], want);
    return this.evaluated.join(' ');
  }

  metric(name: string, label?: string): number {
    const family = this.#registry.collect().find((one) => one.name === name);
    return family?.samples.find(({ labels }) => label === undefined || labels[1] === label)?.value ?? 0;
  }

  async #evaluate(grid: StepGrid): Promise<Evaluation> {
    const lastMs = grid.startMs + (grid.count - 1) * grid.stepMs;
    this.evaluated.push(`${grid.startMs}-${lastMs}`);
    this.whileEvaluating(grid);
    await Promise.resolve();
    const series = Array.from({ length: this.seriesCount }, (_, s) => {
      const validity = createValidity(grid.count);
      for (let i = 0; i < grid.count; i++) setValidAt(validity, i);
      const values = Float64Array.from({ length: grid.count }, (_value, i) => grid.startMs + i * grid.stepMs);
      return { labels: labelsOf({ s: String(s) }), values, validity };
    });
    const result: QueryResult = {
      kind: 'series',
      grid,
      series,
      annotations: this.annotationsOf(grid),
      stats: { samplesTotal: grid.count, samplesPeak: 1, seriesRead: 1 },
    };
    return { result, isWholeOnly: this.isWholeOnly };
  }
}

test('a window that slides evaluates what is new and what is not settled', async () => {
  const desk = new Desk();
  assert.equal(await desk.ask(500, 1100), '500-1100');
  assert.equal(await desk.ask(500, 1100), '1010-1100');
  desk.settledUntilMs = 1050;
  assert.equal(await desk.ask(550, 1150), '1010-1150');
  assert.equal(await desk.ask(550, 1150), '1060-1150');
  assert.equal(await desk.ask(600, 1000), '');
  for (const [outcome, count] of [
    ['hit', 1],
    ['partial', 3],
    ['miss', 1],
  ] as const)
    assert.equal(desk.metric('vedette_query_cache_requests_total', outcome), count, outcome);
});

test('a window that grows to both sides evaluates both ends', async () => {
  const desk = new Desk();
  await desk.ask(500, 900);
  assert.equal(await desk.ask(400, 1000), '400-490 910-1000');
  assert.equal(await desk.ask(400, 1000), '');
});

test('with less than half in common everything is evaluated, and kept instead', async () => {
  const desk = new Desk();
  await desk.ask(900, 1000);
  assert.equal(await desk.ask(0, 1000), '0-1000');
  assert.equal(await desk.ask(900, 1000), '');
  assert.equal(await desk.ask(0, 1000), '');
});

test('nothing behind the border is kept, and nothing of a window that lies there', async () => {
  const desk = new Desk();
  assert.equal(await desk.ask(1010, 1100), '1010-1100');
  assert.equal(await desk.ask(1010, 1100), '1010-1100');
  assert.equal(desk.metric('vedette_query_cache_requests_total', 'passed'), 2);
  assert.equal(desk.metric('vedette_query_cache_entries'), 0);
  await desk.ask(1000, 1100);
  assert.equal(desk.metric('vedette_query_cache_entries'), 1);
});

test('another step, phase, lookback or expression is another question; another spelling is not', async () => {
  const desk = new Desk();
  await desk.ask(500, 900);
  assert.equal(await desk.ask(500, 900, { stepMs: 20 }), '500-900');
  assert.equal(await desk.ask(501, 900), '501-891');
  assert.equal(await desk.ask(500, 900, { lookbackMs: 5 }), '500-900');
  assert.equal(await desk.ask(500, 900, { expr: 'y' }), '500-900');
  assert.equal(await desk.ask(500, 900, { expr: ' (x)' }), '500-900');
  assert.equal(await desk.ask(500, 900, { expr: ' x { } ' }), '');
});

test('another revision forgets everything, and one that comes under way costs a whole evaluation', async () => {
  const desk = new Desk();
  await desk.ask(500, 1100);
  desk.revision++;
  assert.equal(await desk.ask(500, 1100), '500-1100');
  assert.equal(desk.metric('vedette_query_cache_forgotten_total'), 1);
  desk.whileEvaluating = (grid) => {
    if (grid.startMs > 1000) desk.revision++;
  };
  assert.equal(await desk.ask(500, 1100), '1010-1100 500-1100');
  assert.equal(await desk.ask(500, 1000), '500-1000');
});

test('what has native histograms is not kept', async () => {
  const desk = new Desk();
  desk.isWholeOnly = true;
  assert.equal(await desk.ask(500, 900), '500-900');
  assert.equal(await desk.ask(500, 900), '500-900');
  desk.isWholeOnly = false;
  await desk.ask(500, 900);
  desk.isWholeOnly = true;
  assert.equal(await desk.ask(500, 1100), '910-1100 500-1100');
});

test('a remark stands when a part makes it again, and else the whole is asked', async () => {
  const desk = new Desk();
  desk.annotationsOf = () => REMARK;
  assert.equal(await desk.ask(500, 1100), '500-1100');
  assert.equal(await desk.ask(550, 1150), '1010-1150');
  assert.equal(await desk.ask(500, 1000), '500-1000');
  desk.annotationsOf = () => NO_REMARK;
  assert.equal(await desk.ask(500, 1100), '1010-1100 500-1100');
});

test('a part that fails is no answer, a deadline is one', async () => {
  const desk = new Desk();
  await desk.ask(500, 1000);
  desk.whileEvaluating = ({ startMs }) => {
    if (startMs > 1000) throw new ExecutionError('VED_QUERY_EXECUTION', 'part');
  };
  assert.equal(await desk.ask(500, 1100), '1010-1100 500-1100');
  desk.whileEvaluating = () => {
    throw new TimeoutError('VED_QUERY_TIMEOUT', 'late');
  };
  await assert.rejects(desk.ask(500, 1100), TimeoutError);
  assert.deepEqual(desk.evaluated, ['1010-1100']);
});

test('bytes are bounded: the answer not used for longest goes, one above a quarter is not kept', async () => {
  const desk = new Desk(5000);
  for (const expr of ['a', 'b', 'c', 'd', 'e', 'f', 'a', 'g']) await desk.ask(500, 900, { expr });
  assert.ok(desk.metric('vedette_query_cache_bytes') <= 5000);
  assert.ok(desk.metric('vedette_query_cache_evicted_total') > 0);
  assert.equal(await desk.ask(500, 900, { expr: 'a' }), '');
  assert.equal(await desk.ask(500, 900, { expr: 'b' }), '500-900');
  desk.seriesCount = 5;
  assert.equal(await desk.ask(500, 900, { expr: 'large' }), '500-900');
  assert.equal(await desk.ask(500, 900, { expr: 'large' }), '500-900');
});

test('no more steps are kept than the longest request wanted', async () => {
  const desk = new Desk();
  for (let endMs = 1000; endMs <= 50_000; endMs += 100) {
    desk.settledUntilMs = endMs;
    await desk.ask(endMs - 500, endMs);
  }
  const bytes = desk.metric('vedette_query_cache_bytes');
  assert.ok(bytes < 2000, `${bytes} bytes for 51 steps`);
});
