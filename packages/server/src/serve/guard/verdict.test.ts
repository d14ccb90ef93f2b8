import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestClock } from '../test-server.ts';
import { FakeGuard } from './guard-fixture.ts';
import { BY } from './guard-scene.ts';
import { VerdictBook } from './verdict.ts';

function create() {
  const clock = createTestClock();
  const guard = new FakeGuard(clock);
  const book = new VerdictBook(guard);
  const ban = async (
    scope: 'user' | 'ip' | 'range',
    subject: string,
    kind: 'slow' | 'challenge' | 'refuse' = 'refuse',
    forMs: number | null = 60_000,
  ): Promise<string> =>
    (await guard.ban({ scope, subject, kind, untilMs: forMs === null ? null : clock.nowMs() + forMs, ...BY }))
      .id;
  const ip = (subject: string): string | undefined => book.holding([{ scope: 'ip', subject }])?.id;
  return { clock, guard, book, ban, ip };
}

test('an address is found in every network around it, however that is written', async () => {
  const { ban, ip } = create();
  assert.equal(ip('10.1.2.3'), undefined);
  const range = await ban('range', '10.1.2.77/16');
  assert.equal(ip('10.1.2.3'), range);
  assert.equal(ip('10.1.255.255'), range);
  assert.equal(ip('10.2.0.0'), undefined);
  const six = await ban('range', '2001:DB8::/32');
  assert.equal(ip('2001:db8:1::1'), six);
  assert.equal(ip('not an address'), undefined);
});

test('a network no longer counts when it is lifted or over', async () => {
  const { ban, ip, guard, clock } = create();
  const id = await ban('range', '10.0.0.0/8');
  await ban('range', '11.0.0.0/8');
  assert.equal(ip('10.1.1.1'), id);
  await guard.lift(id, BY);
  assert.equal(ip('10.1.1.1'), undefined);
  assert.notEqual(ip('11.1.1.1'), undefined);
  await clock.advance(60_000);
  assert.equal(ip('11.1.1.1'), undefined);
});

test('the gravest of several decisions is told, and of equal ones the longest', async () => {
  const { book, ban } = create();
  const keys = [
    { scope: 'user', subject: 'u' },
    { scope: 'ip', subject: '10.0.0.1' },
  ] as const;
  await ban('user', 'u', 'slow', null);
  const challenge = await ban('range', '10.0.0.0/24', 'challenge');
  assert.equal(book.holding(keys)?.id, challenge);
  await ban('ip', '10.0.0.1', 'refuse', 1000);
  const longer = await ban('range', '10.0.0.0/8', 'refuse', 2000);
  assert.equal(book.holding(keys)?.id, longer);
});

test('what is on the allow list has no decisions, nor has its network', async () => {
  const { book, guard, ban, ip } = create();
  await ban('range', '10.0.0.0/8');
  await ban('user', '__proto__');
  assert.notEqual(book.holding([{ scope: 'user', subject: '__proto__' }]), undefined);
  guard.allow = ['::ffff:10.0.0.7', '__proto__', '10.9.0.0/16'];
  assert.equal(book.holding([{ scope: 'user', subject: '__proto__' }]), undefined);
  assert.equal(ip('10.0.0.7'), undefined);
  assert.equal(ip('10.9.200.1'), undefined, 'in a network that is allowed');
  assert.notEqual(ip('10.0.0.8'), undefined);
});
