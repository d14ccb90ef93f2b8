import assert from 'node:assert/strict';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { VirtualClock } from '@vedette/model';
import { DiskFiles } from '../../../lib/disk-files.ts';
import { compressSnappy } from '../../../lib/snappy.ts';
import type { WriteMessage } from './config.ts';
import { configOf, startFakeRemote, T, type Answer } from './remote-write-fixture.ts';
import { WriteClient, type WriteOutcome } from './write-client.ts';

const V1: WriteMessage = 'prometheus.WriteRequest';
const V2: WriteMessage = 'io.prometheus.write.v2.Request';
const BODY = compressSnappy(Uint8Array.of(1, 2, 3));
const UNENDING = new AbortController().signal;

function clientTo(
  t: TestContext,
  url: string,
  config: Record<string, unknown> = {},
): { client: WriteClient; clock: VirtualClock } {
  const clock = new VirtualClock({ startMs: T });
  const client = new WriteClient(
    { clock, files: new DiskFiles() },
    { config: configOf({ url, ...config }), userAgent: 'Vedette/test', directory: '/nowhere' },
  );
  t.after(() => client.close());
  return { client, clock };
}

async function outcomeOf(
  t: TestContext,
  answer: Answer,
  message: WriteMessage = V1,
  config: Record<string, unknown> = {},
): Promise<WriteOutcome> {
  const remote = await startFakeRemote(t);
  remote.answer = () => answer;
  return await clientTo(t, remote.url, config).client.post(BODY, message, UNENDING);
}

test('every 2xx is written, 5xx is repeated, other statuses are final', async (t) => {
  const check = async (status: number, kind: WriteOutcome['kind']): Promise<void> =>
    assert.equal((await outcomeOf(t, { status })).kind, kind, String(status));
  for (const status of [200, 202, 204]) await check(status, 'written');
  for (const status of [500, 502, 503, 504]) await check(status, 'retry');
  for (const status of [301, 302, 400, 401, 404, 408, 413, 415, 422, 429]) await check(status, 'refused');
});

test('429 is repeated when the configuration says so', async (t) => {
  const config = { queue_config: { retry_on_http_429: true } };
  assert.deepEqual(await outcomeOf(t, { status: 429, headers: { 'Retry-After': '7' } }, V1, config), {
    kind: 'retry',
    reason: 'server returned HTTP status 429 Too Many Requests',
    retryAfterMs: 7000,
  });
});

test('Retry-After is seconds or a date, bounded; nonsense and the past are none', async (t) => {
  const check = async (text: string, wantMs: number): Promise<void> =>
    assert.partialDeepStrictEqual(
      await outcomeOf(t, { status: 503, headers: { 'Retry-After': text } }),
      { retryAfterMs: wantMs },
      text,
    );
  await check('0', 0);
  await check('120', 120_000);
  await check('99999', 600_000);
  await check(new Date(T + 30_000).toUTCString(), 30_000 - (T % 1000));
  await check(new Date(T - 30_000).toUTCString(), 0);
  await check('soon', 0);
});

test('the first line of the answer is the reason, cut to its limit', async (t) => {
  const outcome = await outcomeOf(t, { status: 400, text: `${'x'.repeat(600)}\nsecond` });
  assert.ok(outcome.kind === 'refused');
  assert.equal(outcome.reason, `server returned HTTP status 400 Bad Request: ${'x'.repeat(512)}`);
});

test('with version 2 the headers say what was written; without them the remote does not speak it', async (t) => {
  const written = { 'X-Prometheus-Remote-Write-Samples-Written': '5' };
  assert.deepEqual(await outcomeOf(t, { status: 204, headers: written }, V2), {
    kind: 'written',
    written: { samples: 5, histograms: 0, exemplars: 0 },
  });
  assert.partialDeepStrictEqual(await outcomeOf(t, { status: 400, headers: written }, V2), {
    kind: 'refused',
    written: { samples: 5 },
  });
  assert.deepEqual(await outcomeOf(t, { status: 204 }, V2), { kind: 'unsupported' });
  assert.deepEqual(await outcomeOf(t, { status: 415 }, V2), { kind: 'unsupported' });
  const nonsense = { 'X-Prometheus-Remote-Write-Samples-Written': '-1' };
  assert.partialDeepStrictEqual(await outcomeOf(t, { status: 204, headers: nonsense }, V2), {
    written: { samples: 0 },
  });
});

test('no answer in time, no connection and a cut one are repeated', async (t) => {
  const remote = await startFakeRemote(t);
  const arrived = Promise.withResolvers<void>();
  remote.answer = () => {
    arrived.resolve();
    return new Promise(() => undefined);
  };
  const { client, clock } = clientTo(t, remote.url, { remote_timeout: '3s' });
  const late = client.post(BODY, V1, UNENDING);
  await arrived.promise;
  await clock.advance(3000);
  assert.deepEqual(await late, { kind: 'retry', reason: 'no answer within 3000 ms', retryAfterMs: 0 });
  assert.equal(clock.pendingTimerCount, 0);

  const refusing = await listen(t, () => undefined);
  await refusing.close();
  assert.partialDeepStrictEqual(await clientTo(t, refusing.url).client.post(BODY, V1, UNENDING), {
    kind: 'retry',
  });

  const cutting = await listen(t, (_, response) => void response.destroy());
  assert.partialDeepStrictEqual(await clientTo(t, cutting.url).client.post(BODY, V1, UNENDING), {
    kind: 'retry',
  });
});

test('an abort from outside rejects with its reason', async (t) => {
  const remote = await startFakeRemote(t);
  const arrived = Promise.withResolvers<void>();
  remote.answer = () => {
    arrived.resolve();
    return new Promise(() => undefined);
  };
  const controller = new AbortController();
  const posting = clientTo(t, remote.url).client.post(BODY, V1, controller.signal);
  await arrived.promise;
  controller.abort(new Error('stop now'));
  await assert.rejects(posting, /stop now/);
});

test('307 and 308 repeat the request elsewhere, without the secrets', async (t) => {
  const target = await startFakeRemote(t);
  const first = await startFakeRemote(t);
  first.answer = () => ({ status: 307, headers: { Location: target.url } });
  const auth = { basic_auth: { username: 'u', password: 'p' } };
  const { client } = clientTo(t, first.url, auth);
  assert.equal((await client.post(BODY, V1, UNENDING)).kind, 'written');
  assert.equal(first.requests[0]?.headers.authorization, `Basic ${Buffer.from('u:p').toString('base64')}`);
  assert.equal(target.requests[0]?.headers.authorization, undefined);
  assert.deepEqual([...(target.requests[0]?.body ?? [])], [1, 2, 3]);
  const stays = clientTo(t, first.url, { follow_redirects: false }).client;
  assert.partialDeepStrictEqual(await stays.post(BODY, V1, UNENDING), { kind: 'refused', status: 307 });
  first.answer = () => ({ status: 308, headers: { Location: first.url } });
  assert.equal((await client.post(BODY, V1, UNENDING)).kind, 'refused');
  assert.equal(first.requests.length, 2 + 11);
});

test('a file with credentials that cannot be read is said, and tried again', async (t) => {
  const remote = await startFakeRemote(t);
  const { client } = clientTo(t, remote.url, { authorization: { credentials_file: 'token' } });
  const outcome = await client.post(BODY, V1, UNENDING);
  assert.ok(outcome.kind === 'retry');
  assert.match(outcome.reason, /^cannot read file "\/nowhere\/token": ENOENT/);
});

async function listen(
  t: TestContext,
  handle: http.RequestListener,
): Promise<{ url: string; close(): Promise<void> }> {
  const server = http.createServer(handle);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  t.after(close);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, close };
}
