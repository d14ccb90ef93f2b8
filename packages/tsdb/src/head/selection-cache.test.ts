import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMatcher, formatLabels, MemoryFiles, NO_LABELS, SeededRandom } from '@vedette/model';
import { batchOf, openTestTsdb, START_MS } from '../testing.ts';
import { SelectionCache, type SortedSeries } from './selection-cache.ts';

const seriesOf = (count: number): SortedSeries => ({
  ids: new Uint32Array(count),
  labels: Array.from({ length: count }, () => NO_LABELS),
});

test('an entry says of which version it is, and the newest counts', () => {
  const cache = new SelectionCache();
  const [first, second] = [seriesOf(3), seriesOf(4)];
  cache.keep('a', 1, first);
  assert.deepEqual(cache.find('a'), { version: 1, series: first });
  assert.equal(cache.find('b'), undefined);
  cache.keep('a', 2, second);
  assert.deepEqual(cache.find('a'), { version: 2, series: second });
  cache.keep('a', 3, seriesOf(100_001));
  assert.equal(cache.find('a'), undefined, 'what grew beyond the limit is not there in its old form either');
});

test('what was used least recently makes room, and what is larger than the cache is not kept', () => {
  const cache = new SelectionCache();
  for (const key of ['a', 'b']) cache.keep(key, 1, seriesOf(50_000));
  assert.notEqual(cache.find('a'), undefined);
  cache.keep('c', 1, seriesOf(1));
  assert.deepEqual(
    ['a', 'b', 'c'].map((key) => cache.find(key) !== undefined),
    [true, false, true],
  );
  cache.keep('d', 1, seriesOf(100_001));
  assert.equal(cache.find('d'), undefined);
  cache.keep('e', 1, seriesOf(100_000));
  assert.deepEqual(
    ['a', 'c', 'e'].map((key) => cache.find(key) !== undefined),
    [false, false, true],
  );
});

test('selectors that find nothing are limited in number, too', () => {
  const cache = new SelectionCache();
  for (let i = 0; i <= 1000; i++) cache.keep(`${i}`, 1, seriesOf(0));
  assert.equal(cache.find('0'), undefined);
  assert.notEqual(cache.find('1'), undefined);
});

test('asked again, a selector sees series that came in between, in their place, and only what lies in the range', async () => {
  const tsdb = await openTestTsdb(new MemoryFiles(new SeededRandom(1)));
  const ask = async (fromMs: number): Promise<string[]> => {
    const found: string[] = [];
    const range = { fromMs, untilMs: START_MS };
    const matchers = [createMatcher('__name__', '=', 'x')];
    for await (const batch of tsdb.reader.select(matchers, range, new AbortController().signal))
      for (const { labels, values } of batch) found.push(`${formatLabels(labels)} ${values.join(' ')}`);
    return found;
  };
  const append = (a: string, ageMs: number, value: number): Promise<unknown> =>
    tsdb.writer.append(batchOf([{ __name__: 'x', a }, [START_MS - ageMs, value]]));
  await append('1', 5000, 1);
  await append('3', 4000, 3);
  assert.deepEqual(await ask(0), ['x{a="1"} 1', 'x{a="3"} 3']);
  assert.deepEqual(await ask(START_MS - 4500), ['x{a="3"} 3']);
  await append('2', 3000, 2);
  assert.deepEqual(await ask(0), ['x{a="1"} 1', 'x{a="2"} 2', 'x{a="3"} 3']);
  await append('3', 2000, 4);
  assert.deepEqual(await ask(0), ['x{a="1"} 1', 'x{a="2"} 2', 'x{a="3"} 3 4']);
  assert.deepEqual(await ask(START_MS - 3500), ['x{a="2"} 2', 'x{a="3"} 4']);
  await tsdb.close();
});
