import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VerdictGround } from '../guard/guard.ts';
import { createProcessingLock } from '../lock/processing-lock.ts';
import { fakeGuard, type FakeGuard } from '../testing/fake-guard.ts';
import { manualClock, type ManualClock } from '../testing/manual-clock.ts';
import type { BotAdapter, BotNotice } from './bot-adapter.ts';
import { guardBot, SLOWED_MAX, type BotGuard, type GuardBotOptions } from './guard-bot.ts';

interface Press {
  readonly id?: string;
  readonly userId?: string;
  readonly action?: string;
  readonly language?: string;
  readonly isRepeat?: boolean;
}

interface Scene {
  readonly guard: FakeGuard;
  readonly clock: ManualClock;
  readonly guarded: BotGuard<Press>;
  readonly notices: BotNotice[];
  readonly errors: unknown[];
  readonly outcomes: () => (string | undefined)[];
}

function scene(adapter: Partial<BotAdapter<Press>> = {}, options: GuardBotOptions = {}): Scene {
  const guard = fakeGuard();
  const clock = manualClock();
  const notices: BotNotice[] = [];
  const errors: unknown[] = [];
  const buttons: BotAdapter<Press> = {
    platform: 'buttons',
    subject: ({ userId = 'u1' }) => (userId === 'nobody' ? undefined : { userId }),
    action: ({ action = 'postback:next' }) => (action === 'none' ? undefined : action),
    eventId: ({ id }) => id,
    redelivered: ({ isRepeat = false }) => isRepeat,
    language: ({ language }) => language,
    refuse: (_, notice) => Promise.resolve(void notices.push(notice)),
    ...adapter,
  };
  const guarded = guardBot(guard, buttons, { clock, onError: (error) => errors.push(error), ...options });
  return { guard, clock, guarded, notices, errors, outcomes: () => guard.tracked.map((one) => one.outcome) };
}

const done = (): void => undefined;
const failing = (): never => {
  throw new Error('handler failed');
};

test('an action is counted with its source and outcome after the handler', async () => {
  const { guard, guarded, clock } = scene({ source: ({ action }) => (action === 'a' ? 'menu' : undefined) });
  assert.equal(await guarded({ action: 'a' }, done), 'handled');
  await assert.rejects(guarded({ action: 'b' }, failing), /handler failed/);
  assert.deepEqual(guard.tracked, [
    { subject: { scope: 'user', id: 'u1' }, action: 'a', source: 'menu', outcome: 'ok' },
    { subject: { scope: 'user', id: 'u1' }, action: 'b', source: 'buttons', outcome: 'error' },
  ]);
  assert.equal(clock.timerCount, 0);
});

test('an action whose handler hangs is counted after a second, and once', async () => {
  const { guarded, clock, outcomes } = scene();
  const hanging = Promise.withResolvers<void>();
  const passage = guarded({}, () => hanging.promise);
  await clock.advance(999);
  assert.deepEqual(outcomes(), []);
  await clock.advance(1);
  assert.deepEqual(outcomes(), ['ok']);
  hanging.reject(new Error('late'));
  await assert.rejects(passage, /late/);
  assert.deepEqual(outcomes(), ['ok']);
});

test('who is refused is told once per level, then nothing, for level after level', async () => {
  const { guard, guarded, notices, outcomes } = scene();
  const press = async (): Promise<void> =>
    assert.equal(await guarded({}, () => assert.fail('handler ran')), 'refused');
  for (let level = 1; level <= 100; level++) {
    guard.refuse('u1', { level, retryAfterMs: 3600_000 });
    for (let i = 0; i < 5; i++) await press();
    assert.equal(notices.length, level);
  }
  guard.refuse('u1', { level: 40, retryAfterMs: 3600_000 });
  await press();
  assert.equal(notices.length, 100);
  assert.ok(outcomes().every((outcome) => outcome === 'refused'));
});

test('events that come at the same moment make one notice', async () => {
  const { guard, guarded, notices } = scene({
    language: () => Promise.resolve('zh-TW'),
  });
  guard.refuse('u1');
  await Promise.all(Array.from({ length: 50 }, () => guarded({}, done)));
  assert.deepEqual(
    notices.map(({ language, text }) => [language, text]),
    [['zh-Hant', '您操作得有點快，請稍作休息，約 5 分鐘後可以繼續使用。']],
  );
});

test('the next ban after the end of one is told again, whatever the wall clock did between', async () => {
  const { guard, guarded, notices, clock } = scene();
  guard.refuse('u1', { retryAfterMs: 300_000 });
  await guarded({}, done);
  clock.jumpWallClock(365 * 86_400_000);
  await guarded({}, done);
  clock.jumpWallClock(-730 * 86_400_000);
  await clock.advance(299_999);
  await guarded({}, done);
  assert.equal(notices.length, 1);
  await clock.advance(1);
  await guarded({}, done);
  assert.equal(notices.length, 2);
});

test('a limit that comes and goes within seconds is told once a minute at most', async () => {
  const { guard, guarded, notices, clock } = scene();
  for (let second = 0; second < 59; second++) {
    guard.refuse('u1', { decisionId: '', by: 'local', retryAfterMs: 200 });
    await guarded({}, done);
    guard.allow('u1');
    await guarded({}, done);
    await clock.advance(1000);
  }
  assert.equal(notices.length, 1);
  guard.refuse('u1', { level: 1 });
  await guarded({}, done);
  assert.equal(notices.length, 2, 'a ban that follows is another matter');
});

test('a ban without an end is told once a day', async () => {
  const { guard, guarded, notices, clock } = scene();
  guard.refuse('u1', { grade: 'permanent', retryAfterMs: undefined });
  for (let hour = 0; hour < 24; hour++) {
    await guarded({}, done);
    await clock.advance(3600_000);
  }
  assert.equal(notices.length, 1);
  await guarded({}, done);
  assert.equal(notices.length, 2);
  assert.match(notices[0]!.text, /no longer use/);
});

test('a notice that fails is reported, and tried again after a minute', async () => {
  let isFailing = true;
  const sent: string[] = [];
  const { guard, guarded, errors, clock } = scene({
    refuse: (_, { text }) =>
      isFailing ? Promise.reject(new Error('429 Too Many Requests')) : Promise.resolve(void sent.push(text)),
  });
  guard.refuse('u1', { retryAfterMs: 3600_000 });
  for (let i = 0; i < 10; i++) assert.equal(await guarded({}, done), 'refused');
  assert.match(String(errors), /^Error: 429 Too Many Requests$/);
  isFailing = false;
  await clock.advance(59_999);
  await guarded({}, done);
  assert.equal(sent.length, 0);
  await clock.advance(1);
  await guarded({}, done);
  await guarded({}, done);
  assert.equal(sent.length, 1);
});

test('a platform that hangs holds a refused user for ten seconds at most', async () => {
  const { guard, guarded, errors, clock } = scene({ refuse: () => new Promise(() => undefined) });
  guard.refuse('u1');
  const passage = guarded({}, done);
  await clock.advance(10_000);
  assert.equal(await passage, 'refused');
  assert.match(String(errors[0]), /cannot send notice on buttons: no answer within 10000 ms/);
  assert.equal(clock.timerCount, 0);
});

test('a language that cannot be found out is the default one', async () => {
  const { guard, guarded, notices, errors } = scene({
    language: () => Promise.reject(new Error('no profile')),
  });
  guard.refuse('u1');
  await guarded({}, done);
  assert.equal(notices[0]!.language, 'en');
  assert.match(String(errors[0]), /no profile/);
});

test('an event that comes again is passed over; a repeat that is new is handled and not counted', async () => {
  const { guarded, outcomes } = scene();
  let handled = 0;
  const handler = (): void => void handled++;
  assert.equal(await guarded({ id: 'e1' }, handler), 'handled');
  assert.equal(await guarded({ id: 'e1', isRepeat: true }, handler), 'repeated');
  assert.equal(await guarded({ id: 'e1' }, handler), 'repeated');
  assert.equal(await guarded({ id: 'e2', isRepeat: true }, handler), 'handled');
  assert.equal(await guarded({}, handler), 'handled');
  assert.equal(await guarded({ id: '' }, handler), 'handled');
  assert.equal(handled, 4);
  assert.deepEqual(outcomes(), ['ok', 'ok', 'ok']);
});

test('an event whose handler failed is handled when it comes again, and counted once', async () => {
  const { guarded, outcomes } = scene();
  await assert.rejects(guarded({ id: 'e1' }, failing));
  assert.equal(await guarded({ id: 'e1' }, done), 'handled');
  assert.equal(await guarded({ id: 'e1' }, done), 'repeated');
  assert.deepEqual(outcomes(), ['error']);
});

test('seen events are forgotten after an hour of monotonic time, not by a jump of the clock', async () => {
  const { guarded, clock } = scene();
  await guarded({ id: 'e1' }, done);
  clock.jumpWallClock(7200_000);
  assert.equal(await guarded({ id: 'e1' }, done), 'repeated');
  await clock.advance(3600_000);
  assert.equal(await guarded({ id: 'e1' }, done), 'handled');
});

test('what nobody did, and what is no deed, reaches the handler unguarded', async () => {
  const { guard, guarded } = scene();
  guard.refuse('u1');
  assert.equal(await guarded({ userId: 'nobody' }, done), 'handled');
  assert.equal(await guarded({ action: 'none' }, done), 'handled');
  assert.deepEqual(guard.tracked, []);
});

test('who is slowed waits, ten seconds at most; beyond a thousand who wait one is refused', async () => {
  const { guard, guarded, clock, outcomes, notices } = scene();
  const ground = { ...groundOfSlow(), kind: 'slow' as const };
  guard.say('u1', { kind: 'slow', delayMs: 3000, ground });
  guard.say('u2', { kind: 'slow', delayMs: 3600_000, ground });
  let handled = 0;
  const waiting = Array.from({ length: SLOWED_MAX - 1 }, () => guarded({}, () => void handled++));
  const patient = guarded({ userId: 'u2' }, () => void handled++);
  assert.equal(await guarded({}, done), 'refused');
  await clock.advance(2999);
  assert.equal(handled, 0);
  await clock.advance(1);
  await Promise.all(waiting);
  assert.equal(handled, SLOWED_MAX - 1);
  await clock.advance(7000);
  assert.equal(await patient, 'handled');
  const later = guarded({}, done);
  await clock.advance(3000);
  assert.equal(await later, 'handled', 'there is room again');
  assert.equal(outcomes().filter((outcome) => outcome === 'refused').length, 1);
  assert.equal(notices.length, 0);
});

test('a challenge is asked where the platform can, and is a refusal where it cannot', async () => {
  const asked: BotNotice[] = [];
  const able = scene({ challenge: (_, notice) => Promise.resolve(void asked.push(notice)) });
  const unable = scene();
  for (const { guard, guarded } of [able, unable]) {
    guard.say('u1', { kind: 'challenge', ground: { ...groundOfSlow(), kind: 'challenge' } });
    assert.equal(await guarded({}, done), 'refused');
    assert.equal(await guarded({}, done), 'refused');
  }
  assert.match(asked[0]!.text, /confirm that you are a person/);
  assert.deepEqual([asked.length, able.notices.length, unable.notices.length], [1, 0, 1]);
});

test('with a lock the second action of a user is refused while the first is at work, told once if wanted', async () => {
  for (const whenBusy of ['silent', 'notice'] as const) {
    const clock = manualClock();
    const { guarded, outcomes, notices } = scene(
      {},
      { clock, lock: createProcessingLock({ clock }), whenBusy },
    );
    const first = Promise.withResolvers<void>();
    const passage = guarded({}, () => first.promise);
    await clock.advance(0);
    assert.equal(await guarded({ language: 'zh-CN' }, done), 'busy');
    assert.equal(await guarded({}, done), 'busy');
    assert.equal(await guarded({ userId: 'u2' }, done), 'handled');
    first.resolve();
    assert.equal(await passage, 'handled');
    assert.equal(await guarded({}, done), 'handled');
    assert.deepEqual(outcomes(), ['refused', 'refused', 'ok', 'ok', 'ok']);
    assert.deepEqual(
      notices.map(({ text }) => text),
      whenBusy === 'silent' ? [] : ['请稍等，上一个请求仍在处理中。'],
    );
  }
});

test('an adapter or a guard that throws stops nobody', async () => {
  const broken = (): never => {
    throw new Error('broken adapter');
  };
  for (const part of ['subject', 'action', 'eventId', 'redelivered', 'source'] as const) {
    const { guarded, errors } = scene({ [part]: broken });
    assert.equal(await guarded({ id: 'e1' }, done), 'handled', part);
    assert.match(String(errors[0]), /broken adapter/);
  }
  const { guard, guarded, errors } = scene();
  Object.assign(guard, { check: broken, track: broken });
  assert.equal(await guarded({}, done), 'handled');
  assert.equal(errors.length, 2);
});

test('poisoned ids are counted as they are, told once, and not kept at their length', async () => {
  const { guard, guarded, notices } = scene();
  const ids = ['', '\0', 'a\nb', '😀', '__proto__', 'constructor', '\ud800', 'x'.repeat(1_000_000)];
  for (const userId of ids) {
    guard.refuse(userId);
    for (let i = 0; i < 3; i++) assert.equal(await guarded({ userId, id: `${i}${userId}` }, done), 'refused');
  }
  assert.equal(notices.length, ids.length);
  assert.equal(guard.tracked.length, 3 * ids.length);
});

function groundOfSlow(): VerdictGround {
  return {
    decisionId: 'd',
    kind: 'refuse',
    grade: 'temporary',
    level: 1,
    policy: 'p',
    reason: 'r',
    retryAfterMs: 60_000,
    by: 'replica',
  };
}
