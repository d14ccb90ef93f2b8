import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ExecutionError,
  isValidAt,
  labelsOf,
  MemoryMetrics,
  VirtualClock,
  type DownsampledRead,
  type MetricsReader,
  type QueryResult,
} from '@vedette/model';
import { createPromqlEngine, type PromqlRequestOptions } from './engine.ts';

const MINUTE_MS = 60_000;
const BORDER_MS = 60 * MINUTE_MS;
const SIGNAL = new AbortController().signal;

interface Asked {
  readonly fromMs: number;
  readonly read: DownsampledRead | undefined;
}

/**
 * A reader that claims buckets of five minutes up to minute 60: it says how it was asked, and answers with the same
 * samples whichever view was asked for, one a minute, which rise by 1.
 */
function claiming(): { reader: MetricsReader; asked: Asked[] } {
  const memory = new MemoryMetrics();
  for (let minute = 1; minute <= 120; minute++)
    memory.add(labelsOf({ __name__: 'x' }), minute * MINUTE_MS, minute);
  const asked: Asked[] = [];
  const reader: MetricsReader = {
    select: (matchers, range, signal, read) => {
      asked.push({ fromMs: range.fromMs, read });
      return memory.select(matchers, range, signal);
    },
    resolutionOf: ({ fromMs }, coarsestMs) => {
      if (fromMs <= BORDER_MS) return { resolutionMs: 5 * MINUTE_MS, rawAfterMs: BORDER_MS };
      return coarsestMs >= 5 * MINUTE_MS
        ? { resolutionMs: 5 * MINUTE_MS, rawAfterMs: 110 * MINUTE_MS }
        : undefined;
    },
    series: (request) => memory.series(request),
    labelNames: (request) => memory.labelNames(request),
    labelValues: (name, request) => memory.labelValues(name, request),
    metadata: () => [],
    exemplars: async () => [],
  };
  return { reader, asked };
}

async function ask(
  expr: string,
  atMinute: number,
  options?: PromqlRequestOptions,
): Promise<{ result: QueryResult; value: number | undefined; asked: Asked[] }> {
  const { reader, asked } = claiming();
  const clock = new VirtualClock({ startMs: 0 });
  const slicer = { shouldYield: () => false, yield: () => Promise.resolve() };
  const engine = createPromqlEngine({ reader, slicer, clock });
  const result = await engine.instant({ expr, atMs: atMinute * MINUTE_MS, options }, SIGNAL);
  const [series] = result.kind === 'series' ? result.series : [];
  const value = series !== undefined && isValidAt(series.validity, 0) ? series.values[0] : undefined;
  return { result, value, asked };
}

test('each function asks for the view that answers it', async () => {
  const views = {
    avg_over_time: 'sum-and-count',
    count_over_time: 'sum-and-count',
    sum_over_time: 'sum',
    min_over_time: 'min',
    max_over_time: 'max',
    last_over_time: 'last',
    first_over_time: 'counter',
    present_over_time: 'last',
    absent_over_time: 'last',
    rate: 'counter',
    increase: 'counter',
    delta: 'counter',
  };
  for (const [name, view] of Object.entries(views)) {
    const { asked, result } = await ask(`${name}(x[30m])`, 40);
    assert.deepEqual(
      asked.map(({ read }) => read),
      [{ view, coarsestMs: 0 }],
      name,
    );
    assert.equal(
      result.annotations.infos.some((text) => text.includes('widened')),
      false,
      name,
    );
  }
  const { asked } = await ask('x', 40);
  assert.deepEqual(asked[0]?.read, { view: 'last', coarsestMs: 0 });
});

test('functions that need the samples fail, and say why and what to do', async () => {
  for (const expr of [
    'quantile_over_time(0.9, x[30m])',
    'stddev_over_time(x[30m])',
    'stdvar_over_time(x[30m])',
    'changes(x[30m])',
    'resets(x[30m])',
    'deriv(x[30m])',
    'predict_linear(x[30m], 60)',
    'irate(x[30m])',
    'idelta(x[30m])',
    'x[30m]',
  ]) {
    await assert.rejects(ask(expr, 70), (error: unknown) => {
      assert.ok(error instanceof ExecutionError, expr);
      assert.equal(error.code, 'VED_QUERY_DOWNSAMPLED');
      const name = /^\w+(?=\()/.exec(expr)?.[0] ?? 'a range of samples';
      assert.equal(
        error.message,
        `cannot evaluate ${name} over "x": samples up to 1970-01-01T01:00:00.000Z are downsampled to 5m, which does not tell; ` +
          'ask for later times only, or for a function that downsampled samples answer, or raise storage.metrics.retention for what is to come',
      );
      return true;
    });
    const { asked } = await ask(expr, 91);
    assert.equal(asked[0]?.read, undefined, `${expr} over samples`);
  }
});

test('a window shorter than two buckets is widened to two, with a remark; what grows with it is scaled back', async () => {
  const rate = await ask('rate(x[2m])', 40);
  assert.equal(rate.asked[0]?.fromMs, 30 * MINUTE_MS + 1);
  assert.deepEqual(rate.result.annotations.infos, [
    'PromQL info: the range of 2m at "x" is widened to 10m: samples up to 1970-01-01T01:00:00.000Z are downsampled to 5m (1:6)',
    'PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "x" (1:6)',
  ]);
  assert.equal(rate.value, 1 / 60);
  const increase = await ask('increase(x[2m])', 40);
  assert.equal(increase.value, 2);
  assert.match(increase.result.annotations.infos[0] ?? '', /; the result is scaled back to the range/);
  assert.equal((await ask('delta(x[2m])', 40)).value, 2);
  assert.equal((await ask('count_over_time(x[2m])', 40)).value, 2);
  assert.equal((await ask('sum_over_time(x[2m])', 40)).value, (31 + 40) * 5 * 0.2);
  assert.equal((await ask('max_over_time(x[2m])', 40)).value, 40);
  assert.equal((await ask('min_over_time(x[2m])', 40)).value, 31);
  const lookback = await ask('x', 40);
  assert.match(lookback.result.annotations.infos[0] ?? '', /the lookback of 5m at "x" is widened to 10m/);
  assert.equal(lookback.asked[0]?.fromMs, 30 * MINUTE_MS + 1);
  const exact = await ask('rate(x[10m])', 40);
  assert.equal(exact.result.annotations.infos.length, 1, 'two buckets are enough');
});

test('subqueries look at the buckets through their own selectors', async () => {
  const { asked, value } = await ask('max_over_time(x[30m:5m])', 40);
  assert.deepEqual(asked[0]?.read, { view: 'last', coarsestMs: 0 });
  assert.equal(value, 40);
});

test('buckets are used in the place of samples only when asked for, and not where they cannot answer', async () => {
  const coarsestMs = 5 * MINUTE_MS;
  assert.equal((await ask('rate(x[20m])', 100)).asked[0]?.read, undefined);
  assert.deepEqual((await ask('rate(x[20m])', 100, { coarsestMs })).asked[0]?.read, {
    view: 'counter',
    coarsestMs,
  });
  assert.equal((await ask('changes(x[20m])', 100, { coarsestMs })).value, 19);
});

test('who asks for samples alone gets them, whatever else there is', async () => {
  const { asked, value, result } = await ask('changes(x[2m])', 40, { isRawOnly: true });
  assert.equal(asked[0]?.read, undefined);
  assert.equal(value, 1);
  assert.deepEqual(result.annotations.infos, []);
});
