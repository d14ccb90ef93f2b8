import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { formatMatcher, UnavailableError } from '@vedette/model';
import type { MetricsAdmin } from '../../store/metrics/port.ts';
import { createHttpServer, type RunningHttpServer } from '../http-server.ts';
import { createTestDeps, startTestServer } from '../test-server.ts';
import { serverSchema } from '../config.ts';

const running: RunningHttpServer[] = [];
after(() => Promise.all(running.map((server) => server.close())));

async function start(overrides: Partial<MetricsAdmin> = {}) {
  const calls: unknown[] = [];
  const admin: MetricsAdmin = {
    deleteSeries: (sets, { fromMs, untilMs }) => {
      calls.push([sets.map((set) => set.map(formatMatcher).join()), fromMs, untilMs]);
      return Promise.resolve(1);
    },
    deleteExemplars: () => Promise.resolve(0),
    cleanTombstones: () => Promise.resolve(void calls.push('clean')),
    snapshot: ({ hasHead }) => {
      calls.push(hasHead);
      return Promise.resolve('20261121T101500Z-0000000000000001');
    },
    ...overrides,
  };
  const server = await startTestServer({ admin });
  running.push(server);
  const send = async (request: string, method = 'POST'): Promise<unknown> => {
    const response = await fetch(`${server.address}/api/v1/admin/tsdb/${request}`, { method });
    const text = await response.text();
    return [response.status, text === '' ? undefined : (JSON.parse(text) as unknown)];
  };
  return { calls, send };
}

const refused = (error: string): unknown => [400, { status: 'error', errorType: 'bad_data', error }];

test('all selectors of a request are deleted at once, over all of time by default', async () => {
  const { calls, send } = await start();
  assert.deepEqual(await send('delete_series?match[]=up&match[]={job="a"}&start=1&end=2.5'), [
    204,
    undefined,
  ]);
  assert.deepEqual(await send('delete_series?match[]=up', 'PUT'), [204, undefined]);
  assert.deepEqual(calls, [
    [['__name__="up"', 'job="a"'], 1000, 2500],
    [['__name__="up"'], -8.64e15, 8.64e15],
  ]);
});

test('a selector of every series, or one that cannot be read, deletes nothing, not even the others', async () => {
  const { calls, send } = await start();
  assert.deepEqual(await send('delete_series'), refused('no match[] parameter provided'));
  assert.deepEqual(
    await send('delete_series?match[]=up&match[]={}'),
    refused('invalid parameter "match[]": match[] must contain at least one non-empty matcher'),
  );
  assert.deepEqual(
    await send('delete_series?match[]=up&match[]={job=""}'),
    refused('invalid parameter "match[]": match[] must contain at least one non-empty matcher'),
  );
  const [status] = (await send('delete_series?match[]=up&match[]=up{')) as [number];
  assert.equal(status, 400);
  assert.deepEqual(calls, []);
});

test('a snapshot answers with its name; skip_head takes the words that Go takes for a boolean', async () => {
  const { calls, send } = await start();
  const want = [200, { status: 'success', data: { name: '20261121T101500Z-0000000000000001' } }];
  for (const request of [
    '',
    '?skip_head=',
    '?skip_head=true',
    '?skip_head=T',
    '?skip_head=1',
    '?skip_head=False',
  ])
    assert.deepEqual(await send(`snapshot${request}`), want);
  assert.deepEqual(calls, [true, true, false, false, false, true]);
  const [status] = (await send('snapshot?skip_head=yes')) as [number];
  assert.equal(status, 400);
});

test('a disk that refuses is told in words', async () => {
  const { send } = await start({
    cleanTombstones: () =>
      Promise.reject(new UnavailableError('VED_STORAGE_FULL', 'cannot remove: the disk is full')),
  });
  assert.deepEqual(await send('clean_tombstones'), [
    503,
    { status: 'error', errorType: 'unavailable', error: 'cannot remove: the disk is full' },
  ]);
});

test('where samples are kept elsewhere, the answer says so', async () => {
  const server = await startTestServer({ admin: undefined });
  running.push(server);
  const response = await fetch(`${server.address}/api/v1/admin/tsdb/clean_tombstones`, { method: 'POST' });
  assert.equal(response.status, 501);
  assert.match(await response.text(), /they are not kept here/);
});

test('the routes ask for the highest role and are not for reading methods', () => {
  const config = serverSchema.parse({ listen: '127.0.0.1:0' });
  const routes = createHttpServer(createTestDeps(), config).routes.filter(({ path }) =>
    path.includes('/admin/'),
  );
  assert.equal(routes.length, 3);
  for (const { access, methods } of routes) assert.deepEqual([access, methods], ['admin', ['POST', 'PUT']]);
});
