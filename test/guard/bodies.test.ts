/** Bodies that are not what they should be, at every path of the guard that takes one. */
import assert from 'node:assert/strict';
import * as http from 'node:http';
import { test } from 'node:test';
import { startVedette } from '../support/vedette-process.ts';
import { guardConfig, liveDecisions, postActions, untilRefused } from './scene.ts';

const PATHS: readonly string[] = [
  '/guard/actions',
  '/guard/appeal/nobody',
  '/webhooks/alertmanager/user-behavior',
  '/api/vedette/guard/decisions',
  '/api/vedette/guard/decisions/nobody/lift',
  '/api/vedette/guard/decisions/nobody/approve',
  '/api/vedette/guard/decisions/nobody/extend',
  '/api/vedette/guard/decisions/nobody/permanent',
  '/api/vedette/guard/decisions/nobody/appeal',
  '/api/vedette/guard/policies/nobody/mode',
  '/api/vedette/guard/policies/__proto__/mode',
];

const BODIES: readonly (string | Buffer)[] = [
  '',
  'null',
  '[]',
  '{}',
  '"text"',
  '0',
  '{"actions":',
  '{"actions":{}}',
  '{"actions":[null]}',
  '{"actions":[{"subject":{"__proto__":1},"action":"a"}]}',
  '{"actions":[{"subject":"u","action":"a","count":1e999}]}',
  '{"version":1,"instance":"a","seq":1,"sentAtMs":0,"words":[],"rows":[[0,0,0,0,0,0,0]]}',
  '{"version":"4","status":"firing","alerts":{}}',
  '{"version":"4","status":"firing","alerts":[{"status":"firing","labels":[],"startsAt":"yesterday"}]}',
  '{"subject":"u","untilMs":"soon","reason":"r"}',
  '{"__proto__":{"subject":"u","untilMs":null,"reason":"r"}}',
  '['.repeat(100_000),
  `{"actions":[${'[],'.repeat(1999)}[]]}`,
  `{"reason":"${'x'.repeat(3_000_000)}"}`,
  Buffer.from([0xff, 0xfe, 0x00, 0x7b]),
];

const NOTHING_PROCESSED = '{"status":"processed","alerts_count":0}';

// Beyond what socket buffers take.
const LARGE_BYTES = 200_000;

interface Answered {
  readonly status: number;
  readonly text: string;
}

/** Status 0: the server answered and closed while a large body was still written. Not by `fetch`, which asks again then. */
function post(url: string, body: string | Buffer, headers: http.OutgoingHttpHeaders): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const request = http.request(url, { method: 'POST', headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    request.on('error', (error) =>
      body.length > LARGE_BYTES ? resolve({ status: 0, text: error.message }) : reject(error),
    );
    request.end(body);
  });
}

test('what is no body is refused with words at every path of the guard, and changes nothing', async (t) => {
  const server = await startVedette(t, { config: guardConfig() });
  for (const path of PATHS)
    for (const body of BODIES)
      for (const encoding of ['identity', 'gzip']) {
        const headers = { 'content-type': 'application/json', 'content-encoding': encoding };
        const { status, text } = await post(server.url + path, body, headers);
        const what = `${path} ${encoding} ${body.toString().slice(0, 60)}: ${status} ${text.slice(0, 200)}`;
        // An empty list of alerts is a fine one.
        if (status === 0) continue;
        if (text === NOTHING_PROCESSED && body === '[]') continue;
        assert.ok(status >= 400 && status < 500, what);
        assert.ok(text.length > 10 && text.length < 4000, what);
        assert.doesNotMatch(text, /\bat .+\.ts:\d+/, what);
      }
  assert.deepEqual(await liveDecisions(server), []);
  const nameless = {
    version: '4',
    status: 'firing',
    alerts: [{ status: 'firing', labels: { alertname: 'A' }, startsAt: new Date().toISOString() }],
  };
  const told = await post(`${server.url}/webhooks/alertmanager/user-behavior`, JSON.stringify(nameless), {
    'content-type': 'application/json',
  });
  assert.deepEqual([told.status, JSON.parse(told.text)], [200, { status: 'processed', alerts_count: 1 }]);
  await postActions(server, { actions: [{ subject: 'mallory', action: 'search', count: 31 }] });
  await untilRefused(server, 'mallory');
});
