import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  createMatcher,
  formatLabels,
  labelsOf,
  labelValueOf,
  seriesKeyOf,
  type Exemplar,
  type Labels,
} from '@vedette/model';
import { eagerSlicer } from '../testing.ts';
import { compareExemplars, ExemplarBuffer } from './exemplar-buffer.ts';

const EVER = { fromMs: -Infinity, untilMs: Infinity };
const ALL = [[createMatcher('__name__', '!=', '')]];
const options = { slicer: eagerSlicer, signal: new AbortController().signal };

const keyOf = (name: string): Uint8Array => seriesKeyOf(labelsOf({ __name__: name }));
const exemplar = (timestampMs: number, value = 0, trace = 't'): Exemplar => ({
  labels: labelsOf({ trace_id: trace }),
  value,
  timestampMs,
});

async function read(buffer: ExemplarBuffer, range = EVER, sets = ALL): Promise<Record<string, number[]>> {
  const found = await buffer.select(sets, range, options);
  return Object.fromEntries(
    found.map(({ labels, exemplars }) => [formatLabels(labels), exemplars.map((one) => one.timestampMs)]),
  );
}

test('a repeated newest one is known, an older or lesser one refused, an equal moment may have several', () => {
  const buffer = new ExemplarBuffer(10);
  const check = (one: Exemplar, want: string): void => assert.equal(buffer.add(keyOf('x'), one), want);
  check(exemplar(5, 1), 'stored');
  check(exemplar(5, 1), 'known');
  check(exemplar(4, 9), 'refused');
  check(exemplar(5, 0), 'refused');
  check(exemplar(5, 1, 's'), 'refused');
  check(exemplar(5, 1, 'u'), 'stored');
  check(exemplar(5, 2), 'stored');
  check(exemplar(5, NaN), 'stored');
  check(exemplar(5, NaN), 'known');
  check(exemplar(5, 3), 'refused');
  check(exemplar(6, -1), 'stored');
  assert.equal(buffer.add(keyOf('y'), exemplar(1)), 'stored');
  assert.equal(buffer.count, 6);
});

test('the order of exemplars is a total one', () => {
  const some = fc.record({
    timestampMs: fc.nat(2),
    value: fc.constantFrom(-1, 0, 1, NaN, Infinity),
    trace: fc.constantFrom('a', 'b'),
  });
  const make = (of: { timestampMs: number; value: number; trace: string }): Exemplar =>
    exemplar(of.timestampMs, of.value, of.trace);
  fc.assert(
    fc.property(some, some, some, (a, b, c) => {
      const order = (x: typeof a, y: typeof a): number => Math.sign(compareExemplars(make(x), make(y)));
      assert.equal(order(a, b), 0 - order(b, a));
      if (order(a, b) <= 0 && order(b, c) <= 0) assert.ok(order(a, c) <= 0);
    }),
  );
});

test('both ends of the range are included, sets are alternatives, series come sorted', async () => {
  const buffer = new ExemplarBuffer(10);
  for (const name of ['b', 'a', 'c']) for (const at of [1, 2, 3]) buffer.add(keyOf(name), exemplar(at));
  buffer.commit();
  const sets = ['a', 'b', 'a'].map((name) => [createMatcher('__name__', '=', name)]);
  assert.deepEqual(Object.entries(await read(buffer, { fromMs: 2, untilMs: 3 }, sets)), [
    ['a', [2, 3]],
    ['b', [2, 3]],
  ]);
  assert.deepEqual(await read(buffer, { fromMs: 4, untilMs: 9 }), {});
  assert.deepEqual(await read(buffer, EVER, []), {});
});

test('what is not committed is not seen, nor what comes while a query runs', async () => {
  const buffer = new ExemplarBuffer(10);
  buffer.add(keyOf('a'), exemplar(1));
  assert.deepEqual(await read(buffer), {});
  buffer.commit();
  buffer.add(keyOf('a'), exemplar(2));
  const reading = read(buffer);
  buffer.add(keyOf('b'), exemplar(2));
  buffer.commit();
  assert.deepEqual(await reading, { a: [1] });
  assert.deepEqual(await read(buffer), { a: [1, 2], b: [2] });
});

test('a buffer without places takes nothing', () => {
  const buffer = new ExemplarBuffer(0);
  assert.equal(buffer.isOff, true);
  assert.equal(buffer.add(keyOf('a'), exemplar(1)), 'off');
  assert.equal(buffer.count, 0);
});

test('at any capacity the newest of all series are there, and written again they give the same buffer', async () => {
  const step = fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.nat(9));
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 7 }),
      fc.array(step, { maxLength: 40 }),
      async (capacity, steps) => {
        const buffer = new ExemplarBuffer(capacity);
        let want: { name: string; timestampMs: number }[] = [];
        for (const [name, timestampMs] of steps) {
          const newest = want.findLast((one) => one.name === name)?.timestampMs ?? -1;
          const outcome = buffer.add(keyOf(name), exemplar(timestampMs));
          assert.equal(
            outcome,
            timestampMs > newest ? 'stored' : timestampMs === newest ? 'known' : 'refused',
          );
          if (outcome === 'stored') want = [...want, { name, timestampMs }].slice(-capacity);
        }
        buffer.commit();
        const expected: Record<string, number[]> = {};
        for (const { name, timestampMs } of want) (expected[name] ??= []).push(timestampMs);
        assert.deepEqual(await read(buffer), expected);
        const again = new ExemplarBuffer(capacity);
        // Twice: a log may hold them twice.
        for (let round = 0; round < 2; round++)
          for (const { key, exemplar: one } of buffer.all()) again.add(key, one);
        again.commit();
        assert.deepEqual([...again.all()], [...buffer.all()]);
        assert.deepEqual(await read(again), expected);
      },
    ),
  );
});

test('what is removed is gone for good, the rest stays in its order, and the total goes on', async () => {
  // Full and gone round: the oldest place is not the first one.
  const buffer = new ExemplarBuffer(4);
  for (const [name, at] of [
    ['a', 1],
    ['b', 2],
    ['a', 3],
    ['b', 4],
    ['a', 5],
  ] as const)
    buffer.add(keyOf(name), exemplar(at, 0, `t${at}`));
  buffer.commit();
  assert.equal(
    buffer.remove(() => false),
    0,
  );
  const isGone = (series: Labels, { labels }: Exemplar): boolean =>
    formatLabels(series) === 'b' && labelValueOf(labels, 'trace_id') !== 't4';
  assert.equal(buffer.remove(isGone), 1);
  assert.deepEqual(await read(buffer), { a: [3, 5], b: [4] });
  assert.deepEqual([buffer.count, buffer.storedTotal], [3, 5]);
  buffer.add(keyOf('b'), exemplar(6));
  assert.deepEqual(await read(buffer), { a: [3, 5], b: [4] });
  buffer.add(keyOf('b'), exemplar(7));
  buffer.commit();
  assert.deepEqual(await read(buffer), { a: [5], b: [4, 6, 7] });
  assert.equal(
    buffer.remove(() => true),
    4,
  );
  assert.deepEqual([await read(buffer), buffer.count, buffer.storedTotal], [{}, 0, 7]);
});
