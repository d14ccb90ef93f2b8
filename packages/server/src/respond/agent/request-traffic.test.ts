import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AnalysisReport } from '@vedette/api';
import { alertFixture, reportOn, Story } from './agent-fixture.ts';

const ID = { job: 'api', instance: 'api-1:80' };
const REQUESTS = { __name__: 'http_requests_total', ...ID };

async function trafficOf(story: Story): Promise<AnalysisReport['blastRadius']['traffic']> {
  const report = await reportOn({
    query: story.query,
    alerts: [alertFixture({ alertname: 'Errors', ...ID })],
  });
  return report.blastRadius.traffic;
}

test('failures are told by the label of these series, whatever label those of another program have', async () => {
  const story = new Story()
    .counter({ ...REQUESTS, code: '200' }, () => 50)
    .counter({ ...REQUESTS, code: '500' }, () => 50)
    .counter({ __name__: 'http_requests_total', job: 'web', status_code: '200' }, () => 50);
  const traffic = await trafficOf(story);
  assert.ok(Math.abs((traffic?.errorRatio ?? 0) - 0.5) < 0.01, String(traffic?.errorRatio));
});

test('a label whose values are no codes tells nothing of failures: not that none fails', async () => {
  const story = new Story()
    .counter({ ...REQUESTS, status: 'success' }, () => 50)
    .counter({ ...REQUESTS, status: 'error' }, () => 50);
  const traffic = await trafficOf(story);
  assert.equal(traffic?.errorRatio, null);
  assert.ok((traffic.requestsPerSecond ?? 0) > 90);
});

test('codes without a failure among them: none fails', async () => {
  const story = new Story().counter({ ...REQUESTS, status: 'ok', code: '2xx' }, () => 50);
  assert.equal((await trafficOf(story))?.errorRatio, 0);
});

test('no metric of requests: no traffic', async () => {
  assert.equal(await trafficOf(new Story().gauge({ __name__: 'up', ...ID }, () => 1)), null);
});
