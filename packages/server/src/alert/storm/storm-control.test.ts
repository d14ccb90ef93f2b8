import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { labelValueOf } from '@vedette/model';
import type { Receiver } from '../notify/receiver.ts';
import { PipelineWorld, type Told } from '../pipeline-fixture.ts';
import { setupOf } from '../setup-fixture.ts';

const MESSAGES_MAX = 20;

type Receivers = (world: PipelineWorld) => readonly Receiver[];

const OPS: Receivers = (world) => [world.receiver('ops')];

function worldOf(receivers: Receivers = OPS, options: ConstructorParameters<typeof PipelineWorld>[1] = {}) {
  const storm = { alertsMax: 100, messagesMax: MESSAGES_MAX, externalUrl: 'http://vedette.test' };
  const route = { groupWaitMs: 30_000, groupIntervalMs: 300_000 };
  return new PipelineWorld((world) => ({ ...setupOf(receivers(world), route), storm }), options);
}

const check = (sentence: string, run: (world: PipelineWorld) => Promise<void>, receivers: Receivers = OPS) =>
  test(sentence, async () => {
    const world = worldOf(receivers);
    await world.pipeline.start();
    await run(world);
    await world.close();
    assert.equal(world.clock.pendingTimerCount, 0);
  });

/** `count` groups of `perGroup` alerts each. */
function alerts(count: number, perGroup = 1, prefix = ''): string[] {
  return Array.from({ length: count * perGroup }, (_, i) => {
    const severity = i === 7 ? 'critical' : 'warning';
    return `${prefix}alertname=G${i % count} i=${i} severity=${severity}`;
  });
}

const isDigest = ({ notification }: Told): boolean => notification.reason === 'storm digest';

function annotation({ notification }: Told, name: string): string {
  return labelValueOf(notification.alerts[0]?.annotations ?? assert.fail('a digest has an alert'), name);
}

/** Sums over digests of the numbers in their summaries. */
function countsOf(digests: readonly Told[]): { firing: number; resolved: number; notifications: number } {
  const counts = { firing: 0, resolved: 0, notifications: 0 };
  for (const digest of digests) {
    const summary = annotation(digest, 'summary');
    const numbers = /^(\d+) firing and (\d+) resolved alerts in (\d+) /.exec(summary)?.map(Number);
    const [, firing = NaN, resolved = NaN, notifications = NaN] = numbers ?? [];
    counts.firing += firing;
    counts.resolved += resolved;
    counts.notifications += notifications;
  }
  return counts;
}

/** The most messages within any minute. */
function busiestMinute(told: readonly Told[]): number {
  return Math.max(
    0,
    ...told.map(({ atMs }) => told.filter((one) => one.atMs >= atMs && one.atMs < atMs + 60_000).length),
  );
}

check(
  'ten thousand alerts in a minute make at most 20 messages, and every alert is counted once',
  async (world) => {
    for (let i = 0; i < 10; i++) {
      await world.post(...alerts(800, 13).slice(i * 1000, (i + 1) * 1000));
      await world.advanceSeconds(2.9);
    }
    await world.advanceSeconds(140);
    assert.ok(world.told.length > 2 && busiestMinute(world.told) <= MESSAGES_MAX, String(world.told.length));
    const digests = world.told.filter((told) => isDigest(told) && told.notification.status === 'firing');
    const single = world.told.filter((told) => !isDigest(told));
    const singleCount = single.reduce((sum, { notification }) => sum + notification.alerts.length, 0);
    assert.equal(countsOf(digests).firing + singleCount, 10_000);
    assert.equal(countsOf(digests).notifications + single.length, 800);
    const [digest = assert.fail('a digest is sent')] = digests;
    assert.match(annotation(digest, 'description'), /^13 × G\d+, .* others$/);
    assert.equal(labelValueOf(digest.notification.alerts[0]!.labels, 'alertname'), 'AlertStorm');
    const history = await world.pipeline.notifications(1000);
    assert.equal(history.filter(({ outcome }) => outcome === 'held').length, 800 - single.length);
  },
);

check('alerts that go on coming stay within the limit, too', async (world) => {
  for (let i = 0; i < 8; i++) {
    await world.post(...alerts(1200).slice(i * 150, (i + 1) * 150));
    await world.advanceSeconds(30);
  }
  await world.advanceSeconds(600);
  assert.ok(busiestMinute(world.told) <= MESSAGES_MAX, String(busiestMinute(world.told)));
  const single = world.told.filter((told) => !isDigest(told)).length;
  const digests = world.told.filter((told) => isDigest(told) && told.notification.status === 'firing');
  assert.equal(countsOf(digests).firing + single, 1200);
});

check('the ends of a storm are told like its beginnings, and the storm itself resolves', async (world) => {
  await world.post(...alerts(500));
  await world.advanceSeconds(200);
  const before = world.told.splice(0);
  await world.post(...alerts(500, 1, '-'));
  await world.advanceSeconds(1000);
  assert.ok(busiestMinute(world.told) <= MESSAGES_MAX);
  const digests = world.told.filter((told) => isDigest(told) && annotation(told, 'summary').startsWith('0 '));
  const single = world.told.filter((told) => !isDigest(told));
  const singleEnds = single.flatMap(({ notification }) => notification.alerts).filter(({ endsAt }) => endsAt);
  assert.equal(countsOf(digests).resolved + singleEnds.length, 500);
  const storms = [...before, ...world.told].filter(isDigest);
  assert.equal(storms.at(0)?.notification.status, 'firing');
  assert.equal(storms.at(-1)?.notification.status, 'resolved');
  world.told.splice(0);
  await world.advanceSeconds(3600);
  assert.deepEqual(world.take(), [], 'then it is quiet');
});

check('few alerts in many messages are no storm, nor are many alerts in few messages', async (world) => {
  await world.post(...alerts(90));
  await world.advanceSeconds(40);
  assert.equal(world.told.splice(0).length, 90);
  await world.post(...alerts(90, 1, '-'));
  await world.advanceSeconds(400);
  assert.equal(world.told.splice(0).length, 90);
  await world.post(...alerts(5, 1000));
  await world.advanceSeconds(40);
  assert.equal(world.told.splice(0).length, 5);
});

check(
  'heartbeats are called in a storm, too; each other receiver has its digest',
  async (world) => {
    await world.post(...alerts(300));
    await world.advanceSeconds(100);
    const of = (name: string): readonly Told[] => world.told.filter(({ receiver }) => receiver === name);
    assert.equal(of('beat').length, 300);
    for (const name of ['ops', 'dev']) assert.equal(of(name).filter(isDigest).length, 1, name);
  },
  (world) => [
    world.receiver('ops'),
    { ...world.receiver('dev'), name: 'ops', index: 1 },
    { ...world.receiver('beat', { integration: 'heartbeat' }), name: 'ops' },
  ],
);

check(
  'who does not want to hear of ends gets no digest of ends',
  async (world) => {
    await world.post(...alerts(300));
    await world.advanceSeconds(200);
    world.told.splice(0);
    await world.post(...alerts(300, 1, '-'));
    await world.advanceSeconds(700);
    assert.deepEqual(world.take(), []);
  },
  (world) => [world.receiver('ops', { sendsResolved: false })],
);

check('a digest that is refused is tried again under its id', async (world) => {
  world.answer = ({ reason }) =>
    Promise.resolve(
      reason === 'storm digest'
        ? { kind: 'failed', isRetriable: false, category: 'clientError', error: 'no' }
        : { kind: 'delivered' },
    );
  await world.post(...alerts(300));
  await world.advanceSeconds(250);
  const refused = world.told.filter(isDigest);
  assert.ok(refused.length >= 2);
  world.answer = () => Promise.resolve({ kind: 'delivered' });
  await world.advanceSeconds(61);
  const ids = new Set(world.told.filter(isDigest).map(({ notification }) => notification.id));
  assert.equal(ids.size, 1);
});

check('alert names that every object has are counted like others', async (world) => {
  const names = ['constructor', 'toString', '__proto__'];
  await world.post(
    ...alerts(30, 5),
    ...names.flatMap((name) => alerts(20, 1, `x=1 `).map((text) => text.replace(/=G\d+/, `=${name}`))),
  );
  await world.advanceSeconds(200);
  const [digest = assert.fail('a digest is sent')] = world.told.filter(isDigest);
  assert.match(annotation(digest, 'description'), /20 × __proto__, 20 × constructor, 20 × toString/);
  assert.doesNotMatch(annotation(digest, 'description'), /native code/);
});

check('a channel that is slow with digests gets one a minute while a storm goes on', async (world) => {
  world.answer = async ({ reason }) => {
    if (reason === 'storm digest') await world.clock.sleep(20_000);
    return { kind: 'delivered' };
  };
  for (let i = 0; i < 30; i++) {
    // New groups every time: of known ones only the next flush would tell.
    await world.post(...alerts(i === 0 ? 120 : 25).map((text) => text.replace('=G', `=R${i}G`)));
    await world.advanceSeconds(10);
  }
  const digestsAt = world.told.filter(isDigest).map(({ atMs }) => atMs);
  assert.ok(digestsAt.length >= 3, 'the storm goes on');
  const gaps = digestsAt.slice(1).map((atMs, i) => atMs - (digestsAt[i] ?? 0));
  assert.ok(Math.min(...gaps) >= 60_000, `gaps of ${gaps.join(', ')} ms`);
  world.answer = () => Promise.resolve({ kind: 'delivered' });
  await world.advanceSeconds(120);
});

test('a kill loses no digest, neither before it is sent nor while it is', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'vedette-storm-'));
  const path = join(directory, 'state.db');
  try {
    const before = worldOf(OPS, { path });
    await before.pipeline.start();
    await before.post(...alerts(300));
    await before.advanceSeconds(60);
    const singleCount = before.told.length;
    assert.ok(!before.told.some(isDigest), 'killed before the digest');
    await before.state.close();

    const second = worldOf(OPS, { path, startMs: 60_000, seed: 2 });
    await second.pipeline.start();
    second.answer = () => new Promise(() => undefined);
    await second.advanceSeconds(61);
    const [hanging] = second.told.filter(isDigest);
    assert.equal(countsOf([hanging!]).firing + singleCount, 300);
    await second.state.close();

    const third = worldOf(OPS, { path, startMs: 125_000, seed: 3 });
    await third.pipeline.start();
    await third.advanceSeconds(61);
    assert.deepEqual(
      third.told.map(({ notification }) => notification.id),
      [hanging!.notification.id],
    );
    await third.close();
  } finally {
    rmSync(directory, { recursive: true });
  }
});
