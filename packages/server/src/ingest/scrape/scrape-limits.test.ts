import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { NativeHistogram } from '@vedette/model';
import { protobufPage } from './exposition-fixture.ts';
import { createScrapeFixture, type ScrapeFixture } from './scrape-fixture.ts';

const NATIVE: NativeHistogram = {
  schema: 0,
  count: 3,
  sum: 1,
  zeroThreshold: 0,
  zeroCount: 0,
  positive: { spans: [{ offset: 0, length: 1 }], counts: Float64Array.of(2) },
  negative: { spans: [{ offset: 0, length: 1 }], counts: Float64Array.of(1) },
  customBounds: new Float64Array(0),
  counterReset: 'unknown',
};

/** Scrapes one target once per call, under the job and the global configuration given. */
async function startScraping(
  t: TestContext,
): Promise<{ fixture: ScrapeFixture; scrape: (job: object, global?: object) => Promise<string> }> {
  const fixture = await createScrapeFixture(t);
  let isStarted = false;
  const scrape = async (job: object, global: object = {}): Promise<string> => {
    await fixture.apply(
      [{ job_name: 'app', static_configs: [{ targets: [fixture.address] }], ...job }],
      global,
    );
    if (!isStarted) fixture.manager.start();
    isStarted = true;
    await fixture.scrape();
    return fixture.manager.targets().active[0]?.lastError ?? 'no target';
  };
  return { fixture, scrape };
}

/** Value of a series in the last batch, by its name. */
const lastOf = (fixture: ScrapeFixture, name: string): unknown =>
  fixture.batches.at(-1)?.samples.find(({ series }) => series.startsWith(`${name}{`))?.value;

test('every limit of a page holds per job, before that of global', async (t) => {
  const { fixture, scrape } = await startScraping(t);
  fixture.page = 'metric{label="value"} 1\nother 2\n';
  const check = async (key: string, limit: number | string, want: string): Promise<void> => {
    const generous = typeof limit === 'number' ? 1000 : '1KB';
    assert.equal(await scrape({ [key]: generous }, { [key]: limit }), '', key);
    assert.equal(lastOf(fixture, 'up'), 1);
    assert.equal(await scrape({ [key]: limit }, { [key]: generous }), want, key);
    assert.equal(await scrape({}, { [key]: limit }), want, key);
    assert.equal(lastOf(fixture, 'up'), 0);
  };
  await check('sample_limit', 1, 'sample limit exceeded (number of samples: 2, limit: 1)');
  await check('body_size_limit', '31B', 'body size limit exceeded (limit: 31 bytes)');
  // job, instance, label and the name.
  await check('label_limit', 3, 'label_limit exceeded (metric: metric, number of labels: 4, limit: 3)');
  await check(
    'label_name_length_limit',
    7,
    'label_name_length_limit exceeded (metric: metric, label name: __name__, length: 8, limit: 7)',
  );
  await check(
    'label_value_length_limit',
    5,
    'label_value_length_limit exceeded (metric: metric, label name: __name__, value: "metric", length: 6, limit: 5)',
  );
});

test('native histograms come by protobuf, within the limit of their job', async (t) => {
  const { fixture, scrape } = await startScraping(t);
  fixture.contentType = 'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily';
  fixture.page = protobufPage([{ name: 'h', type: 'histogram', metrics: [{ native: NATIVE }] }]);
  const job = { scrape_native_histograms: true };
  assert.equal(await scrape(job), '');
  assert.match(fixture.requests[0]?.headers.accept ?? '', /^application\/vnd\.google\.protobuf;proto=/);
  assert.deepEqual(lastOf(fixture, 'h'), NATIVE);
  assert.equal(await scrape(job, { native_histogram_bucket_limit: 2 }), '');
  const tight = { ...job, native_histogram_bucket_limit: 1 };
  assert.equal(
    await scrape(tight, { native_histogram_bucket_limit: 2 }),
    'histogram bucket limit exceeded (number of buckets: 2, limit: 1)',
  );
  assert.deepEqual([lastOf(fixture, 'up'), lastOf(fixture, 'h')], [0, 'stale']);
  // Without the switch it is a classic histogram, which has no buckets but the last.
  assert.equal(await scrape({}), '');
  assert.equal(lastOf(fixture, 'h_count'), 3);
});

test('a damaged protobuf page fails the scrape with its place', async (t) => {
  const { fixture, scrape } = await startScraping(t);
  fixture.contentType = 'application/vnd.google.protobuf';
  fixture.page = protobufPage([{ name: 'g', type: 'gauge', metrics: [{ value: 1 }] }]).subarray(0, -1);
  assert.match(
    await scrape({}),
    /^cannot read protobuf at byte 0: it is cut off: 18 bytes are announced, 17 are left$/,
  );
  assert.equal(lastOf(fixture, 'up'), 0);
});

test('histograms that cannot be converted are counted and told; a repeated older exemplar is no warning', async (t) => {
  const { fixture, scrape } = await startScraping(t);
  fixture.page = '# TYPE h histogram\nh_bucket{le="+Inf"} 1\nh_count 2\n';
  fixture.storeResult = { refusals: [{ reason: 'invalid-exemplar', count: 1, example: 'x' }] };
  assert.equal(await scrape({ convert_classic_histograms_to_nhcb: true }), '');
  assert.equal(fixture.logged.length, 1);
  assert.match(
    fixture.logged[0] ?? '',
    /classic histograms contradict themselves and were not converted.*"count":1/,
  );
  const refused = fixture.metrics
    .collect()
    .find(({ name }) => name === 'vedette_scrape_samples_refused_total');
  assert.deepEqual(
    refused?.samples.map(({ labels, value }) => [labels[1], value]),
    [
      ['invalid-exemplar', 1],
      ['invalid-histogram', 1],
    ],
  );
});
