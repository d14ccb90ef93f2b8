import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelValueOf, SeededRandom, VirtualClock } from '@vedette/model';
import type { EndedAttempt } from './history/attempt-log.ts';
import type { Notification, Receiver, SendResult } from './notify/receiver.ts';
import { PipelineWorld } from './pipeline-fixture.ts';
import { setupOf } from './setup-fixture.ts';
import { sendTest, TEST_DEADLINE_MS } from './test-message.ts';

type Send = Receiver['send'];

function scene(send: Send) {
  const clock = new VirtualClock({ startMs: 60_000 });
  const noted: EndedAttempt[] = [];
  const receiver: Receiver = { name: 'ops', integration: 'webhook', index: 2, sendsResolved: true, send };
  const stop = new AbortController();
  const run = sendTest(
    { clock, random: new SeededRandom(1), note: (ended) => void noted.push(ended) },
    { receiver, actor: 'ada' },
    stop.signal,
  );
  return { clock, noted, run, stop };
}

const hang: Send = (_notification, signal) =>
  new Promise<SendResult>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });

test('the message is one firing alert that says it is a test and who asked', async () => {
  const told: Notification[] = [];
  const { run, noted } = scene((notification) => {
    told.push(notification);
    return Promise.resolve({ kind: 'delivered' });
  });
  assert.equal((await run).result.kind, 'delivered');
  const [notification] = told;
  assert.equal(notification!.status, 'firing');
  const [alert] = notification!.alerts;
  assert.equal(labelValueOf(alert!.labels, 'alertname'), 'VedetteTest');
  assert.match(labelValueOf(alert!.annotations, 'summary'), /test of this channel/);
  assert.match(labelValueOf(alert!.annotations, 'description'), /^Sent by ada /);
  assert.deepEqual([noted[0]!.plan.reason, noted[0]!.attempt], ['test', 1]);
});

test('a channel that says nothing is given up at the deadline, and that is noted', async () => {
  const { run, noted, clock } = scene(hang);
  await clock.advance(TEST_DEADLINE_MS - 1);
  assert.equal(noted.length, 0);
  await clock.advance(1);
  const { result, tookMs } = await run;
  assert.ok(result.kind === 'failed');
  assert.deepEqual([result.category, result.error], ['deadline', 'no answer within 15 s']);
  assert.equal(tookMs, TEST_DEADLINE_MS);
  assert.equal(noted.length, 1);
});

test('the test ends when the person who asked goes away', async () => {
  const { run, stop } = scene(hang);
  stop.abort(new Error('gone'));
  const { result } = await run;
  assert.ok(result.kind === 'failed');
  assert.equal(result.error, 'gone');
});

test('a sender that throws is a failure for good', async () => {
  const { run } = scene(() => Promise.reject(new Error('no such template')));
  const { result } = await run;
  assert.ok(result.kind === 'failed');
  assert.deepEqual([result.isRetriable, result.error], [false, 'no such template']);
});

test('a test stands in the history of attempts and touches neither alerts nor groups', async (t) => {
  const world = new PipelineWorld((inner) => setupOf([inner.receiver('ops')]));
  t.after(() => world.close());
  await world.pipeline.start();
  const receiver = world.receiver('ops');
  const { result } = await world.pipeline.test({ receiver, actor: 'ada' }, new AbortController().signal);
  assert.equal(result.kind, 'delivered');
  assert.deepEqual(world.take(), ['0s ops VedetteTest']);
  assert.deepEqual([world.pipeline.alerts().length, world.pipeline.groups().length], [0, 0]);
  await world.advanceSeconds(1);
  const { attempts } = await world.pipeline.attempts({ limit: 10 });
  assert.deepEqual(
    attempts.map(({ reason, outcome, receiver: name }) => [reason, outcome, name]),
    [['test', 'delivered', 'ops']],
  );
});
