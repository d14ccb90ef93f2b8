import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { cardinalityReport, type CardinalityReport } from '@vedette/api';
import { formatMatcher } from '@vedette/model';
import type { RunningHttpServer } from '../http-server.ts';
import { startTestServer } from '../test-server.ts';

const running: RunningHttpServer[] = [];
after(() => Promise.all(running.map((server) => server.close())));

const REPORT: CardinalityReport = {
  activeSeries: 3,
  seriesMax: 10,
  staleSeries: 1,
  stoppedSeries: 0,
  createdTotal: 5,
  removedTotal: 2,
  jobs: [{ job: 'api', activeSeries: 3, limit: null }],
  turnoverByJob: [
    { name: 'api', createdLastHour: 5, removedLastHour: 2, createdTotal: 5, removedTotal: 2, netTotal: 3 },
  ],
  turnoverByMetric: [],
  selected: { activeSeries: 3, seriesByMetric: [], valuesByLabel: [], seriesByLabelPair: [] },
};

async function start(): Promise<{
  asked: unknown[];
  get: (query: string) => Promise<{ status: number; body: unknown }>;
}> {
  const asked: unknown[] = [];
  const server = await startTestServer({
    series: {
      report: ({ limit, matcherSets }) => {
        asked.push([limit, matcherSets.map((set) => set.map(formatMatcher).join())]);
        return Promise.resolve(REPORT);
      },
    },
  });
  running.push(server);
  return {
    asked,
    get: async (query) => {
      const response = await fetch(`${server.address}/api/vedette/cardinality${query}`);
      return { status: response.status, body: await response.json() };
    },
  };
}

test('the answer is what the contract says', async () => {
  const { get, asked } = await start();
  const { status, body } = await get('');
  assert.equal(status, 200);
  assert.deepEqual(cardinalityReport.parse(body), REPORT);
  assert.deepEqual(asked, [[10, []]]);
});

test('job and metric narrow each selector', async () => {
  const { get, asked } = await start();
  await get('?job=api&metric=up&limit=3');
  await get('?job=api&match[]=up&match[]={a="b"}');
  assert.deepEqual(asked, [
    [3, ['job="api",__name__="up"']],
    [10, ['__name__="up",job="api"', 'a="b",job="api"']],
  ]);
});

test('what cannot be asked is refused in words', async () => {
  const { get, asked } = await start();
  const check = async (query: string, want: RegExp): Promise<void> => {
    const { status, body } = await get(query);
    assert.equal(status, 400);
    assert.match(JSON.stringify(body), want);
  };
  await check('?limit=0', /limit must be from 1 to 10000; got 0/);
  await check('?limit=10001', /limit must be from 1 to 10000; got 10001/);
  await check('?limit=x', /invalid parameter/);
  await check('?match[]={}', /at least one non-empty matcher/);
  await check(`?${'match[]=up&'.repeat(21)}`, /may be given 20 times; got 21/);
  assert.deepEqual(asked, []);
});

test('where samples are kept elsewhere, the answer says so', async () => {
  const server = await startTestServer();
  running.push(server);
  const response = await fetch(`${server.address}/api/vedette/cardinality`);
  assert.equal(response.status, 501);
  assert.match(await response.text(), /kept by storage\.metrics\.engine/);
});
