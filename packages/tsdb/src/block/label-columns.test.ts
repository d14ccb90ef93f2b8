import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareLabels, compareUtf8, labelsOf, SeededRandom, type Labels } from '@vedette/model';
import { eagerSlicer } from '../testing.ts';
import { BlockIndex } from './block-index.ts';
import { SECTION_PAIRS, SECTION_POSTINGS, SECTION_SERIES, SECTION_STRINGS } from './block-format.ts';
import { LabelColumns } from './label-columns.ts';

/** What a block says of the series, without chunks. */
async function indexOf(series: readonly Labels[]): Promise<BlockIndex> {
  const columns = new LabelColumns();
  for (const labels of series) columns.add(labels);
  assert.equal(columns.seriesCount, series.length);
  const sections = new Map<number, Uint8Array>();
  for await (const { kind, raw } of columns.sections(eagerSlicer)) sections.set(kind, raw);
  const section = (kind: number): Uint8Array => sections.get(kind)!;
  return new BlockIndex({
    strings: section(SECTION_STRINGS),
    pairs: section(SECTION_PAIRS),
    series: section(SECTION_SERIES),
    postings: section(SECTION_POSTINGS),
    chunks: new Uint8Array(8 + series.length * 4 + 4),
    groups: new Uint8Array(8),
  });
}

test('labels, pairs in their order and the series of each are those that were written', async () => {
  const random = new SeededRandom(4);
  const texts = Array.from({ length: 300 }, (_, i) => `${['a', 'é', 'zz', '\ud83d\ude00'][i % 4]}${i}`);
  const some = (from: number, count: number): string =>
    texts[from + Math.floor(random.float() * count)] ?? '';
  const series = Array.from({ length: 2000 }, (_, i) =>
    labelsOf({ id: String(i), [some(0, 8)]: some(0, 300), [some(4, 8)]: some(100, 50) }),
  ).sort(compareLabels);
  const index = await indexOf(series);
  assert.equal(index.idCount, series.length);
  const wanted = new Map<string, Map<string, number[]>>();
  for (const [id, labels] of series.entries()) {
    assert.deepEqual(index.labelsOf(id), labels);
    for (let i = 0; i < labels.length; i += 2) {
      const values = wanted.get(labels[i]!) ?? new Map<string, number[]>();
      wanted.set(labels[i]!, values);
      values.set(labels[i + 1]!, [...(values.get(labels[i + 1]!) ?? []), id]);
    }
  }
  assert.deepEqual(index.names(), [...wanted.keys()].sort(compareUtf8));
  for (const [name, values] of wanted) {
    const pairs = [...index.pairsOf(name)];
    assert.deepEqual(
      pairs.map((pair) => index.valueOf(pair)),
      [...values.keys()].sort(compareUtf8),
    );
    for (const pair of pairs)
      assert.deepEqual([...index.postingsOf(pair)], values.get(index.valueOf(pair)), name);
  }
});

test('a block without series has an index', async () => {
  const index = await indexOf([]);
  assert.deepEqual([index.idCount, index.names()], [0, []]);
});
