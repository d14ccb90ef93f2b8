import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PageReader } from './exposition-fixture.ts';
import { EXEMPLAR_COUNT_MAX } from './page-batch.ts';
import { CLASSIC_HISTOGRAMS, recordBatch, type RecordedBatch } from './scrape-fixture.ts';

const CONVERTING = { ...CLASSIC_HISTOGRAMS, isClassicConverted: true };

const read = async (reader: PageReader, lines: readonly string[]): Promise<RecordedBatch> =>
  recordBatch(await reader.read(`${lines.join('\n')}\n# EOF\n`, 'openmetrics'));

const startsOf = ({ samples }: RecordedBatch): unknown =>
  samples.filter(({ startMs }) => startMs !== undefined).map(({ series, startMs }) => [series, startMs]);

test('exemplars are handed on with their labels, value and time', async () => {
  const reader = new PageReader();
  const lines = [
    '# TYPE a counter',
    'a_total{x="y"} 1 2 # {trace_id="t\\"1",empty=""} 0.5 12.25',
    'a_total 2 3 # {} 7',
    '# TYPE h histogram',
    'h_bucket{le="1"} 3 # {trace_id="t2"} 0.25',
  ];
  const want = [
    'a_total{job="j", x="y"} {trace_id="t\\"1"} 0.5 12250',
    'a_total{job="j"} {} 7 3000',
    'h_bucket{job="j", le="1.0"} {trace_id="t2"} 0.25 1700000000000',
  ];
  // New, and known.
  assert.deepEqual((await read(reader, lines)).exemplars, want);
  assert.deepEqual((await read(reader, lines)).exemplars, want);
  // Of a sample that is not kept none is.
  assert.deepEqual((await read(reader, ['a_total 1', 'a_total 2 # {} 7'])).exemplars, []);
});

test('of more exemplars than a page may have the first ones are kept, the others counted', async () => {
  const reader = new PageReader({ sampleCountMax: EXEMPLAR_COUNT_MAX + 1 });
  const lines = Array.from({ length: EXEMPLAR_COUNT_MAX + 1 }, (_, i) => `a 1 ${i} # {} ${i}`);
  const { exemplars = [] } = await reader.read(`${lines.join('\n')}\n# EOF\n`, 'openmetrics');
  assert.equal(exemplars.length, EXEMPLAR_COUNT_MAX);
  assert.equal(exemplars.at(-1)?.value, EXEMPLAR_COUNT_MAX - 1);
  assert.equal(reader.counts?.surplusExemplarCount, 1);
});

test('_created is a series, and the start of the samples of its metric', async () => {
  const reader = new PageReader();
  const lines = [
    '# TYPE a counter',
    'a_total{x="1"} 1',
    'a_created{x="1"} 100.5',
    'a_total{x="2"} 1',
    'a_created{x="2"} 200',
    '# TYPE h histogram',
    'h_bucket{le="+Inf",x="1"} 1',
    'h_count{x="1"} 1',
    'h_sum{x="1"} 1',
    'h_created{x="1"} 300',
    '# TYPE s summary',
    's{quantile="0.5"} 1',
    's_count 1',
    's_created 400',
    '# TYPE g gauge',
    'g 1',
    'g_created 500',
  ];
  const want = [
    ['a_total{job="j", x="1"}', 100_500],
    ['a_total{job="j", x="2"}', 200_000],
    ['h_bucket{job="j", le="+Inf", x="1"}', 300_000],
    ['h_count{job="j", x="1"}', 300_000],
    ['h_sum{job="j", x="1"}', 300_000],
    ['s{job="j", quantile="0.5"}', 400_000],
    ['s_count{job="j"}', 400_000],
  ];
  for (let round = 0; round < 2; round++) {
    const batch = await read(reader, lines);
    assert.deepEqual(startsOf(batch), want);
    assert.equal(batch.samples.filter(({ series }) => series.includes('_created')).length, 5);
  }
  // A counter that starts anew, and one whose start is unknown, impossible or in the future.
  assert.deepEqual(startsOf(await read(reader, lines.slice(0, 2).concat('a_created{x="1"} 101'))), [
    ['a_total{job="j", x="1"}', 101_000],
  ]);
  for (const start of ['NaN', '-1', '0', '1e12', '1e300'])
    assert.deepEqual(startsOf(await read(reader, lines.slice(0, 2).concat(`a_created{x="1"} ${start}`))), []);
});

test('a start finds series that were known before it, and those that join later', async () => {
  const reader = new PageReader();
  const head = '# TYPE h histogram';
  await read(reader, [head, 'h_count 1', 'h_sum 1']);
  const lines = [head, 'h_count 1', 'h_sum 1', 'h_created 5'];
  assert.deepEqual(startsOf(await read(reader, lines)), [
    ['h_count{job="j"}', 5000],
    ['h_sum{job="j"}', 5000],
  ]);
  assert.deepEqual(startsOf(await read(reader, [...lines, 'h_bucket{le="1"} 1'])), [
    ['h_count{job="j"}', 5000],
    ['h_sum{job="j"}', 5000],
    ['h_bucket{job="j", le="1.0"}', 5000],
  ]);
});

test('classic histograms become native ones, alone or beside their series', async () => {
  const lines = [
    '# TYPE h histogram',
    'h_bucket{x="1",le="1"} 2 # {trace_id="t"} 0.5 9',
    'h_bucket{x="1",le="+Inf"} 5 # {trace_id="untimed"} 0.5',
    'h_sum{x="1"} 7.5',
    'h_count{x="1"} 5',
    'h_created{x="1"} 3',
    'h_bucket{x="2",le="+Inf"} 1',
    '# TYPE other gauge',
    'h_count 1',
  ];
  const reader = new PageReader({ histograms: CONVERTING });
  for (let round = 0; round < 2; round++) {
    const { samples, exemplars } = await read(reader, lines);
    assert.deepEqual(
      samples.map(({ series, startMs, value }) => [
        series,
        startMs,
        typeof value === 'object' ? value.count : value,
      ]),
      [
        ['h{job="j", x="1"}', 3000, 5],
        ['h_created{job="j", x="1"}', undefined, 3],
        ['h{job="j", x="2"}', undefined, 1],
        ['h_count{job="j"}', undefined, 1],
      ],
    );
    assert.deepEqual(exemplars, ['h{job="j", x="1"} {trace_id="t"} 0.5 9000']);
    assert.deepEqual(
      [reader.counts?.scrapedCount, reader.counts?.keptCount, reader.counts?.addedCount],
      [4, 4, round === 0 ? 4 : 0],
    );
  }
  const keeping = new PageReader({ histograms: { ...CONVERTING, isClassicAlwaysKept: true } });
  assert.deepEqual(
    (await read(keeping, lines.slice(0, 5))).samples.map(({ series }) => series),
    [
      'h_bucket{job="j", le="1.0", x="1"}',
      'h_bucket{job="j", le="+Inf", x="1"}',
      'h_sum{job="j", x="1"}',
      'h_count{job="j", x="1"}',
      'h{job="j", x="1"}',
    ],
  );
});

test('a histogram whose parts do not fit is counted and left out', async () => {
  const reader = new PageReader({ histograms: CONVERTING });
  const { samples } = await read(reader, ['# TYPE h histogram', 'h_bucket{le="+Inf"} 4', 'h_count 5', 'a 1']);
  assert.deepEqual(
    samples.map(({ series }) => series),
    ['a{job="j"}'],
  );
  assert.equal(reader.counts?.unconvertedCount, 1);
});

test('a compacted cache knows the roles of its lines', async () => {
  const reader = new PageReader({ histograms: CONVERTING });
  const lines = [
    '# TYPE h histogram',
    'h_bucket{le="1"} 2',
    'h_count 5',
    'h_created 3',
    '# TYPE c counter',
    'c_total 1',
    'c_created 4',
  ];
  const junk = Array.from({ length: 20 }, (_, i) => `junk_${i} 1`);
  await read(reader, [...junk, ...lines]);
  const want = await read(reader, lines);
  const slicer = { shouldYield: () => false, yield: () => Promise.resolve() };
  const compacted = await reader.cache.compacted(slicer);
  const again = new PageReader({ histograms: CONVERTING }, compacted);
  assert.ok(compacted.lineCount < reader.cache.lineCount);
  assert.deepEqual(
    (await read(again, lines)).samples,
    want.samples.filter(({ value }) => value !== 'stale'),
  );
});
