import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelsOf, SampleBatchBuilder } from '@vedette/model';
import {
  batchOf,
  decodeV1,
  decodeV2,
  openScene,
  startFakeRemote,
  T,
  type DecodedSeries,
  type FakeRemote,
} from './remote-write-fixture.ts';

const WHOLE = { wasRefused: false };

/** `name@offset` of every sample that came, in the order of the requests. */
function samplesOf(remote: FakeRemote): readonly string[] {
  return remote.requests.flatMap((request) => decodeV1(request).flatMap(namesOf));
}

function namesOf({ labels, samples }: DecodedSeries): readonly string[] {
  return samples.map(([timestampMs]) => `${labels[1]}@${timestampMs - T}`);
}

test('what is forwarded arrives with external labels, sorted, with the headers of version 1', async (t) => {
  const remote = await startFakeRemote(t);
  const scene = openScene(
    t,
    { url: remote.url, headers: { 'X-Scope-OrgID': 'me' } },
    labelsOf({ site: 'home', job: 'ignored', Zone: 'z' }),
  );
  const builder = new SampleBatchBuilder();
  builder.openSeries(labelsOf({ __name__: 'up', job: 'a' }));
  builder.addSample(T, 1.5);
  builder.addStaleMarker(T + 1);
  await scene.writer.forward(builder.finish(), WHOLE);
  await scene.until(() => scene.metric('samples_total') === 2);
  const [request] = remote.requests;
  assert.ok(request !== undefined);
  assert.deepEqual(decodeV1(request), [
    {
      labels: ['Zone', 'z', '__name__', 'up', 'job', 'a', 'site', 'home'],
      samples: [
        [T, 1.5],
        [T + 1, 'stale'],
      ],
    },
  ]);
  assert.partialDeepStrictEqual(request.headers, {
    'content-encoding': 'snappy',
    'content-type': 'application/x-protobuf',
    'x-prometheus-remote-write-version': '0.1.0',
    'user-agent': 'Vedette/test',
    'x-scope-orgid': 'me',
  });
});

test('what the rules drop is not sent, and counted', async (t) => {
  const remote = await startFakeRemote(t);
  const scene = openScene(t, {
    url: remote.url,
    write_relabel_configs: [
      { source_labels: ['__name__'], regex: 'secret_.*', action: 'drop' },
      { target_label: 'cluster', replacement: 'x' },
    ],
  });
  await scene.writer.forward(batchOf(T, ['secret_a', 1], ['open_a', 2]), WHOLE);
  await scene.until(() => scene.metric('samples_total') === 1);
  assert.deepEqual(remote.requests.flatMap(decodeV1), [
    { labels: ['__name__', 'open_a', 'cluster', 'x'], samples: [[T, 2]] },
  ]);
  assert.equal(scene.metric('samples_dropped_total'), 1);
});

test('few samples wait for the deadline, a full request does not', async (t) => {
  const remote = await startFakeRemote(t);
  const scene = openScene(t, { url: remote.url, queue_config: { max_samples_per_send: 3 } });
  await scene.writer.forward(batchOf(T, ['a', 1], ['b', 1]), WHOLE);
  await scene.clock.advance(4900);
  assert.equal(remote.requests.length, 0);
  await scene.writer.forward(batchOf(T + 1, ['a', 1]), WHOLE);
  await scene.until(() => scene.metric('samples_total') === 3, 50);
  await scene.writer.forward(batchOf(T + 2, ['a', 1]), WHOLE);
  await scene.until(() => scene.metric('samples_total') === 4, 5100);
});

test('samples of a series arrive in their order whatever the number of shards and the failures between', async (t) => {
  const remote = await startFakeRemote(t);
  // A fixed pattern of failures: every third request.
  remote.answer = (_, index) => ({ status: index % 3 === 2 ? 503 : 204 });
  const scene = openScene(t, {
    url: remote.url,
    queue_config: { max_samples_per_send: 7, min_shards: 4, max_shards: 8, max_backoff: '100ms' },
  });
  const names = Array.from({ length: 20 }, (_, i) => `m${i}`);
  for (let round = 0; round < 30; round++)
    await scene.writer.forward(batchOf(T + round, ...names.map((name) => [name, round] as const)), WHOLE);
  await scene.until(() => scene.metric('samples_total') === 600);
  const seen = new Map<string, number>();
  for (const [i, request] of remote.requests.entries()) {
    if (i % 3 === 2) continue;
    for (const { labels, samples } of decodeV1(request))
      for (const [timestampMs] of samples) {
        const name = labels[1] ?? '';
        assert.equal(timestampMs, seen.get(name) ?? T, `${name} in request ${i}`);
        seen.set(name, timestampMs + 1);
      }
  }
  assert.deepEqual(new Set(seen.values()), new Set([T + 30]));
  assert.ok(scene.metric('samples_retried_total') > 0);
  assert.equal(scene.writer.stats().pendingSamples, 0);
  assert.equal(scene.writer.stats().pendingBytes, 0);
});

test('beyond the bound the oldest samples are dropped and counted; the newest arrive', async (t) => {
  const remote = await startFakeRemote(t);
  let status = 503;
  remote.answer = () => ({ status });
  const scene = openScene(t, {
    url: remote.url,
    queue_config: { capacity: 10, max_shards: 2, max_samples_per_send: 5, max_backoff: '50ms' },
  });
  for (let i = 0; i < 50; i++) {
    await scene.writer.forward(batchOf(T + i, ['a', i]), WHOLE);
    if (i === 5) await scene.until(() => remote.requests.length > 0);
    assert.ok(scene.writer.stats().pendingSamples <= 20);
  }
  // Five are under way since the first request, the other fifteen places hold the newest.
  assert.equal(scene.metric('samples_dropped_total'), 30);
  status = 204;
  await scene.until(() => scene.metric('samples_total') === 20);
  const wanted = [...Array.from({ length: 5 }, (_, i) => i), ...Array.from({ length: 15 }, (_, i) => 35 + i)];
  assert.deepEqual(
    samplesOf({ ...remote, requests: remote.requests.slice(-4) }),
    wanted.map((i) => `a@${i}`),
  );
  assert.equal(scene.warnings.filter((line) => line.startsWith('the queue for a remote is full')).length, 1);
  assert.ok(scene.warnings.includes('info: the remote takes samples again'));
});

test('a refusal is final: counted, said once per cause, and what follows is sent', async (t) => {
  const remote = await startFakeRemote(t);
  remote.answer = (_, index) =>
    index < 3 ? { status: 400, text: `out of order sample ${index}` } : { status: 204 };
  const scene = openScene(t, { url: remote.url, queue_config: { max_samples_per_send: 1 } });
  for (let i = 0; i < 4; i++) await scene.writer.forward(batchOf(T + i, ['a', i]), WHOLE);
  await scene.until(() => scene.metric('samples_total') === 1);
  assert.equal(scene.metric('samples_failed_total'), 3);
  assert.equal(remote.requests.length, 4);
  assert.deepEqual(scene.warnings, [
    'the remote refused samples for good; they are lost there: server returned HTTP status 400 Bad Request: out of order sample 0',
  ]);
});

test('after a refusal by the store only what is newer than before is forwarded', async (t) => {
  const remote = await startFakeRemote(t);
  const scene = openScene(t, { url: remote.url });
  await scene.writer.forward(batchOf(T + 5, ['a', 1]), WHOLE);
  await scene.writer.forward(batchOf(T + 4, ['a', 2], ['b', 3]), { wasRefused: true });
  await scene.writer.forward(batchOf(T + 6, ['a', 4]), { wasRefused: true });
  await scene.until(() => scene.metric('samples_total') === 3);
  assert.deepEqual([...samplesOf(remote)].sort(), ['a@5', 'a@6', 'b@4']);
});

test('stopping sends what waits; what cannot be sent until the deadline is dropped and counted', async (t) => {
  const remote = await startFakeRemote(t);
  const scene = openScene(t, { url: remote.url });
  await scene.writer.forward(batchOf(T, ['a', 1], ['b', 2]), WHOLE);
  const stopping = scene.writer.stop();
  await scene.until(() => scene.metric('samples_total') === 2);
  await stopping;
  await scene.writer.forward(batchOf(T + 1, ['a', 1]), WHOLE);
  assert.equal(scene.writer.stats().pendingSamples, 0);
  assert.equal(scene.clock.pendingTimerCount, 0);

  const away = await startFakeRemote(t);
  away.answer = () => ({ status: 500 });
  const other = openScene(t, { url: away.url, queue_config: { max_samples_per_send: 1 } });
  await other.writer.forward(batchOf(T, ['a', 1]), WHOLE);
  await other.writer.forward(batchOf(T + 1, ['a', 1]), WHOLE);
  const startMs = other.clock.nowMs();
  let tookMs: number | undefined;
  const ended = other.writer.stop().then(() => (tookMs = other.clock.nowMs() - startMs));
  await other.until(() => tookMs !== undefined, 5000);
  await ended;
  assert.ok(tookMs !== undefined && tookMs >= 4000 && tookMs < 4100, `took ${tookMs} ms`);
  assert.equal(other.metric('samples_dropped_total'), 2);
  assert.equal(other.writer.stats().pendingSamples, 0);
  assert.equal(other.clock.pendingTimerCount, 0);
});

test('an append is answered when the remote acknowledged, without waiting for more samples', async (t) => {
  const remote = await startFakeRemote(t);
  const scene = openScene(t, { url: remote.url });
  const result = await scene.writer.append(batchOf(T, ['a', 1], ['b', 2]));
  assert.deepEqual(result, {
    acceptedCount: 2,
    acceptedHistogramCount: 0,
    acceptedExemplarCount: 0,
    createdSeriesCount: 0,
    refusals: [],
  });
  assert.equal(remote.requests.length, 1);
  assert.equal((await scene.writer.append(batchOf(T))).acceptedCount, 0);
});

test('a bad sample of an append is found by halves; the others are kept', async (t) => {
  const remote = await startFakeRemote(t);
  remote.answer = (request) =>
    decodeV1(request).some(({ labels }) => labels[1] === 'm37')
      ? { status: 400, text: 'duplicate sample for timestamp' }
      : { status: 204 };
  const scene = openScene(t, { url: remote.url });
  const names = Array.from({ length: 100 }, (_, i) => [`m${i}`, i] as const);
  const { acceptedCount, refusals } = await scene.writer.append(batchOf(T, ...names));
  assert.equal(acceptedCount, 99);
  assert.deepEqual(refusals, [{ reason: 'duplicate-timestamp', count: 1, example: 'm37' }]);
  assert.ok(remote.requests.length < 20, `${remote.requests.length} requests`);
});

test('version 2 says how much was written, and that is what an append answers', async (t) => {
  const remote = await startFakeRemote(t);
  remote.answer = () => ({
    status: 400,
    headers: { 'X-Prometheus-Remote-Write-Samples-Written': '3' },
    text: 'out of order sample',
  });
  const scene = openScene(t, { url: remote.url, protobuf_message: 'io.prometheus.write.v2.Request' });
  const { acceptedCount, refusals } = await scene.writer.append(
    batchOf(T, ['a', 1], ['b', 2], ['c', 3], ['d', 4]),
  );
  assert.equal(acceptedCount, 3);
  assert.deepEqual(refusals, [
    {
      reason: 'out-of-order',
      count: 1,
      example: 'server returned HTTP status 400 Bad Request: out of order sample',
    },
  ]);
  assert.equal(remote.requests.length, 1);
  assert.equal(remote.requests[0]?.headers['x-prometheus-remote-write-version'], '2.0.0');
  assert.deepEqual(
    new Set(remote.requests.flatMap(decodeV2).map(({ labels }) => labels[1])),
    new Set(['a', 'b', 'c', 'd']),
  );
});

test('an append is refused while the queue is full, and when the sender stops', async (t) => {
  const remote = await startFakeRemote(t);
  remote.answer = () => ({ status: 503 });
  const scene = openScene(t, {
    url: remote.url,
    queue_config: { capacity: 3, max_shards: 1, max_samples_per_send: 3 },
  });
  const waiting = scene.writer.append(batchOf(T, ['a', 1], ['b', 1], ['c', 1]));
  await scene.until(() => scene.writer.stats().pendingSamples === 3);
  await assert.rejects(scene.writer.append(batchOf(T + 1, ['a', 1])), {
    code: 'VED_STORAGE_FULL',
    message: /cannot queue 1 samples for remote "test": 3 wait already, the limit is 3 samples/,
  });
  const refused = assert.rejects(waiting, { code: 'VED_STORAGE_FAILED' });
  const stopping = scene.writer.stop();
  await scene.clock.advance(5000);
  await stopping;
  await refused;
  await assert.rejects(scene.writer.append(batchOf(T + 2, ['a', 1])), { code: 'VED_STORAGE_FAILED' });
});

test('metadata goes by itself with version 1: soon after the start, then every interval', async (t) => {
  const remote = await startFakeRemote(t);
  const scene = openScene(t, { url: remote.url, metadata_config: { send_interval: '30s' } });
  const builder = new SampleBatchBuilder();
  builder.addMetadata({ family: 'up', type: 'gauge', help: 'Is it up.', unit: '' });
  await scene.writer.forward(builder.finish(), WHOLE);
  await scene.clock.advance(4900);
  assert.equal(remote.requests.length, 0);
  await scene.until(() => scene.metric('metadata_total') === 1, 200);
  await scene.until(() => scene.metric('metadata_total') === 2, 31_000);
  assert.equal(remote.requests.length, 2);
});
