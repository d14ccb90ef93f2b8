import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatLabels, isValidAt, labelsOf, MemoryMetrics, type NativeHistogram } from '@vedette/model';
import { customOf, histogramOf, run } from '../test-support/histograms.ts';
import { engineOver, NEVER } from '../test-support/storage.ts';

function observed(count: number, parts: Partial<NativeHistogram> = {}): NativeHistogram {
  return histogramOf({ count, sum: count, positive: run(0, count), ...parts });
}

/** `a` and `b` are histograms, `f` is a float, `c` has custom buckets; `mix` is each of them once. */
function data(): MemoryMetrics {
  const storage = new MemoryMetrics();
  const kinds = { a: observed(6), b: observed(4), c: customOf([1], 2, 3), f: 2 };
  for (const [name, sample] of Object.entries(kinds))
    for (const labels of [labelsOf({ __name__: name }), labelsOf({ __name__: 'mix', kind: name })])
      if (typeof sample === 'number') storage.add(labels, 0, sample);
      else storage.addHistogram(labels, 0, sample);
  storage.addHistogram(labelsOf({ __name__: 'reset' }), 0, observed(1, { counterReset: 'reset' }));
  storage.addHistogram(labelsOf({ __name__: 'steady' }), 0, observed(1, { counterReset: 'not-reset' }));
  storage.addHistogram(labelsOf({ __name__: 'wide' }), 0, customOf([1, 5], 1, 1, 1));
  return storage;
}

const engine = engineOver(data());

async function check(
  expr: string,
  points: readonly string[],
  remarks: readonly string[] = [],
): Promise<void> {
  const { annotations, ...result } = await engine.instant({ expr, atMs: 0 }, NEVER);
  assert.ok(result.kind === 'series');
  const lines = result.series.map(({ labels, values, validity, histograms }) => {
    assert.ok(isValidAt(validity, 0));
    const histogram = histograms?.get(0);
    const point = histogram === undefined ? `${values[0]}` : `{${histogram.count} ${histogram.counterReset}}`;
    return `${formatLabels(labels)} ${point}`;
  });
  assert.deepEqual(lines, points, expr);
  assert.deepEqual([...annotations.warnings, ...annotations.infos], remarks, expr);
}

const kinds = (op: string, left: string, right: string): string =>
  `PromQL info: incompatible sample types encountered for binary operator "${op}": ${left} ${op} ${right} (1:1)`;

test('histograms are added, subtracted, multiplied and divided', async () => {
  await check('a + b', ['{} {10 unknown}']);
  await check('a - b', ['{} {2 gauge}']);
  await check('a * f', ['{} {12 unknown}']);
  await check('f * a', ['{} {12 unknown}']);
  await check('a / f', ['{} {3 unknown}']);
  await check('a * 3', ['{} {18 unknown}']);
  await check('3 * a', ['{} {18 unknown}']);
  await check('a / 2', ['{} {3 unknown}']);
  await check('-a', ['{} {-6 gauge}']);
});

test('what does not go together takes the point away and says so', async () => {
  for (const op of ['*', '/', '%', '^', 'atan2', '<', '>=', '> bool']) {
    const bare = op.replace(' bool', '');
    await check(`a ${op} b`, [], [kinds(bare, 'histogram', 'histogram')]);
  }
  for (const op of ['+', '-', '%', '==', '!= bool', '<']) {
    const bare = op.replace(' bool', '');
    await check(`a ${op} f`, [], [kinds(bare, 'histogram', 'float')]);
    await check(`a ${op} 2`, [], [kinds(bare, 'histogram', 'float')]);
    await check(`f ${op} a`, [], [kinds(bare, 'float', 'histogram')]);
    await check(`2 ${op} a`, [], [kinds(bare, 'float', 'histogram')]);
  }
  await check('2 / a', [], [kinds('/', 'float', 'histogram')]);
});

test('histograms are equal or not, and the left one stays', async () => {
  await check('a == a', ['a {6 unknown}']);
  await check('a == b', []);
  await check('a != b', ['a {6 unknown}']);
  await check('a == bool b', ['{} 0']);
  await check('a != bool b', ['{} 1']);
  await check(
    'mix == ignoring (kind) group_left a',
    ['mix{kind="a"} {6 unknown}'],
    [kinds('==', 'float', 'histogram')],
  );
  await check(
    'a == ignoring (kind) group_right mix',
    ['mix{kind="a"} {6 unknown}'],
    [kinds('==', 'histogram', 'float')],
  );
});

test('a point that could not be made cannot clash with another of the same labels', async () => {
  await check('mix{kind=~"a|f"} + on () f', ['{} 4'], [kinds('+', 'histogram', 'float')]);
});

test('exponential and custom buckets do not add up, differing bounds are reconciled', async () => {
  await check(
    'a + c',
    [],
    ['PromQL warning: incompatible bucket layout encountered for binary operator + (1:1)'],
  );
  await check(
    'c - wide',
    ['{} {2 gauge}'],
    ['PromQL info: mismatched custom buckets were reconciled during subtraction (1:1)'],
  );
  await check(
    'steady + reset',
    ['{} {2 unknown}'],
    ['PromQL warning: conflicting counter resets during histogram addition (1:1)'],
  );
});

test('aggregations add histograms, count them, or leave them out with a remark', async () => {
  await check('sum(mix{kind=~"a|b"})', ['{} {10 unknown}']);
  await check('avg(mix{kind=~"a|b"})', ['{} {5 unknown}']);
  await check('count(mix)', ['{} 4']);
  await check('group(mix{kind="a"})', ['{} 1']);
  const mixed = 'PromQL warning: encountered a mix of histograms and floats for aggregation';
  await check('sum(mix{kind=~"a|f"})', [], [`${mixed} (1:5)`]);
  await check('avg(mix{kind=~"a|f"})', [], [`${mixed} (1:5)`]);
  await check(
    'sum(mix{kind=~"a|c"})',
    [],
    [
      'PromQL warning: vector contains a mix of histograms with exponential and custom buckets schemas for metric name "mix" (1:5)',
    ],
  );
  const ignored = (op: string, column: number): string =>
    `PromQL info: ignored histogram in ${op} aggregation (1:${column})`;
  for (const op of ['min', 'max', 'stddev', 'stdvar'])
    await check(`${op}(mix)`, [op.startsWith('std') ? '{} 0' : '{} 2'], [ignored(op, op.length + 2)]);
  await check('quantile(0.5, mix)', ['{} 2'], [ignored('quantile', 15)]);
  await check('topk(2, mix)', ['mix{kind="f"} 2'], [ignored('topk', 1)]);
  await check('bottomk(2, mix)', ['mix{kind="f"} 2'], [ignored('bottomk', 1)]);
  await check('limitk(1, mix)', ['mix{kind="a"} {6 unknown}']);
  await check('min(mix{kind="a"})', [], [ignored('min', 5)]);
});

test('functions of floats leave histograms out, those of labels and times pass them', async () => {
  await check('sort(mix)', ['mix{kind="f"} 2']);
  await check('clamp_max(mix, 1)', ['{kind="f"} 1']);
  await check('timestamp(a)', ['{} 0']);
  await check('timestamp(a + b)', ['{} 0']);
  await check('vector(scalar(mix))', ['{} 2']);
  await check('absent(a)', []);
  await check('label_replace(a, "x", "y", "", "")', ['a{x="y"} {6 unknown}']);
  await check('sort_by_label(mix{kind=~"a|f"}, "kind")', ['mix{kind="a"} {6 unknown}', 'mix{kind="f"} 2']);
});
