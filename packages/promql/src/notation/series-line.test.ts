import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InputError, labelsToRecord } from '@vedette/model';
import { parseSeriesLine } from './series-line.ts';

const valuesOf = (items: string): unknown[] =>
  parseSeriesLine(`a ${items}`).values.map((value) =>
    value.kind === 'float' ? value.value : value.kind === 'histogram' ? value.histogram.count : value.kind,
  );

test('items stand for samples, holes and markers', () => {
  const check = (items: string, want: unknown[]): void => assert.deepEqual(valuesOf(items), want);
  check('', []);
  check('1 2.5 -3e2', [1, 2.5, -300]);
  check('0x2', [0, 0, 0]);
  check('1+2x2 1-2x1', [1, 3, 5, 1, -1]);
  check('_ _x2 stale', ['omitted', 'omitted', 'omitted', 'stale']);
  check('Inf NaN 0xff', [Infinity, NaN, 255]);
  check('{{count:1}}+{{count:2}}x2', [1, 3, 5]);
});

test('labels may hold what ends them elsewhere', () => {
  const { labels } = parseSeriesLine('a{b="} 1", c="\\"x"} 7');
  assert.deepEqual(labelsToRecord(labels), { __name__: 'a', b: '} 1', c: '"x' });
  assert.deepEqual(labelsToRecord(parseSeriesLine('{} 1').labels), {});
});

test('a million repeats are read, one more is refused', () => {
  assert.equal(valuesOf('_x1000000').length, 1_000_000);
  for (const item of ['_x1000001', '0x1000001', '1+1x1000001', '{{count:1}}x1000001'])
    assert.throws(() => valuesOf(item), /repeats 1000001 times, limit is 1000000/);
});

test('what is no series is an input error', () => {
  for (const line of ['a{b="c" 1', 'a x', 'sum(a) 1', 'a {{counts:1}}', 'a {{count:1', 'a 1+x3'])
    assert.throws(() => parseSeriesLine(line), InputError, line);
});
