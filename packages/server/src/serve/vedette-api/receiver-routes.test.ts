import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { receiverSummary, receiverTestResult } from '@vedette/api';
import { VirtualClock } from '@vedette/model';
import { z } from 'zod';
import type { Attempt } from '../../alert/history/attempt-log.ts';
import { startTestServer } from '../test-server.ts';
import { RECEIVER_TESTS_PER_MINUTE_MAX, type ChannelTest, type ReceiversView } from './receiver-routes.ts';

const WEBHOOK = { integration: 'webhook', index: 0, place: 'hooks.example', isTestable: true };
const GUARD = { integration: 'guard', index: 0, place: undefined, isTestable: false };

const FAILED: Attempt = {
  atMs: 5000,
  tookMs: 3,
  receiver: 'ops team',
  integration: 'webhook',
  index: 0,
  groupKey: '{}',
  notificationId: 'n1',
  reason: 'first notification',
  attempt: 1,
  outcome: 'failed',
  isRetriable: true,
  category: 'network',
  error: 'refused',
  answer: null,
  firingCount: 1,
  resolvedCount: 0,
  fingerprints: [],
};

const DELIVERED: ChannelTest = {
  result: { kind: 'delivered', answer: { status: 204, text: 'thanks' } },
  tookMs: 12.4,
  message: '{"alerts":[]}',
};

async function start(t: TestContext, answer: ChannelTest | undefined = DELIVERED) {
  const clock = new VirtualClock({ startMs: 0 });
  const asked: Parameters<ReceiversView['test']>[0][] = [];
  const receivers: ReceiversView = {
    list: () => [
      { name: 'ops team', isRouted: true, channels: [WEBHOOK, { ...WEBHOOK, index: 1 }, GUARD] },
      { name: 'nobody', isRouted: false, channels: [] },
    ],
    attempts: () =>
      Promise.resolve({
        attempts: [FAILED, { ...FAILED, atMs: 4000, outcome: 'delivered' }],
        nextCursor: undefined,
      }),
    test: (one) => {
      asked.push(one);
      return Promise.resolve(answer);
    },
  };
  const server = await startTestServer({ clock, receivers });
  t.after(() => server.close());
  const post = async (body: string, name = 'ops%20team'): Promise<Response> =>
    await fetch(`${server.address}/api/vedette/receivers/${name}/test`, { method: 'POST', body });
  return { server, clock, asked, post };
}

test('receivers are listed with their channels and how the newest attempt of each ended', async (t) => {
  const { server } = await start(t);
  const answer = await fetch(`${server.address}/api/vedette/receivers`);
  const list = z.array(receiverSummary).parse(await answer.json());
  assert.deepEqual(
    list.map(({ name, isRouted, channels }) => [name, isRouted, channels.length]),
    [
      ['ops team', true, 3],
      ['nobody', false, 0],
    ],
  );
  const [first, second, guard] = list[0]!.channels;
  assert.deepEqual(first!.lastAttempt, { atMs: 5000, outcome: 'failed', error: 'refused' });
  assert.equal(second!.lastAttempt, null, 'another index is another channel');
  assert.deepEqual([guard!.place, guard!.isTestable], [null, false]);
});

test('a test tells what was sent and what came back', async (t) => {
  const { post, asked } = await start(t);
  const answer = await post('{"integration":"webhook","index":1}');
  assert.deepEqual(receiverTestResult.parse(await answer.json()), {
    outcome: 'delivered',
    tookMs: 12,
    error: null,
    answer: { status: 204, text: 'thanks' },
    message: '{"alerts":[]}',
  });
  assert.deepEqual(asked, [
    { channel: { receiver: 'ops team', integration: 'webhook', index: 1 }, actor: 'local' },
  ]);
});

test('a channel that refuses is an answer with its words, not a fault of the request', async (t) => {
  const result = { kind: 'failed', isRetriable: true, category: 'serverError', error: 'no' } as const;
  const { post } = await start(t, { result, tookMs: 1, message: undefined });
  const answer = await post('{"integration":"webhook","index":0}');
  assert.equal(answer.status, 200);
  const { outcome, error, message } = receiverTestResult.parse(await answer.json());
  assert.deepEqual([outcome, error, message], ['failed', 'no', null]);
});

test('unknown channels, those that act, and bodies that cannot be read are refused by name', async (t) => {
  const { post, asked } = await start(t);
  const check = async (want: RegExp, status: number, body: string, name?: string): Promise<void> => {
    const answer = await post(body, name);
    assert.deepEqual([answer.status, want.test(await answer.text())], [status, true], body);
  };
  await check(/no channel webhook with index 7/, 404, '{"integration":"webhook","index":7}');
  await check(/test receiver .*who/, 404, '{"integration":"webhook","index":0}', 'who');
  await check(/cannot test channel guard/, 400, '{"integration":"guard","index":0}');
  await check(/want JSON such as/, 400, '{"integration":"webhook"');
  await check(/index/, 400, '{"integration":"webhook","index":-1}');
  await check(/Unrecognized key/, 400, '{"integration":"webhook","index":0,"to":"me"}');
  assert.equal(asked.length, 0, 'nothing was sent');
});

test('ten tests a minute are sent, the eleventh is refused, and a while later one is sent again', async (t) => {
  const { post, clock, asked } = await start(t);
  const body = '{"integration":"webhook","index":0}';
  for (let i = 0; i < RECEIVER_TESTS_PER_MINUTE_MAX; i++) assert.equal((await post(body)).status, 200);
  const refused = await post(body);
  assert.equal(refused.status, 429);
  assert.match(await refused.text(), /10 were sent within a minute/);
  assert.equal(asked.length, RECEIVER_TESTS_PER_MINUTE_MAX);
  await clock.advance(6000);
  assert.equal((await post(body)).status, 200);
});
