/** "Send test": a real server, a webhook that takes, refuses and says nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReceiverSummary, ReceiverTestResult } from '@vedette/api';
import { startHook } from './support/alerting-scene.ts';
import { startVedette } from './support/vedette-process.ts';

test('a test reaches the webhook, and its refusal or silence is told in words', async (t) => {
  const hook = await startHook(t);
  const vedette = await startVedette(t, {
    args: ['--no-host'],
    config: `alertmanager:
  route: { receiver: ops }
  receivers:
    - name: ops
      webhook_configs: [ { url: "${hook.url}?token=hush-hush" }, { url: "${hook.url}?token=hush-hush", timeout: 300ms } ]
    - { name: spare, log_configs: [ {} ] }
`,
  });
  const send = async (index = 0): Promise<ReceiverTestResult> =>
    await vedette.json('/api/vedette/receivers/ops/test', {
      method: 'POST',
      body: JSON.stringify({ integration: 'webhook', index }),
    });
  const lastAttempt = async () => {
    const receivers = await vedette.json<readonly ReceiverSummary[]>('/api/vedette/receivers');
    assert.deepEqual(
      receivers.map(({ name, isRouted }) => [name, isRouted]),
      [
        ['ops', true],
        ['spare', false],
      ],
    );
    const text = JSON.stringify(receivers);
    assert.ok(!text.includes('hush') && !text.includes('/hook'), text);
    return receivers[0]?.channels[0]?.lastAttempt;
  };
  assert.equal(await lastAttempt(), null);

  const taken = await send();
  assert.deepEqual([taken.outcome, taken.answer?.status], ['delivered', 200]);
  assert.match(taken.message ?? '', /"alertname":"VedetteTest"/);
  assert.equal(hook.messages[0]?.alerts[0]?.labels['alertname'], 'VedetteTest');
  assert.equal((await lastAttempt())?.outcome, 'delivered');

  hook.answer = (response) => void response.writeHead(500).end('the room is full');
  const refused = await send();
  assert.deepEqual([refused.outcome, refused.answer?.status], ['failed', 500]);
  assert.match(refused.error ?? '', /500: the room is full/);
  assert.match((await lastAttempt())?.error ?? '', /the room is full/);

  hook.answer = () => undefined;
  // The one with little patience: the others would fail on a machine that is busy.
  const silent = await send(1);
  assert.deepEqual([silent.outcome, silent.answer], ['failed', null]);
  assert.match(silent.error ?? '', /no answer within 300 ms/);
  assert.match(silent.message ?? '', /VedetteTest/, 'what was sent is shown all the same');

  assert.equal(hook.messages.length, 3, 'none of them was tried again');
  assert.deepEqual(await vedette.json('/api/v2/alerts?filter=alertname%3D%22VedetteTest%22'), []);
});
