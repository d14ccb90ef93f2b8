import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '@vedette/model';
import type { ActionCount } from '@vedette/sdk';
import fc from 'fast-check';
import { actionOf, policyOf, START_MS, worldOf, type World } from './behaviour-fixture.ts';
import type { Policy } from './policy.ts';

const MINUTE_MS = 60_000;

/** Counts every row that was taken, by plain search: `windowMs` before the newest one of the subject. */
function naiveCount(rows: readonly ActionCount[], subject: string, windowMs: number): number {
  const own = rows.filter((row) => row.subject === subject);
  const newestMs = Math.max(...own.map(({ atMs }) => atMs));
  return own.filter(({ atMs }) => atMs > newestMs - windowMs).reduce((sum, { count }) => sum + count, 0);
}

/** Takes rows one by one and compares each with the model: the two bounds of the judgement. */
function assertJudgedLikeModel(
  world: World,
  policy: Policy,
  rows: readonly ActionCount[],
  bucketMs = 1000,
): void {
  const taken: ActionCount[] = [];
  const told = new Map<string, number>();
  for (const row of rows) {
    world.crossings.length = 0;
    world.behaviour.take([row]);
    taken.push(row);
    const atMost = naiveCount(taken, row.subject, policy.windowMs);
    const atLeast = naiveCount(taken, row.subject, policy.windowMs - bucketMs);
    const crossing = world.crossings[0];
    if (crossing !== undefined) {
      assert.equal(crossing.subject, row.subject);
      assert.ok(crossing.evidence.value <= atMost, `told ${crossing.evidence.value}, were ${atMost}`);
      assert.ok(atMost > crossing.step.over, `told at ${atMost}`);
      told.set(row.subject, Math.floor(crossing.atMs / 1000));
    } else if (atLeast > (policy.steps[0]?.over ?? 0))
      assert.equal(
        told.get(row.subject),
        Math.floor(newestOf(taken, row.subject) / 1000),
        `${atLeast} untold`,
      );
  }
}

function newestOf(rows: readonly ActionCount[], subject: string): number {
  return Math.max(...rows.filter((row) => row.subject === subject).map(({ atMs }) => atMs));
}

const gapMs = fc.oneof(
  { weight: 6, arbitrary: fc.nat(900) },
  { weight: 3, arbitrary: fc.nat(5000) },
  { weight: 1, arbitrary: fc.nat(90_000) },
);
const step = fc.record({
  subject: fc.constantFrom('a', 'a', 'a', 'b', '__proto__'),
  gapMs,
  count: fc.integer({ min: 1, max: 4 }),
});

function rowsOf(
  steps: readonly { subject: string; gapMs: number; count: number }[],
  offsetMs: number,
): ActionCount[] {
  let atMs = START_MS + offsetMs;
  return steps.map(({ subject, gapMs: gap, count }) => actionOf(subject, (atMs += gap), { count }));
}

test('a crossing is told when the count of the last minute is above the threshold, never when it is not', () => {
  const policy = policyOf();
  fc.assert(
    fc.property(fc.array(step, { minLength: 40, maxLength: 160 }), fc.nat(59_999), (steps, offsetMs) => {
      assertJudgedLikeModel(worldOf([policy]), policy, rowsOf(steps, offsetMs));
    }),
    { numRuns: 60 },
  );
});

test('the same holds in the two-tier mode, where estimates are too high', () => {
  const policy = policyOf();
  const world = (): World => {
    const crowded = worldOf([policy], { limits: { subjectsMax: 50 } });
    const crowd = Array.from({ length: 3000 }, (_, i) =>
      actionOf(`crowd-${i}`, START_MS, { count: 1 + (i % 9) }),
    );
    crowded.behaviour.take(crowd);
    assert.equal(crowded.sample('guard_tracker_mode', 'two-tier'), 1);
    assert.equal(crowded.crossings.length, 0);
    return crowded;
  };
  fc.assert(
    fc.property(fc.array(step, { minLength: 40, maxLength: 120 }), (steps) => {
      assertJudgedLikeModel(world(), policy, rowsOf(steps, 0));
    }),
    { numRuns: 15 },
  );
});

test('rows that come late count where they belong', () => {
  const policy = policyOf();
  const late = fc.record({
    count: fc.integer({ min: 1, max: 4 }),
    gapMs,
    lateMs: fc.oneof(fc.constant(0), fc.nat(70_000)),
  });
  fc.assert(
    fc.property(fc.array(late, { minLength: 40, maxLength: 120 }), (steps) => {
      let atMs = START_MS;
      const rows = steps.map(({ count, gapMs: gap, lateMs }) => {
        atMs += gap;
        return actionOf('a', atMs - lateMs, { count });
      });
      const world = worldOf([policy]);
      const taken: ActionCount[] = [];
      for (const row of rows) {
        world.crossings.length = 0;
        world.behaviour.take([row]);
        taken.push(row);
        for (const { evidence } of world.crossings)
          assert.ok(evidence.value <= naiveCount(taken, 'a', MINUTE_MS) && evidence.value > 30);
      }
    }),
    { numRuns: 60 },
  );
});

test('the 31st action of a minute is told, the 30th is not, wherever the minute begins', () => {
  for (let offsetMs = 0; offsetMs < MINUTE_MS; offsetMs += 1700) {
    const { behaviour, crossings } = worldOf([policyOf()]);
    for (let n = 0; n < 30; n++) behaviour.take([actionOf('a', START_MS + offsetMs + n * 1900)]);
    assert.equal(crossings.length, 0);
    behaviour.take([actionOf('a', START_MS + offsetMs + 30 * 1900)]);
    assert.equal(crossings.length, 1, `${offsetMs}`);
    assert.equal(crossings[0]?.step.grade, 'temporary');
    assert.equal(crossings[0]?.evidence.value, 31);
  }
});

test('a subject at 99 % of an hourly threshold for hours is never told of', () => {
  const policy = policyOf({
    windowMs: 3_600_000,
    steps: [{ over: 300, decide: 'refuse', grade: 'extended', forMs: 1 }],
  });
  const { behaviour, crossings } = worldOf([policy]);
  const everyMs = 3_600_000 / 297;
  for (let n = 0; n < 297 * 4; n++) behaviour.take([actionOf('a', START_MS + n * everyMs)]);
  assert.equal(crossings.length, 0);
  for (let n = 0; n < 10; n++) behaviour.take([actionOf('a', START_MS + 297 * 4 * everyMs)]);
  assert.equal(crossings.length, 1);
});

test('fifty abusers among five thousand users are told, and nobody else, over a boundary of fixed windows', () => {
  const { behaviour, crossings } = worldOf([policyOf()]);
  const random = new SeededRandom(5);
  const firstTold = new Map<string, number>();
  const counts = new Map<string, number>();
  for (let second = 30; second < 90; second++) {
    const rows: ActionCount[] = [];
    for (let user = 0; user < 5000; user++)
      if (random.float() < 0.2) rows.push(actionOf(`user-${user}`, START_MS + second * 1000));
    for (let abuser = 0; abuser < 50; abuser++)
      rows.push(actionOf(`abuser-${abuser}`, START_MS + second * 1000));
    for (const row of rows) {
      behaviour.take([row]);
      counts.set(row.subject, (counts.get(row.subject) ?? 0) + 1);
      for (const { subject } of crossings.splice(0))
        if (!firstTold.has(subject)) firstTold.set(subject, counts.get(subject) ?? 0);
    }
  }
  const expected = [...counts].filter(([, count]) => count > 30).map(([subject]) => subject);
  assert.deepEqual([...firstTold.keys()].toSorted(), expected.toSorted());
  assert.ok(firstTold.size >= 50);
  for (const [subject, count] of firstTold) assert.equal(count, 31, subject);
});

test('while it stays over, a subject is told once per second, and at once of a higher step', () => {
  const { behaviour, crossings } = worldOf([policyOf()]);
  const times = (n: number, atMs: number): void => {
    for (let i = 0; i < n; i++) behaviour.take([actionOf('a', atMs)]);
  };
  times(40, START_MS);
  assert.equal(crossings.length, 1);
  times(40, START_MS + 500);
  assert.deepEqual(
    crossings.map(({ step: { grade } }) => grade),
    ['temporary', 'extended'],
  );
  times(3, START_MS + 1000);
  assert.equal(crossings.length, 3);
  assert.equal(crossings[2]?.evidence.value, 81);
});

test('refused attempts are shown, but never count', () => {
  const { behaviour, crossings, sample } = worldOf([
    policyOf(),
    policyOf({ name: 'errors', measure: { kind: 'errors' } }),
  ]);
  for (let n = 0; n < 500; n++) behaviour.take([actionOf('a', START_MS + n, { outcome: 'refused' })]);
  assert.equal(crossings.length, 0);
  assert.equal(behaviour.activeSubjects, 0);
  assert.equal(sample('user_action_outcomes_total', 'refused'), 500);
  assert.equal(sample('user_actions_total', 'next_card', 'http'), undefined);
});

test('a policy of errors counts answers with an error alone', () => {
  const errors = policyOf({ name: 'errors', measure: { kind: 'errors' } });
  const { behaviour, crossings } = worldOf([errors]);
  for (let n = 0; n < 100; n++) behaviour.take([actionOf('a', START_MS + n)]);
  for (let n = 0; n < 30; n++) behaviour.take([actionOf('a', START_MS + n, { outcome: 'error' })]);
  assert.equal(crossings.length, 0);
  behaviour.take([actionOf('a', START_MS + 200, { outcome: 'error' })]);
  assert.equal(crossings[0]?.evidence.value, 31);
});

test('a policy counts its own scope, actions and sources', () => {
  const policy = policyOf({ scope: 'ip', actions: ['login*', 'reset'], sources: ['http'] });
  const { behaviour, crossings } = worldOf([policy]);
  const take = (changes: Partial<ActionCount>): void => {
    for (let n = 0; n < 40; n++) behaviour.take([actionOf('::1', START_MS, { scope: 'ip', ...changes })]);
  };
  take({ scope: 'user', action: 'login' });
  take({ action: 'logi' });
  take({ action: 'reset2' });
  take({ action: 'login', source: 'bot' });
  assert.equal(crossings.length, 0);
  behaviour.take([actionOf('::1', START_MS, { scope: 'ip', action: 'reset', count: 20 })]);
  behaviour.take([actionOf('::1', START_MS, { scope: 'ip', action: 'login:otp', count: 11 })]);
  assert.equal(crossings.length, 1);
  assert.deepEqual(crossings[0]?.evidence.topActions, [
    { action: 'reset', count: 20 },
    { action: 'login:otp', count: 11 },
  ]);
});

test('a share is judged from its least count on, and by the action of which there is most', () => {
  const steps: Policy['steps'] = [
    { over: 0.5, decide: 'slow', grade: 'temporary', forMs: 1 },
    { over: 0.8, decide: 'refuse', grade: 'extended', forMs: 1 },
  ];
  const { behaviour, crossings } = worldOf([policyOf({ measure: { kind: 'share', minCount: 20 }, steps })]);
  for (let n = 0; n < 19; n++) behaviour.take([actionOf('a', START_MS + n)]);
  assert.equal(crossings.length, 0);
  behaviour.take([actionOf('a', START_MS + 20)]);
  assert.equal(crossings[0]?.step.over, 0.8);
  assert.equal(crossings[0]?.evidence.value, 1);
  for (let n = 0; n < 42; n++)
    behaviour.take([actionOf('b', START_MS + n * 1000, { action: ['x', 'y', 'z'][n % 3] ?? '' })]);
  for (let n = 0; n < 14; n++) behaviour.take([actionOf('b', START_MS + 50_000, { action: 'y' })]);
  assert.equal(crossings.length, 1, '28 of 56 is not over one half');
  behaviour.take([actionOf('b', START_MS + 50_000, { action: 'y' })]);
  assert.equal(crossings[1]?.step.over, 0.5);
  assert.deepEqual(crossings[1]?.evidence.topActions, [{ action: 'y', count: 29 }]);
});

test('poisoned ids are subjects like any other', () => {
  const { behaviour, crossings } = worldOf([policyOf()]);
  const ids = [
    '__proto__',
    'constructor',
    'a\0b',
    'a\nb',
    '\u{1f600}',
    '\ud800',
    ' ',
    'x'.repeat(1_000_000),
    '',
  ];
  for (let n = 0; n < 31; n++) behaviour.take(ids.map((id) => actionOf(id, START_MS + n * 1000)));
  assert.deepEqual(
    crossings.map(({ subject }) => subject),
    ids,
  );
  const actions = ['__proto__', 'toString', '\n', '\u{1f600}'];
  for (const action of actions) behaviour.take([actionOf('b', START_MS, { action, source: 'constructor' })]);
});

test('the same rows give the same crossings, whatever the key of the hash', () => {
  const random = new SeededRandom(9);
  const rows = Array.from({ length: 20_000 }, (_, n) =>
    actionOf(`u${Math.floor(random.float() ** 3 * 2000)}`, START_MS + n * 10, { action: `a${n % 7}` }),
  );
  const toldWith = (seed: number): unknown => {
    const { behaviour, crossings } = worldOf([policyOf()], { seed });
    for (let at = 0; at < rows.length; at += 100) {
      behaviour.take(rows.slice(at, at + 100));
      behaviour.tick(START_MS + at * 10);
    }
    assert.ok(crossings.length > 100);
    return crossings;
  };
  assert.deepEqual(toldWith(1), toldWith(1));
  assert.deepEqual(toldWith(1), toldWith(2));
});
