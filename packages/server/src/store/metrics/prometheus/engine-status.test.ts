import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UnavailableError, UnsupportedError, VirtualClock } from '@vedette/model';
import { JsonCursor } from '../../../lib/json-cursor.ts';
import type { PrometheusApi } from '../port.ts';
import { EngineStatus } from './engine-status.ts';

/** An API that answers each call as told. */
function apiOf(answer: (form: URLSearchParams) => unknown): PrometheusApi {
  return {
    url: 'http://engine',
    call: async (request, read, signal) => {
      const body: unknown = await Promise.race([
        answer(request.form ?? new URLSearchParams()),
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
      ]);
      const data = await read(new JsonCursor(Buffer.from(JSON.stringify(body))));
      return { data, warnings: [], infos: [] };
    },
  };
}

const PROMETHEUS = {
  headStats: { numSeries: 500, numLabelPairs: 40, chunkCount: 900, minTime: 1000, maxTime: 2000 },
  seriesCountByMetricName: [
    { name: 'a', value: 3 },
    { name: 'b', value: 2 },
  ],
  labelValueCountByLabelName: [],
  memoryInBytesByLabelName: [{ name: 'c', value: 9 }],
  seriesCountByLabelValuePair: [],
};

test('the head of Prometheus is shown, its lists cut to the limit', async () => {
  const clock = new VirtualClock({ startMs: 0 });
  const status = new EngineStatus({ clock, api: apiOf(() => PROMETHEUS) });
  status.start();
  await clock.advance(0);
  assert.deepEqual(status.head, {
    seriesCount: 500,
    chunkCount: 900,
    labelPairCount: 40,
    minMs: 1000,
    maxMs: 2000,
  });
  assert.equal(status.problem, undefined);
  const { seriesByMetric, bytesByLabel } = await status.cardinality(1);
  assert.deepEqual([seriesByMetric, bytesByLabel], [[{ name: 'a', value: 3 }], [{ name: 'c', value: 9 }]]);
  status.stop();
  assert.equal(clock.pendingTimerCount, 0);
});

test("VictoriaMetrics' own fields are read, an empty head has no bounds, nonsense is not known", async () => {
  const clock = new VirtualClock({ startMs: 0 });
  const check = async (body: unknown, want: readonly unknown[]): Promise<void> => {
    const status = new EngineStatus({ clock, api: apiOf(() => body) });
    const { head } = await status.cardinality(10);
    assert.deepEqual([head.seriesCount, head.labelPairCount, head.minMs, head.maxMs], want);
  };
  await check({ totalSeries: 7, totalLabelValuePairs: 8 }, [7, 8, undefined, undefined]);
  await check({ headStats: { numSeries: 0, minTime: 9e18, maxTime: -9e18 } }, [
    0,
    undefined,
    undefined,
    undefined,
  ]);
  await check(['?'], [undefined, undefined, undefined, undefined]);
});

test('an engine that is away or hangs is a problem until it answers again; one without the path is none', async () => {
  const clock = new VirtualClock({ startMs: 0 });
  let answer: () => unknown = () => Promise.reject(new UnavailableError('VED_ENGINE_UNAVAILABLE', 'refused'));
  const status = new EngineStatus({ clock, api: apiOf(() => answer()) });
  status.start();
  await clock.advance(0);
  assert.equal(status.problem, 'refused');
  answer = () => new Promise(() => undefined);
  await clock.advance(15_000);
  await clock.advance(5000);
  assert.match(status.problem ?? '', /http:\/\/engine: no answer within 5000 ms/);
  answer = () => PROMETHEUS;
  await clock.advance(15_000);
  assert.deepEqual([status.problem, status.head.seriesCount], [undefined, 500]);
  answer = () => Promise.reject(new UnsupportedError('VED_ENGINE_UNSUPPORTED', 'no such path'));
  await clock.advance(15_000);
  assert.deepEqual([status.problem, status.head.seriesCount], [undefined, undefined]);
  await assert.rejects(status.cardinality(1), UnsupportedError);
  status.stop();
});
