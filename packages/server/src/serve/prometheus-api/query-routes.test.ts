import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { slowQuery } from '@vedette/api';
import { SlowQueryLog } from '../../query/metrics/index.ts';
import type { QueryOptions } from '../../query/metrics/port.ts';
import { SILENT_LOG } from '../../telemetry/log.ts';
import { FakePromQuery, startTestServer } from '../test-server.ts';

async function start(t: TestContext, slow = new SlowQueryLog(SILENT_LOG, 1)) {
  const query = new FakePromQuery();
  const server = await startTestServer({ query, slowQueries: slow });
  t.after(() => server.close());
  return { query, slow, address: server.address };
}

const RANGE = '/api/v1/query_range?query=up&start=10&end=12&step=1';

test('a client asks past the result cache with nocache=1 or Cache-Control: no-store', async (t) => {
  const { query, address } = await start(t);
  const check = async (
    isUncached: boolean,
    search: string,
    headers: Record<string, string> = {},
  ): Promise<void> => {
    await (await fetch(address + RANGE + search, { headers })).text();
    assert.equal(query.ranges.at(-1)?.options?.isUncached, isUncached, search);
  };
  await check(false, '');
  await check(true, '&nocache=1');
  await check(false, '&nocache=0');
  await check(true, '', { 'cache-control': 'max-age=0, No-Store' });
  await check(false, '', { 'cache-control': 'no-cache' });
});

test('a query is of the page or the address that sent it', async (t) => {
  const { query, address } = await start(t);
  const sourceOf = async (headers: Record<string, string>): Promise<QueryOptions['source']> => {
    await (await fetch(`${address}/api/v1/query?query=up`, { headers })).text();
    return query.instants.at(-1)?.options?.source;
  };
  assert.deepEqual(await sourceOf({}), { kind: 'api', client: '127.0.0.1' });
  assert.deepEqual(await sourceOf({ 'sec-fetch-site': 'same-origin' }), { kind: 'ui', client: '127.0.0.1' });
});

test('slow queries are listed, the newest first, with the length of their answer once it was sent', async (t) => {
  const { query, slow, address } = await start(t);
  const record = {
    kind: 'range',
    expr: 'up',
    startMs: 10_000,
    endMs: 12_000,
    stepMs: 1000,
    atMs: 1,
    outcome: 'success',
    waitMs: 500,
    runMs: 1500,
    series: 1,
    samples: 3,
    samplesPeak: 3,
  } as const;
  const range = query.range.bind(query);
  query.range = async (request) => {
    const result = await range(request);
    slow.note({ ...record, source: { kind: 'api', client: '127.0.0.1' } }, result);
    return result;
  };
  slow.note({ ...record, source: { kind: 'rules', client: '' }, outcome: 'timeout' }, undefined);
  const answer = await (await fetch(address + RANGE)).text();
  const response = await fetch(`${address}/api/vedette/queries/slow`);
  const listed = slowQuery.array().parse(await response.json());
  const { waitMs: _wait, runMs: _run, ...rest } = record;
  assert.deepEqual(listed, [
    { ...rest, source: 'api 127.0.0.1', waitSeconds: 0.5, runSeconds: 1.5, bytes: answer.length },
    { ...rest, source: 'rules', outcome: 'timeout', waitSeconds: 0.5, runSeconds: 1.5, bytes: null },
  ]);
});
