import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { test, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { labelsToRecord, UnavailableError } from '@vedette/model';
import {
  createScrapeFixture,
  FIXTURE_INTERVAL_MS,
  FIXTURE_TIMEOUT_MS,
  type RecordedBatch,
  type ScrapeFixture,
} from './scrape-fixture.ts';

/** A batch as `{ name: value }`, of the series of one target; names alone, without the target's labels. */
const valuesOf = (batch: RecordedBatch | undefined): Record<string, unknown> =>
  Object.fromEntries((batch?.samples ?? []).map(({ series, value }) => [series.replace(/\{.*/, ''), value]));

const lastOf = (fixture: ScrapeFixture): Record<string, unknown> => valuesOf(fixture.batches.at(-1));

const startOne = async (t: TestContext, config: object = {}): Promise<ScrapeFixture> => {
  const fixture = await createScrapeFixture(t);
  fixture.page = 'a 1\nb 2\n';
  await fixture.apply([{ job_name: 'app', static_configs: [{ targets: [fixture.address] }], ...config }]);
  fixture.manager.start();
  return fixture;
};

const temporaryDirectory = (t: TestContext): string => {
  const directory = mkdtempSync(path.join(tmpdir(), 'vedette-scrape-'));
  t.after(() => rmSync(directory, { recursive: true }));
  return directory;
};

test('a static target is scraped into one batch with up and its companions', async (t) => {
  const fixture = await createScrapeFixture(t);
  fixture.page = '# TYPE jobs gauge\njobs{queue="mail"} 3\njobs{queue="sms"} 4\n';
  await fixture.apply([
    { job_name: 'app', static_configs: [{ targets: [fixture.address], labels: { env: 'test' } }] },
  ]);
  fixture.manager.start();
  await fixture.scrape();
  assert.equal(fixture.batches.length, 1);
  const labels = `env="test", instance="${fixture.address}", job="app"`;
  const [batch] = fixture.batches;
  assert.deepEqual(
    batch?.samples
      .map(({ series, value }) => [series, value])
      .filter(([s = '']) => typeof s === 'string' && !s.startsWith('scrape_duration')),
    [
      [`jobs{${labels}, queue="mail"}`, 3],
      [`jobs{${labels}, queue="sms"}`, 4],
      [`up{${labels}}`, 1],
      [`scrape_samples_scraped{${labels}}`, 2],
      [`scrape_samples_post_metric_relabeling{${labels}}`, 2],
      [`scrape_series_added{${labels}}`, 2],
    ],
  );
  assert.equal(new Set(batch.samples.map(({ timestampMs }) => timestampMs)).size, 1);
  assert.deepEqual(batch.metadata, [{ family: 'jobs', type: 'gauge', help: '', unit: '' }]);
});

test('the list of targets says everything about each', async (t) => {
  const fixture = await createScrapeFixture(t);
  fixture.page = '# HELP up_total Ups.\n# TYPE up_total counter\nup_total 1\n';
  await fixture.apply([
    {
      job_name: 'app',
      static_configs: [{ targets: [fixture.address, 'dropped:1', 'dropped:2'] }],
      keep_dropped_targets: 1,
      relabel_configs: [{ source_labels: ['__address__'], regex: 'dropped.*', action: 'drop' }],
    },
  ]);
  const before = fixture.manager.targets().active[0];
  assert.deepEqual([before?.health, before?.lastScrapeMs, before?.lastError], ['unknown', undefined, '']);
  fixture.manager.start();
  await fixture.scrape();
  const { active, dropped, droppedCounts } = fixture.manager.targets();
  const [target] = active;
  assert.equal(active.length, 1);
  const port = fixture.address.split(':')[1];
  assert.deepEqual(labelsToRecord(target!.labels), { instance: fixture.address, job: 'app' });
  assert.equal(labelsToRecord(target!.discoveredLabels)['__scheme__'], 'http');
  assert.deepEqual(
    {
      ...target,
      labels: 0,
      discoveredLabels: 0,
      lastScrapeMs: typeof target?.lastScrapeMs,
      metadata: target?.metadata(),
    },
    {
      labels: 0,
      discoveredLabels: 0,
      scrapePool: 'app',
      scrapeUrl: `http://${fixture.address}/metrics`,
      globalUrl: `http://vedette.example:${port}/metrics`,
      health: 'up',
      lastError: '',
      lastScrapeMs: 'number',
      lastScrapeDurationMs: 0,
      scrapeIntervalMs: 15_000,
      scrapeTimeoutMs: FIXTURE_TIMEOUT_MS,
      metadata: [{ family: 'up_total', type: 'counter', help: 'Ups.', unit: '' }],
    },
  );
  assert.deepEqual(
    dropped.map(({ discoveredLabels }) => labelsToRecord(discoveredLabels)['__address__']),
    ['dropped:1'],
  );
  assert.deepEqual(droppedCounts, { app: 2 });
});

test('a target is scraped at even distances, at its own place within the interval', async (t) => {
  const fixture = await startOne(t);
  for (let i = 0; i < 4; i++) await fixture.scrape();
  const times = fixture.batches.map((batch) => batch.samples[0]?.timestampMs ?? 0);
  assert.equal(times.length, 4);
  for (let i = 1; i < times.length; i++) assert.equal(times[i]! - times[i - 1]!, FIXTURE_INTERVAL_MS);
  await fixture.manager.stop();
  const again = await createScrapeFixture(t);
  const config = [{ job_name: 'app', static_configs: [{ targets: [fixture.address] }] }];
  await again.apply(config);
  again.manager.start();
  await again.scrape();
  assert.equal(again.batches[0]?.samples.at(-1)?.timestampMs, times[0]);
});

test('a request says who asks, for what, and for how long', async (t) => {
  const fixture = await startOne(t, {
    params: { 'match[]': ['a', 'b'] },
    basic_auth: { username: 'u', password: 'p' },
    http_headers: { 'X-Scope': { values: ['one'], secrets: ['two'] } },
  });
  await fixture.scrape();
  const [request] = fixture.requests;
  assert.equal(request?.url, '/metrics?match%5B%5D=a&match%5B%5D=b');
  const { headers } = request;
  assert.equal(headers['user-agent'], 'Vedette/1.2.3');
  assert.equal(headers['accept-encoding'], 'gzip');
  assert.equal(headers['x-prometheus-scrape-timeout-seconds'], '9.999');
  assert.match(headers.accept ?? '', /^application\/openmetrics-text;version=1.0.0;.*\*\/\*;q=0.2$/);
  assert.equal(headers.authorization, `Basic ${Buffer.from('u:p').toString('base64')}`);
  assert.equal(headers['x-scope'], 'one, two');
});

test('secrets in files are read for each scrape, and a missing one fails it', async (t) => {
  const directory = temporaryDirectory(t);
  const fixture = await createScrapeFixture(t, directory);
  writeFileSync(path.join(directory, 'token'), 'first\n');
  await fixture.apply([
    {
      job_name: 'app',
      static_configs: [{ targets: [fixture.address] }],
      authorization: { type: 'Token', credentials_file: 'token' },
    },
  ]);
  fixture.manager.start();
  await fixture.scrape();
  writeFileSync(path.join(directory, 'token'), 'second');
  await fixture.scrape();
  rmSync(path.join(directory, 'token'));
  await fixture.scrape();
  assert.deepEqual(
    fixture.requests.map(({ headers }) => headers.authorization),
    ['Token first', 'Token second'],
  );
  assert.match(fixture.manager.targets().active[0]?.lastError ?? '', /cannot read file ".*token": ENOENT/);
  assert.equal(lastOf(fixture)['up'], 0);
});

test('a failed scrape makes every series of the target stale, once', async (t) => {
  const fixture = await startOne(t);
  await fixture.scrape();
  fixture.handler = (_, response) => void response.writeHead(500).end();
  await fixture.scrape();
  const failed = lastOf(fixture);
  assert.deepEqual(
    [failed['a'], failed['b'], failed['up'], failed['scrape_samples_scraped']],
    ['stale', 'stale', 0, 0],
  );
  const [target] = fixture.manager.targets().active;
  assert.deepEqual(
    [target?.health, target?.lastError],
    ['down', 'server returned HTTP status 500 Internal Server Error'],
  );
  await fixture.scrape();
  assert.equal(lastOf(fixture)['a'], undefined);
  fixture.handler = undefined;
  await fixture.scrape();
  assert.deepEqual(
    [lastOf(fixture)['a'], lastOf(fixture)['up'], lastOf(fixture)['scrape_series_added']],
    [1, 1, 0],
  );
});

test('one bad line fails the page as a whole', async (t) => {
  const fixture = await startOne(t);
  await fixture.scrape();
  fixture.page = 'a 5\nb 6\nc 7\nd{ 8\ne 9\n';
  await fixture.scrape();
  const { scrape_duration_seconds: _, ...values } = lastOf(fixture);
  assert.deepEqual(values, {
    a: 'stale',
    b: 'stale',
    up: 0,
    scrape_samples_scraped: 3,
    scrape_samples_post_metric_relabeling: 3,
    scrape_series_added: 1,
  });
  assert.equal(
    fixture.manager.targets().active[0]?.lastError,
    'line 4: expected label name, got "8" while parsing: "d{ 8"',
  );
});

test('OpenMetrics and compressed pages are read by what the answer says', async (t) => {
  const fixture = await startOne(t);
  fixture.contentType = 'application/openmetrics-text; version=1.0.0; charset=utf-8';
  fixture.page = 'a 1\n';
  await fixture.scrape();
  assert.match(fixture.manager.targets().active[0]?.lastError ?? '', /data does not end with # EOF/);
  fixture.page = 'a 7 1520879607.5\n# EOF\n';
  await fixture.scrape();
  assert.deepEqual(fixture.batches.at(-1)?.samples[0], {
    series: `a{instance="${fixture.address}", job="app"}`,
    value: 7,
    timestampMs: 1_520_879_607_500,
  });
  fixture.handler = (_, response) =>
    void response
      .writeHead(200, { 'content-type': 'text/plain', 'content-encoding': 'gzip' })
      .end(gzipSync('a 9\n'));
  await fixture.scrape();
  assert.equal(lastOf(fixture)['a'], 9);
});

test('a page without a valid Content-Type fails, unless the job has a fallback', async (t) => {
  const fixture = await startOne(t);
  fixture.contentType = 'text/html';
  await fixture.scrape();
  assert.equal(lastOf(fixture)['up'], 0);
  assert.match(
    fixture.manager.targets().active[0]?.lastError ?? '',
    /received unsupported Content-Type "text\/html"/,
  );
  await fixture.apply([
    {
      job_name: 'app',
      static_configs: [{ targets: [fixture.address] }],
      fallback_scrape_protocol: 'PrometheusText0.0.4',
    },
  ]);
  await fixture.scrape();
  assert.deepEqual([lastOf(fixture)['up'], lastOf(fixture)['a']], [1, 1]);
});

test('an empty page is a good page without series', async (t) => {
  const fixture = await startOne(t);
  fixture.page = '';
  fixture.contentType = '';
  await fixture.scrape();
  assert.deepEqual([lastOf(fixture)['up'], lastOf(fixture)['scrape_samples_scraped']], [1, 0]);
});

test('a target that hangs is given up at its timeout, and the next scrape comes in time', async (t) => {
  const fixture = await startOne(t);
  await fixture.scrape();
  await fixture.hang();
  await fixture.clock.advance(FIXTURE_TIMEOUT_MS - 1000);
  assert.equal(fixture.batches.length, 1);
  await fixture.clock.advance(1000);
  await fixture.until(() => fixture.batches.length === 2);
  fixture.isHanging = false;
  assert.deepEqual([lastOf(fixture)['up'], lastOf(fixture)['a']], [0, 'stale']);
  assert.equal(
    fixture.manager.targets().active[0]?.lastError,
    `Get "http://${fixture.address}/metrics": context deadline exceeded`,
  );
  assert.equal(lastOf(fixture)['scrape_duration_seconds'], FIXTURE_TIMEOUT_MS / 1000);
  fixture.handler = undefined;
  await fixture.scrape();
  assert.equal(lastOf(fixture)['up'], 1);
});

test('limits of body and samples fail the scrape and are named', async (t) => {
  const fixture = await startOne(t, { body_size_limit: '20B', sample_limit: 2, extra_scrape_metrics: true });
  await fixture.scrape();
  const good = lastOf(fixture);
  assert.deepEqual(
    [good['up'], good['scrape_body_size_bytes'], good['scrape_sample_limit'], good['scrape_timeout_seconds']],
    [1, 8, 2, 9.999],
  );
  fixture.page = 'a 1\nb 2\nc 3\n';
  await fixture.scrape();
  assert.match(
    fixture.manager.targets().active[0]?.lastError ?? '',
    /^sample limit exceeded \(number of samples: 3, limit: 2\)$/,
  );
  assert.equal(lastOf(fixture)['scrape_samples_post_metric_relabeling'], 3);
  fixture.page = `a ${'1'.repeat(30)}\n`;
  await fixture.scrape();
  assert.equal(fixture.manager.targets().active[0]?.lastError, 'body size limit exceeded (limit: 20 bytes)');
  assert.equal(lastOf(fixture)['scrape_body_size_bytes'], -1);
});

test('too many targets fail all scrapes of the job', async (t) => {
  const fixture = await createScrapeFixture(t);
  const targets = [fixture.address, 'localhost:1', 'localhost:2'];
  await fixture.apply([{ job_name: 'app', static_configs: [{ targets }], target_limit: 2 }]);
  fixture.manager.start();
  await fixture.scrape();
  const { active } = fixture.manager.targets();
  assert.deepEqual(
    active.map(({ lastError }) => lastError),
    [
      'target_limit exceeded (number of targets: 3, limit: 2)',
      'target_limit exceeded (number of targets: 3, limit: 2)',
    ],
  );
  assert.equal(fixture.requests.length, 0);
});

test('a removed target is marked stale after two intervals, as of its first missed scrape', async (t) => {
  const fixture = await startOne(t);
  await fixture.scrape();
  const lastMs = fixture.batches[0]?.samples[0]?.timestampMs ?? 0;
  await fixture.apply([{ job_name: 'app' }]);
  assert.deepEqual(fixture.manager.targets().active, []);
  const endMs = lastMs + FIXTURE_INTERVAL_MS * 2.1;
  await fixture.clock.advance(endMs - 1 - fixture.clock.nowMs());
  assert.equal(fixture.batches.length, 1);
  await fixture.clock.advance(1);
  assert.equal(fixture.batches.length, 2);
  assert.deepEqual(lastOf(fixture), {
    a: 'stale',
    b: 'stale',
    up: 'stale',
    scrape_duration_seconds: 'stale',
    scrape_samples_scraped: 'stale',
    scrape_samples_post_metric_relabeling: 'stale',
    scrape_series_added: 'stale',
  });
  for (const { timestampMs } of fixture.batches[1]?.samples ?? [])
    assert.equal(timestampMs, lastMs + FIXTURE_INTERVAL_MS);
  assert.equal(fixture.clock.pendingTimerCount, 0);
});

test('a removed job is marked stale in the same way', async (t) => {
  const fixture = await startOne(t);
  await fixture.scrape();
  await fixture.apply([]);
  await fixture.clock.advance(FIXTURE_INTERVAL_MS * 2.2);
  assert.deepEqual([lastOf(fixture)['a'], lastOf(fixture)['up']], ['stale', 'stale']);
  assert.equal(fixture.clock.pendingTimerCount, 0);
});

test('a target that comes back within two intervals goes on as if nothing had been', async (t) => {
  const fixture = await startOne(t);
  await fixture.scrape();
  const config = [{ job_name: 'app', static_configs: [{ targets: [fixture.address] }] }];
  await fixture.apply([{ job_name: 'app' }]);
  await fixture.clock.advance(1000);
  await fixture.apply(config);
  await fixture.scrape();
  assert.equal(fixture.batches.length, 2);
  assert.deepEqual([lastOf(fixture)['a'], lastOf(fixture)['scrape_series_added']], [1, 0]);
  await fixture.clock.advance(FIXTURE_INTERVAL_MS * 3);
  assert.ok(fixture.batches.every((batch) => batch.samples.every(({ value }) => value !== 'stale')));
});

test('stopping leaves no markers and no timers', async (t) => {
  const fixture = await startOne(t);
  await fixture.scrape();
  await fixture.manager.stop();
  await fixture.clock.advance(FIXTURE_INTERVAL_MS * 3);
  assert.equal(fixture.batches.length, 1);
  assert.equal(fixture.clock.pendingTimerCount, 0);
});

test('stopping gives up a scrape under way', async (t) => {
  const fixture = await startOne(t);
  await fixture.hang();
  await fixture.manager.stop();
  assert.deepEqual(fixture.batches, []);
  assert.equal(fixture.clock.pendingTimerCount, 0);
});

test('a reload keeps what targets remember, and applies what changed', async (t) => {
  const fixture = await startOne(t);
  await fixture.scrape();
  const config = { job_name: 'app', static_configs: [{ targets: [fixture.address] }] };
  await fixture.apply([{ ...config, sample_limit: 10 }]);
  await fixture.scrape();
  assert.deepEqual([lastOf(fixture)['a'], lastOf(fixture)['scrape_series_added']], [1, 0]);
  await fixture.apply([
    {
      ...config,
      metric_relabel_configs: [
        { source_labels: ['__name__'], regex: 'a', target_label: '__name__', replacement: 'renamed' },
      ],
    },
  ]);
  await fixture.scrape();
  const values = lastOf(fixture);
  assert.deepEqual(
    [values['a'], values['renamed'], values['b'], values['scrape_series_added']],
    ['stale', 1, 2, 1],
  );
});

test('a reload may change the pace', async (t) => {
  const fixture = await startOne(t);
  await fixture.scrape();
  await fixture.apply([
    { job_name: 'app', scrape_interval: '1m', static_configs: [{ targets: [fixture.address] }] },
  ]);
  await fixture.clock.advance(120_000);
  const count = fixture.batches.length - 1;
  assert.ok(count === 2 || count === 3, `got ${count} scrapes in 2 minutes`);
  assert.equal(fixture.manager.targets().active[0]?.scrapeIntervalMs, 60_000);
});

test('a configuration that contradicts itself changes nothing', async (t) => {
  const fixture = await startOne(t);
  await assert.rejects(
    async () => await fixture.apply([{ job_name: 'app', scrape_timeout: '1m' }]),
    /scrape_configs.0.scrape_timeout: must not be longer than the scrape interval of job "app"/,
  );
  assert.equal(fixture.manager.targets().active.length, 1);
});

test('what the store refuses is not remembered as written', async (t) => {
  const fixture = await startOne(t);
  await fixture.scrape();
  fixture.storeError = new UnavailableError('VED_STORAGE_FULL', 'cannot store samples: disk is full');
  fixture.page = 'b 2\n';
  await fixture.scrape();
  assert.equal(fixture.manager.targets().active[0]?.lastError, 'cannot store samples: disk is full');
  assert.equal(fixture.manager.targets().active[0]?.health, 'up');
  fixture.storeError = undefined;
  await fixture.scrape();
  assert.deepEqual([lastOf(fixture)['a'], lastOf(fixture)['b']], ['stale', 2]);
});

test('a limit of series that a page meets is the last error of its target, which is up', async (t) => {
  const fixture = await startOne(t);
  const detail = 'job "app" has 9 active series, the limit is 9; label "user" has 9 values';
  fixture.storeResult = { refusals: [{ reason: 'series-limit', count: 2, example: 'a{user="1"}', detail }] };
  await fixture.scrape();
  const [target] = fixture.manager.targets().active;
  assert.deepEqual(
    [target?.health, target?.lastError],
    ['up', `cannot store 2 samples such as a{user="1"}: ${detail}`],
  );
  fixture.storeResult = {};
  await fixture.scrape();
  assert.equal(fixture.manager.targets().active[0]?.lastError, '');
});

test('refused samples are counted and logged with an example', async (t) => {
  const fixture = await startOne(t);
  fixture.storeResult = { refusals: [{ reason: 'out-of-order', count: 2, example: 'a' }] };
  fixture.page = 'a 1\na 2\n';
  await fixture.scrape();
  assert.match(
    fixture.logged[0] ?? '',
    /samples of a scrape were refused .*"reason":"out-of-order","count":2,"example":"a"/,
  );
  assert.match(fixture.logged[1] ?? '', /a page repeats series .*"count":1/);
  const refused = fixture.metrics
    .collect()
    .find(({ name }) => name === 'vedette_scrape_samples_refused_total');
  assert.deepEqual(
    refused?.samples.map(({ labels, value }) => [labels[1], value]),
    [
      ['out-of-order', 2],
      ['duplicate', 1],
    ],
  );
});

test('targets from files come and go while scraping', async (t) => {
  const directory = temporaryDirectory(t);
  const fixture = await createScrapeFixture(t, directory);
  const file = path.join(directory, 'targets.json');
  await fixture.apply([{ job_name: 'app', file_sd_configs: [{ files: ['targets.json'] }] }]);
  fixture.manager.start();
  assert.deepEqual(fixture.manager.targets().active, []);
  writeFileSync(file, JSON.stringify([{ targets: [fixture.address] }]));
  await fixture.clock.advance(5000);
  await fixture.until(() => fixture.manager.targets().active.length === 1);
  await fixture.scrape();
  assert.ok(fixture.batches.length >= 1);
  assert.equal(
    labelsToRecord(fixture.manager.targets().active[0]!.discoveredLabels)['__meta_filepath'],
    file,
  );
});

test('a reload keeps the targets of a URL that does not answer just now', async (t) => {
  const fixture = await createScrapeFixture(t);
  let isAnswering = true;
  const server = http.createServer((_request, response) => {
    if (!isAnswering) return void response.destroy();
    response.setHeader('content-type', 'application/json');
    return void response.end(JSON.stringify([{ targets: [fixture.address] }]));
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const job = { job_name: 'app', http_sd_configs: [{ url }] };
  await fixture.apply([job]);
  assert.deepEqual(fixture.manager.targets().active, [], 'the start does not wait for it');
  fixture.manager.start();
  await fixture.until(() => fixture.manager.targets().active.length === 1);
  isAnswering = false;
  await fixture.apply([{ ...job, scrape_interval: '20s' }]);
  assert.equal(fixture.manager.targets().active.length, 1);
});

test('a discovered target that cannot be scraped is reported, the others are scraped', async (t) => {
  const fixture = await createScrapeFixture(t);
  await fixture.apply([{ job_name: 'app', static_configs: [{ targets: ['a:b:c', fixture.address] }] }]);
  assert.equal(fixture.manager.targets().active.length, 1);
  assert.match(fixture.logged[0] ?? '', /cannot scrape a discovered target .*invalid address/);
});

test('a slow store never makes scrapes overlap', async (t) => {
  const fixture = await startOne(t);
  let release: (() => void) | undefined;
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  fixture.beforeAppend = () => gate;
  await fixture.scrape();
  await fixture.clock.advance(FIXTURE_INTERVAL_MS * 3);
  assert.equal(fixture.requests.length, 1);
  release?.();
  await fixture.until(() => fixture.batches.length === 1);
  const skipped = fixture.metrics.collect().find(({ name }) => name === 'vedette_scrape_skipped_total');
  assert.deepEqual(
    skipped?.samples.map(({ value }) => value),
    [3],
  );
});

test('a late timer still stamps the planned time, a clock that was set does not', async (t) => {
  const fixture = await startOne(t);
  await fixture.scrape();
  const firstMs = fixture.batches[0]?.samples[0]?.timestampMs ?? 0;
  fixture.clock.jumpWallClock(7);
  await fixture.scrape();
  assert.equal(fixture.batches[1]?.samples[0]?.timestampMs, firstMs + FIXTURE_INTERVAL_MS);
  fixture.clock.jumpWallClock(3_600_000);
  await fixture.scrape();
  assert.equal(fixture.batches[2]?.samples[0]?.timestampMs, firstMs + 2 * FIXTURE_INTERVAL_MS + 3_600_007);
});

test('a timer that fires too early by a hair does not scrape twice', async (t) => {
  const fixture = await startOne(t);
  fixture.clock.earlyMs = 0.4;
  for (let i = 0; i < 4; i++) await fixture.scrape();
  const stamps = fixture.batches.map(({ samples }) => samples[0]?.timestampMs ?? 0);
  // The first timer was set before; each of the others comes once.
  assert.deepEqual(
    stamps.map((stamp) => stamp - (stamps[0] ?? 0)),
    [0, 1, 2, 3].map((count) => count * FIXTURE_INTERVAL_MS),
  );
});
