import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  createRelabelRule,
  labelsOf,
  NO_NUMBER,
  seriesKeyOf,
  type RelabelOptions,
  type SampleBatch,
  type Slicer,
} from '@vedette/model';
import { PageIngest, type PageOptions } from './page-ingest.ts';
import { createSampleLabels } from './sample-labels.ts';
import { CLASSIC_HISTOGRAMS, recordBatch, type RecordedBatch } from './scrape-fixture.ts';
import { TargetCache } from './target-cache.ts';
import { TargetMetadata } from './target-metadata.ts';

const NOW_MS = 1_700_000_000_000;
const NEVER: Slicer = { shouldYield: () => false, yield: () => Promise.resolve() };

/** A target whose pages are given as text. */
class Pages {
  cache = new TargetCache();
  readonly metadata = new TargetMetadata();
  slicer = NEVER;
  readonly #keysByNumber = new WeakMap<object, Map<number, string>>();
  readonly #rules: readonly RelabelOptions[];
  counts: unknown;

  constructor(rules: readonly RelabelOptions[] = []) {
    this.#rules = rules;
  }

  async read(page: string | Uint8Array, options: Partial<PageOptions> = {}): Promise<RecordedBatch> {
    const ingest = new PageIngest({ slicer: this.slicer }, { cache: this.cache, metadata: this.metadata });
    try {
      await ingest.readPage(typeof page === 'string' ? Buffer.from(page) : page, {
        format: 'text',
        timestampMs: NOW_MS,
        honorTimestamps: true,
        trackTimestampsStaleness: false,
        sampleCountMax: 1000,
        histograms: CLASSIC_HISTOGRAMS,
        labels: createSampleLabels({
          targetLabels: labelsOf({ job: 'j' }),
          honorLabels: false,
          metricRelabelRules: this.#rules.map(createRelabelRule),
          limits: { labelCountMax: 10, nameBytesMax: 50, valueBytesMax: 50 },
          isLegacyNames: false,
        }),
        ...options,
      });
    } finally {
      this.counts = ingest.counts;
    }
    await ingest.addStaleMarkers(NOW_MS);
    const batch = ingest.finish();
    this.#assertNumbered(batch);
    this.counts = ingest.counts;
    this.cache.commit();
    this.metadata.commit();
    return recordBatch(batch);
  }

  /** A number stands for one key as long as its cache lives. */
  #assertNumbered({ seriesCount, keys, keyEnds, numbered }: SampleBatch): void {
    assert.equal(numbered?.numbers.length, seriesCount);
    const keysOfCache = this.#keysByNumber.get(numbered.places) ?? new Map<number, string>();
    this.#keysByNumber.set(numbered.places, keysOfCache);
    for (const [row, number] of numbered.numbers.entries()) {
      const key = Buffer.from(keys.subarray(keyEnds[row - 1] ?? 0, keyEnds[row])).toString();
      assert.equal(keysOfCache.get(number) ?? key, key);
      keysOfCache.set(number, key);
    }
  }

  async values(page: string | Uint8Array, options: Partial<PageOptions> = {}): Promise<unknown[]> {
    const { samples } = await this.read(page, options);
    return samples.map((s) => [s.series, s.value, ...(s.timestampMs === NOW_MS ? [] : [s.timestampMs])]);
  }
}

test('a known page is read like a new one', async () => {
  const pages = new Pages();
  const page = '# TYPE a gauge\na{x="1"} 1\na{x="2"} 2\nb 3\n';
  const want = [
    ['a{job="j", x="1"}', 1],
    ['a{job="j", x="2"}', 2],
    ['b{job="j"}', 3],
  ];
  assert.deepEqual(await pages.values(page), want);
  assert.deepEqual(await pages.values(page), want);
  assert.deepEqual(pages.counts, {
    scrapedCount: 3,
    keptCount: 3,
    addedCount: 0,
    duplicateCount: 0,
    unconvertedCount: 0,
    surplusExemplarCount: 0,
  });
});

test('lines that only begin like known ones are told apart', async () => {
  const pages = new Pages();
  await pages.values('a 1\n');
  assert.deepEqual(await pages.values('a{x="1"} 2\na 3\nab 4\n'), [
    ['a{job="j", x="1"}', 2],
    ['a{job="j"}', 3],
    ['ab{job="j"}', 4],
  ]);
  assert.deepEqual(await pages.values('a {x="1"} 5\na\t{x="2"} 6\na  7\nab 8\n'), [
    ['a{job="j", x="1"}', 5],
    ['a{job="j", x="2"}', 6],
    ['a{job="j"}', 7],
    ['ab{job="j"}', 8],
  ]);
  await assert.rejects(pages.values('a\n'), /expected value after metric/);
  await assert.rejects(pages.values('a{x="1"}'), /expected value after metric/);
});

test('a longer comment or type is not taken for the known one it begins with', async () => {
  const pages = new Pages();
  await pages.read('# TYPE h counter\nh{le="1"} 1\n');
  const { metadata } = await pages.read('# TYPE h counter\n# TYPE h histogram\nh{le="2"} 1\n');
  assert.deepEqual(metadata, [{ family: 'h', type: 'histogram', help: '', unit: '' }]);
  assert.deepEqual(await pages.values('# TYPE h histogram\nh{le="3"} 1\nh{le="2"} 1\nh{le="1"} 1\n'), [
    ['h{job="j", le="3.0"}', 1],
    ['h{job="j", le="2.0"}', 1],
    ['h{job="j", le="1.0"}', 1],
  ]);
});

test('a series that leaves the page gets one staleness marker', async () => {
  const pages = new Pages();
  await pages.read('a 1\nb 2\n');
  assert.deepEqual(await pages.values('a 1\n'), [
    ['a{job="j"}', 1],
    ['b{job="j"}', 'stale'],
  ]);
  assert.deepEqual(await pages.values('a 1\n'), [['a{job="j"}', 1]]);
  assert.deepEqual(await pages.values('b 3\na 1\n'), [
    ['b{job="j"}', 3],
    ['a{job="j"}', 1],
  ]);
});

test('series with timestamps of their own go without markers, unless that is asked for', async () => {
  const pages = new Pages();
  await pages.read('a 1 1000\n');
  assert.deepEqual(await pages.values(''), []);
  await pages.read('a 1 2000\n', { trackTimestampsStaleness: true });
  assert.deepEqual(await pages.values(''), [['a{job="j"}', 'stale']]);
  await pages.read('a 1 3000\n', { honorTimestamps: false });
  assert.deepEqual(await pages.values(''), [['a{job="j"}', 'stale']]);
});

test('a series that begins to carry timestamps is marked stale at the time of the scrape', async () => {
  const pages = new Pages();
  await pages.read('a 1\n');
  assert.deepEqual(await pages.values('a 2 1000\n'), [
    ['a{job="j"}', 2, 1000],
    ['a{job="j"}', 'stale'],
  ]);
});

test('of a series that stands twice without timestamps the first sample counts', async () => {
  const pages = new Pages();
  assert.deepEqual(await pages.values('a{x="1"} 1\na{x="1"} 2\na{x="1",} 3\n'), [['a{job="j", x="1"}', 1]]);
  assert.deepEqual(pages.counts, {
    scrapedCount: 3,
    keptCount: 3,
    addedCount: 1,
    duplicateCount: 2,
    unconvertedCount: 0,
    surplusExemplarCount: 0,
  });
});

test('several timestamps of one series are put in order, each once', async () => {
  const pages = new Pages();
  const page = 'a 3 3000\nb 9\na 1 1000\na 2 2000\na 4 2000\n';
  for (let round = 0; round < 2; round++)
    assert.deepEqual(await pages.values(page), [
      ['a{job="j"}', 1, 1000],
      ['a{job="j"}', 2, 2000],
      ['a{job="j"}', 3, 3000],
      ['b{job="j"}', 9],
    ]);
  assert.deepEqual(pages.counts, {
    scrapedCount: 5,
    keptCount: 5,
    addedCount: 0,
    duplicateCount: 1,
    unconvertedCount: 0,
    surplusExemplarCount: 0,
  });
});

test('dropped samples are counted as scraped, and cost no series', async () => {
  const pages = new Pages([{ sourceLabels: ['__name__'], regex: 'go_.*', action: 'drop' }]);
  for (const addedCount of [1, 0]) {
    assert.deepEqual(await pages.values('go_a 1\nb 2\ngo_c 3\n'), [['b{job="j"}', 2]]);
    assert.deepEqual(pages.counts, {
      scrapedCount: 3,
      keptCount: 1,
      addedCount,
      duplicateCount: 0,
      unconvertedCount: 0,
      surplusExemplarCount: 0,
    });
  }
  assert.equal(pages.cache.seriesCount, 1);
});

test('metadata is handed on when it is new or changed', async () => {
  const pages = new Pages();
  const page = '# HELP a Text.\n# TYPE a counter\na 1\n';
  const want = { family: 'a', type: 'counter', help: 'Text.', unit: '' };
  assert.deepEqual((await pages.read(page)).metadata, [want]);
  assert.deepEqual((await pages.read(page)).metadata, []);
  assert.deepEqual((await pages.read('# HELP a Other.\n# TYPE a counter\na 1\n')).metadata, [
    { ...want, help: 'Other.' },
  ]);
});

test('the sample limit holds at its number and fails above it, without remembering the surplus', async () => {
  const pages = new Pages();
  await pages.read('a 1\nb 2\nc 3\n', { sampleCountMax: 3 });
  const flood = Array.from({ length: 100 }, (_, i) => `s${i} 1\n`).join('');
  await assert.rejects(
    pages.read(flood, { sampleCountMax: 3 }),
    /^InputError: sample limit exceeded \(number of samples: 100, limit: 3\)$/,
  );
  assert.deepEqual(pages.counts, {
    scrapedCount: 100,
    keptCount: 100,
    addedCount: 3,
    duplicateCount: 0,
    unconvertedCount: 0,
    surplusExemplarCount: 0,
  });
  assert.equal(pages.cache.seriesCount, 6);
  await assert.rejects(
    pages.read('a 1\nb 2\nc 3\nd 4\n', { sampleCountMax: 3 }),
    /number of samples: 4, limit: 3/,
  );
});

test('a label that a page gives twice fails the page', async () => {
  await assert.rejects(new Pages().read('a{x="1",x="1"} 1\n'), /label name "x" is not unique/);
});

test("a report sample gives way to the page's own series of that name", async () => {
  const ingest = new PageIngest(
    { slicer: NEVER },
    { cache: new TargetCache(), metadata: new TargetMetadata() },
  );
  ingest.addReport(seriesKeyOf(labelsOf({ __name__: 'up' })), 5, 1);
  ingest.addReport(seriesKeyOf(labelsOf({ __name__: 'gone' })), 5, 'stale');
  const batch = ingest.finish();
  assert.deepEqual(recordBatch(batch).samples, [
    { series: 'up', timestampMs: 5, value: 1 },
    { series: 'gone', timestampMs: 5, value: 'stale' },
  ]);
  assert.deepEqual([...(batch.numbered?.numbers ?? [])], [NO_NUMBER, NO_NUMBER]);
  const cache = new TargetCache();
  const page = new PageIngest({ slicer: NEVER }, { cache, metadata: new TargetMetadata() });
  const key = seriesKeyOf(labelsOf({ __name__: 'up' }));
  cache.seeSeries(cache.addSeries(key), 0, true);
  page.addReport(key, 5, 1);
  assert.equal(page.finish().seriesCount, 0);
});

test('a batch that was not stored leaves the staleness of the target as it was', async () => {
  const pages = new Pages();
  await pages.read('a 1\n');
  const lost = new PageIngest({ slicer: NEVER }, { cache: pages.cache, metadata: pages.metadata });
  await lost.addStaleMarkers(NOW_MS);
  assert.equal(lost.finish().seriesCount, 1);
  assert.deepEqual(await pages.values('b 1\n'), [
    ['b{job="j"}', 1],
    ['a{job="j"}', 'stale'],
  ]);
});

test('a compacted cache reads and marks like the one it came from', async () => {
  const pages = new Pages();
  for (let i = 0; i < 40; i++) {
    const churn = Array.from({ length: 100 }, (_, j) => `churn_${i}_${j} 1\n`).join('');
    await pages.read(`# TYPE h histogram\n${churn}h{le="1"} 1\nlast 2\n`);
  }
  assert.ok(pages.cache.isWasteful());
  const { lineCount, seriesCount } = pages.cache;
  pages.cache = await pages.cache.compacted(NEVER);
  assert.ok(!pages.cache.isWasteful());
  assert.deepEqual(
    [lineCount, seriesCount, pages.cache.lineCount, pages.cache.seriesCount],
    [4003, 4002, 103, 102],
  );
  const batch = await pages.read('# TYPE h histogram\nh{le="1"} 1\nh{le="2"} 1\n');
  assert.deepEqual(pages.counts, {
    scrapedCount: 2,
    keptCount: 2,
    addedCount: 1,
    duplicateCount: 0,
    unconvertedCount: 0,
    surplusExemplarCount: 0,
  });
  assert.equal(batch.samples.filter(({ value }) => value === 'stale').length, 101);
});

test('a long page is read in slices', async () => {
  const pages = new Pages();
  let yieldCount = 0;
  let questionCount = 0;
  pages.slicer = {
    shouldYield: () => ++questionCount % 4 === 0,
    yield: () => {
      yieldCount++;
      return Promise.resolve();
    },
  };
  await pages.read(Array.from({ length: 960 }, (_, i) => `a{i="${i}"} 1\n`).join(''));
  assert.ok(yieldCount >= 7, `got ${yieldCount}`);
});

test('any sequence of pages is read with the cache as without it', async () => {
  const line = fc.constantFrom(
    'a 1',
    'a{x="1"} 2',
    'a {x="1"} 3',
    'a{x="1",} 4',
    'ab 5',
    'a  6',
    '{"a",x="2"} 7',
    'a{x="2"} 8 1000',
    '# TYPE a gauge',
    '# HELP a text',
    'a{quantile="1"} 9',
    'drop 1',
    '#',
  );
  const page = fc.array(line, { maxLength: 8 }).map((lines) => lines.map((text) => `${text}\n`).join(''));
  const rules = [{ sourceLabels: ['__name__'], regex: 'drop', action: 'drop' as const }];
  await fc.assert(
    fc.asyncProperty(fc.array(page, { maxLength: 6 }), async (sequence) => {
      const cached = new Pages(rules);
      let lastSeries: unknown[] = [];
      for (const text of sequence) {
        const got = (await cached.values(text)) as [string, unknown][];
        const present = got.filter(([, value]) => value !== 'stale');
        assert.deepEqual(present, await new Pages(rules).values(text));
        for (const [series, value] of got)
          if (value === 'stale') assert.ok(lastSeries.includes(series), series);
        lastSeries = got.map(([series]) => series);
      }
    }),
  );
});

test('whatever the order of a page, each value stands beside its own series, markers of the others behind', async () => {
  const numbers = fc.uniqueArray(fc.nat(12), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(fc.array(numbers, { maxLength: 5 }), async (orders) => {
      const pages = new Pages();
      let before: readonly number[] = [];
      for (const order of orders) {
        const values = await pages.values(order.map((i) => `a{x="${i}"} ${i}\n`).join(''));
        const live = order.map((i) => [`a{job="j", x="${i}"}`, i]);
        assert.deepEqual(values.slice(0, order.length), live);
        const gone = new Set(values.slice(order.length).map((value) => (value as unknown[])[0]));
        const vanished = before.filter((i) => !order.includes(i));
        assert.deepEqual(gone, new Set(vanished.map((i) => `a{job="j", x="${i}"}`)));
        before = order;
      }
    }),
  );
});

test('a run of keys longer than a megabyte is copied in pieces', async () => {
  const pages = new Pages();
  const series = Array.from({ length: 9000 }, (_, i) => ({
    name: `metric_${i}`.padEnd(50, '_'),
    value: `${i}`.padStart(50, '0'),
  }));
  const page = series.map(({ name, value }, i) => `${name}{x="${value}"} ${i}\n`).join('');
  assert.deepEqual(
    await pages.values(page, { sampleCountMax: 10_000 }),
    series.map(({ name, value }, i) => [`${name}{job="j", x="${value}"}`, i]),
  );
});
