import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatLabels, isValidAt, labelsOf, type MemoryMetrics, type QueryResult } from '@vedette/model';
import { histogramOf, run } from '../test-support/histograms.ts';
import { engineOver, NEVER, storageOf } from '../test-support/storage.ts';

const NATIVE = histogramOf({ count: 4, sum: 6, positive: run(1, 4) });
const NAN = { ...NATIVE, count: 5, sum: NaN };

/** Classic buckets at minutes 0 and 1, a native histogram of the same name and labels at 1 and 2. */
function mixed(): MemoryMetrics {
  const storage = storageOf(
    60_000,
    [{ __name__: 'h', le: '2' }, [2, 2]],
    [{ __name__: 'h', le: '+Inf' }, [4, 4]],
  );
  for (const minute of [1, 2]) storage.addHistogram(labelsOf({ __name__: 'h' }), minute * 60_000, NATIVE);
  for (const { le } of [{ le: '2' }, { le: '+Inf' }])
    storage.addStaleMarker(labelsOf({ __name__: 'h', le }), 120_000);
  return storage;
}

async function evaluate(
  storage: MemoryMetrics,
  expr: string,
  isNameRemovalDelayed: boolean,
): Promise<QueryResult> {
  const engine = engineOver(storage, { isNameRemovalDelayed });
  return engine.range({ expr, startMs: 0, endMs: 120_000, stepMs: 60_000 }, NEVER);
}

function linesOf(result: QueryResult): string[] {
  assert.ok(result.kind === 'series');
  return result.series.map(
    ({ labels, values, validity }) =>
      `${formatLabels(labels)} ${[...values].map((value, step) => (isValidAt(validity, step) ? value : '_')).join(' ')}`,
  );
}

test('where classic and native buckets stand for one histogram there is no answer, but a warning', async () => {
  for (const isDelayed of [true, false]) {
    const result = await evaluate(mixed(), 'histogram_quantile(0.5, h)', isDelayed);
    assert.deepEqual(linesOf(result), ['{} 2 _ 1.4142135623730951']);
    assert.deepEqual(result.annotations, {
      warnings: [
        'PromQL warning: vector contains a mix of classic and native histograms for metric name "h" (1:25)',
      ],
      infos: [],
    });
  }
  assert.deepEqual(linesOf(await evaluate(mixed(), 'histogram_fraction(0, 2, h)', true)), ['{} 0.5 _ 1']);
});

test('NaN observations are remarked on, with the name where it is still known', async () => {
  const storage = storageOf(60_000);
  storage.addHistogram(labelsOf({ __name__: 'n' }), 0, NAN);
  const infosOf = async (expr: string, isDelayed: boolean): Promise<readonly string[]> =>
    (await evaluate(storage, expr, isDelayed)).annotations.infos;
  const check = async (expr: string, isDelayed: boolean, want: string): Promise<void> =>
    assert.deepEqual(await infosOf(expr, isDelayed), [`PromQL info: ${want}`]);
  const skewed = 'input to histogram_quantile has NaN observations, result is skewed higher';
  await check('histogram_quantile(0.5, n)', true, `${skewed} for metric name "n" (1:20)`);
  await check('histogram_quantile(0.5, n)', false, `${skewed} (1:20)`);
  await check('histogram_quantiles(n, "q", 0.5)', false, `${skewed} (1:21)`);
  await check(
    'histogram_quantile(0.9, n)',
    false,
    'input to histogram_quantile has NaN observations, result is NaN (1:20)',
  );
  await check(
    'histogram_fraction(0, 2, n)',
    false,
    'input to histogram_fraction has NaN observations, which are excluded from all fractions (1:20)',
  );
});

test('readings skip floats, step by step', async () => {
  const storage = storageOf(60_000, [{ __name__: 'r' }, [7, undefined, 9]]);
  storage.addHistogram(labelsOf({ __name__: 'r' }), 60_000, NATIVE);
  for (const [name, want] of [
    ['histogram_count', '4'],
    ['histogram_sum', '6'],
    ['histogram_avg', '1.5'],
  ])
    assert.deepEqual(linesOf(await evaluate(storage, `${name}(r)`, false)), [`{} _ ${want} _`]);
  assert.deepEqual(linesOf(await evaluate(storage, 'histogram_count(nothing)', false)), []);
});
