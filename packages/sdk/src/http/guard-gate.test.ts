import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Verdict } from '../guard/guard.ts';
import type { SubjectLike } from '../guard/subject.ts';
import { createMetricsRegistry } from '../metrics/registry.ts';
import type { SdkClock } from '../system/system.ts';
import { CHALLENGE, createAskedGuard, refuse, slow, type AskedGuard } from './asked-guard-fixture.ts';
import { GuardGate, type Challenge, type GuardOptions, type HttpSide } from './guard-gate.ts';
import { seriesOf } from './server-fixture.ts';

interface FakeRequest {
  readonly user?: unknown;
  readonly method?: string;
  readonly address?: string;
  readonly gone?: (() => void)[];
}

const SIDE: HttpSide<FakeRequest, undefined> = {
  knowsRouteEarly: true,
  methodOf: ({ method = 'GET' }) => method,
  routeOf: () => '/x/:id',
  addressOf: ({ address }) => address,
  onGone: ({ gone }, _response, task) => void gone?.push(task),
};

/** A clock whose timers fire when told. */
function createTimers(): SdkClock & { readonly delays: number[]; fire(): void } {
  const pending: { readonly delayMs: number; readonly task: () => void }[] = [];
  return {
    nowMs: () => 0,
    monotonicMs: () => 0,
    setTimer: (delayMs, task) => {
      const timer = { delayMs, task };
      pending.push(timer);
      return { cancel: () => void (pending.includes(timer) && pending.splice(pending.indexOf(timer), 1)) };
    },
    get delays() {
      return pending.map(({ delayMs }) => delayMs);
    },
    fire: () => {
      for (const { task } of pending.splice(0)) task();
    },
  };
}

function setUp(
  verdicts: Record<string, Verdict> = {},
  options: GuardOptions<FakeRequest> = {},
  challenge?: Challenge<FakeRequest, undefined>,
) {
  const guard = createAskedGuard(verdicts);
  const registry = createMetricsRegistry();
  const clock = createTimers();
  const failures: unknown[] = [];
  const gate = new GuardGate(
    guard,
    SIDE,
    {
      subject: ({ user }) => user as SubjectLike,
      registry,
      clock,
      onFailure: (error) => void failures.push(error),
      ...options,
    },
    challenge,
  );
  const count = (name: string) => seriesOf(registry, name);
  return {
    guard,
    gate,
    clock,
    failures,
    count,
    admit: (request: FakeRequest) => gate.admit(request, undefined),
  };
}

const outcomesOf = (guard: AskedGuard): string[] =>
  guard.tracked.map(({ action, source, outcome }) => `${source} ${action} ${outcome}`);

test('who may passes at once, and is tracked when answered', () => {
  const { guard, gate, admit } = setUp();
  assert.deepEqual(admit({ user: 'anna' }), { kind: 'pass', subject: 'anna' });
  assert.deepEqual(guard.checked, [{ id: 'anna', action: 'GET /x/:id' }]);
  assert.deepEqual(guard.tracked, []);
  gate.settle({}, 'anna', 200);
  assert.deepEqual(guard.tracked, [{ subject: 'anna', action: 'GET /x/:id', source: 'http', outcome: 'ok' }]);
});

test('whom nobody knows passes and is not tracked', () => {
  const { guard, gate, admit, count } = setUp();
  for (const user of [undefined, null]) {
    const admission = admit({ user });
    assert.deepEqual(admission, { kind: 'pass', subject: undefined });
  }
  gate.settle({}, undefined, 500);
  assert.deepEqual([guard.checked, guard.tracked], [[], []]);
  assert.deepEqual(count('guard_http_requests_total'), { 'guard_http_requests_total{verdict="nobody"}': 2 });
});

test('errors are what the client caused, unless told otherwise', () => {
  const outcomes = (errors: GuardOptions<FakeRequest>['errors']): (string | undefined)[] => {
    const { guard, gate } = setUp({}, errors === undefined ? {} : { errors });
    for (const status of [399, 400, 499, 500, undefined]) gate.settle({}, 'anna', status);
    return guard.tracked.map(({ outcome }) => outcome);
  };
  assert.deepEqual(outcomes(undefined), ['ok', 'error', 'error', 'ok', 'ok']);
  assert.deepEqual(outcomes('client'), ['ok', 'error', 'error', 'ok', 'ok']);
  assert.deepEqual(outcomes('server'), ['ok', 'ok', 'ok', 'error', 'ok']);
  assert.deepEqual(outcomes('both'), ['ok', 'error', 'error', 'error', 'ok']);
});

test('who is refused is answered, and tracked as refused', () => {
  const { guard, admit, count } = setUp({ eve: refuse() });
  const admission = admit({ user: 'eve', method: 'POST' });
  assert.ok(!(admission instanceof Promise) && admission.kind === 'refuse');
  assert.equal(admission.refusal.status, 429);
  assert.deepEqual(outcomesOf(guard), ['http POST /x/:id refused']);
  assert.deepEqual(count('guard_http_requests_total'), { 'guard_http_requests_total{verdict="refuse"}': 1 });
});

test('a subject function that fails, or gives what is no subject, lets pass and is counted', async () => {
  const garbage = [
    '',
    7,
    true,
    {},
    [],
    { scope: 'user' },
    { scope: 'planet', id: 'mars' },
    { scope: '__proto__', id: 'x' },
    { scope: 'user', id: '' },
    { scope: 'user', id: 5 },
    Promise.resolve('anna'),
    Promise.reject(new Error('no session')),
    {
      get scope() {
        throw new Error('a getter');
      },
    },
  ];
  const { guard, admit, count, failures } = setUp();
  for (const user of garbage) assert.deepEqual(admit({ user }), { kind: 'pass', subject: undefined });
  const thrower = setUp(
    {},
    {
      subject: () => {
        throw new Error('no session');
      },
    },
  );
  assert.deepEqual(thrower.admit({}), { kind: 'pass', subject: undefined });
  assert.deepEqual(guard.checked, []);
  const want = { 'guard_http_failures_total{cause="subject"}': garbage.length };
  assert.deepEqual(count('guard_http_failures_total'), want);
  assert.equal(failures.length, garbage.length);
  assert.deepEqual(thrower.count('guard_http_failures_total'), {
    'guard_http_failures_total{cause="subject"}': 1,
  });
  // The rejected promise would fail this test by now.
  await new Promise((resolve) => setImmediate(resolve));
});

test('odd ids are subjects as they are: the guard judges them', () => {
  const ids = ['__proto__', 'constructor', 'a\0b', 'a\nb', '🦊', '\ud800', 'x'.repeat(2 ** 20)];
  const { guard, admit, count } = setUp();
  for (const id of ids) {
    assert.deepEqual(admit({ user: id }), { kind: 'pass', subject: id });
    assert.deepEqual(admit({ user: { scope: 'key', id } }), { kind: 'pass', subject: { scope: 'key', id } });
  }
  assert.equal(guard.checked.length, ids.length * 2);
  assert.deepEqual(count('guard_http_failures_total'), {});
});

test('the address acts only when asked to, and only for whom nobody knows', () => {
  const silent = setUp({}, {});
  assert.deepEqual(silent.admit({ address: '203.0.113.7' }), { kind: 'pass', subject: undefined });
  const { admit } = setUp({}, { fallback: 'ip' });
  const subject = { scope: 'ip', id: '203.0.113.7' };
  assert.deepEqual(admit({ address: '203.0.113.7' }), { kind: 'pass', subject });
  assert.deepEqual(admit({ address: '203.0.113.7', user: 'anna' }), { kind: 'pass', subject: 'anna' });
  assert.deepEqual(admit({ address: 'unix' }), { kind: 'pass', subject: undefined });
  // Garbage is no reason to count somebody else.
  assert.deepEqual(admit({ address: '203.0.113.7', user: 7 }), { kind: 'pass', subject: undefined });
});

test('a guard that throws lets pass and is counted', () => {
  const { guard, gate, admit, count } = setUp();
  const broken = (): never => {
    throw new Error('broken');
  };
  Object.assign(guard, { check: broken, track: broken });
  assert.deepEqual(admit({ user: 'anna' }), { kind: 'pass', subject: 'anna' });
  gate.settle({}, 'anna', 200);
  assert.deepEqual(count('guard_http_failures_total'), { 'guard_http_failures_total{cause="guard"}': 2 });
});

test('an action can be named; one that throws or is no text falls back to the route', () => {
  let made = 0;
  const names: (() => string | undefined)[] = [
    () => 'buy',
    () => undefined,
    () => {
      throw new Error('no');
    },
    () => 5 as unknown as string,
  ];
  const { guard, gate, count } = setUp({}, { action: () => names[made++]!(), source: 'shop' });
  for (const _ of names) gate.settle({ method: 'INVENTED' }, 'anna', 200);
  assert.deepEqual(outcomesOf(guard), [
    'shop buy ok',
    'shop other /x/:id ok',
    'shop other /x/:id ok',
    'shop other /x/:id ok',
  ]);
  assert.deepEqual(count('guard_http_failures_total'), { 'guard_http_failures_total{cause="action"}': 2 });
});

test('a failure that cannot be told is still only a failure', () => {
  const { admit } = setUp(
    {},
    {
      onFailure: () => {
        throw new Error('the log is full');
      },
    },
  );
  assert.deepEqual(admit({ user: 7 }), { kind: 'pass', subject: undefined });
});

test('who is slowed waits, but no longer than the cap, and then passes', async () => {
  const { admit, clock, count } = setUp({ eve: slow(700), max: slow(60_000) });
  const [eve, max] = [admit({ user: 'eve' }), admit({ user: 'max' })];
  assert.deepEqual(clock.delays, [700, 5000]);
  assert.deepEqual(count('guard_http_waiting'), { guard_http_waiting: 2 });
  clock.fire();
  assert.deepEqual(await eve, { kind: 'pass', subject: 'eve' });
  assert.deepEqual(await max, { kind: 'pass', subject: 'max' });
  assert.deepEqual(count('guard_http_waiting'), { guard_http_waiting: 0 });
});

test('one more than may wait is refused at once, with 429 and its wait', async () => {
  const verdicts = { eve: slow(1500) };
  const { guard, admit, clock } = setUp(verdicts, { waitersMax: 2, statuses: { temporary: 403 } });
  const waiting = [admit({ user: 'eve' }), admit({ user: 'eve' })];
  const third = admit({ user: 'eve' });
  assert.ok(!(third instanceof Promise) && third.kind === 'refuse');
  assert.equal(third.refusal.status, 429);
  assert.equal(third.refusal.headers['retry-after'], '2');
  assert.deepEqual(outcomesOf(guard), ['http GET /x/:id refused']);
  clock.fire();
  for (const admission of waiting) assert.equal((await admission).kind, 'pass');
  assert.ok(admit({ user: 'eve' }) instanceof Promise, 'there is room again');
});

test('a client that goes while it waits frees its place, and its handler never runs', async () => {
  const { guard, admit, clock, count } = setUp({ eve: slow(1500) });
  const gone: (() => void)[] = [];
  const waiting = admit({ user: 'eve', gone });
  for (const task of [...gone, ...gone]) task();
  assert.equal((await waiting).kind, 'refuse');
  assert.deepEqual(clock.delays, []);
  assert.deepEqual(count('guard_http_waiting'), { guard_http_waiting: 0 });
  assert.deepEqual(outcomesOf(guard), ['http GET /x/:id refused']);
});

test('a wait of nothing, or of no number, is none', () => {
  for (const delayMs of [0, -1, NaN]) {
    const { admit } = setUp({ eve: slow(delayMs) });
    assert.deepEqual(admit({ user: 'eve' }), { kind: 'pass', subject: 'eve' });
  }
});

test('a challenge is the hook’s: passed, answered, or thrown', async () => {
  const answers: (() => unknown)[] = [
    () => true,
    () => Promise.resolve(true),
    () => 'asked',
    () => {
      throw new Error('captcha is down');
    },
  ];
  let asked = 0;
  const { guard, admit, count } = setUp({ eve: CHALLENGE }, {}, () => answers[asked++]!());
  assert.deepEqual(await admit({ user: 'eve' }), { kind: 'pass', subject: 'eve' });
  assert.deepEqual(await admit({ user: 'eve' }), { kind: 'pass', subject: 'eve' });
  assert.deepEqual(outcomesOf(guard), []);
  assert.deepEqual(await admit({ user: 'eve' }), { kind: 'challenged', answer: 'asked' });
  assert.equal((await admit({ user: 'eve' })).kind, 'refuse');
  assert.deepEqual(outcomesOf(guard), ['http GET /x/:id refused', 'http GET /x/:id refused']);
  assert.deepEqual(count('guard_http_failures_total'), { 'guard_http_failures_total{cause="challenge"}': 1 });
});

test('without a hook a challenge is a refusal', () => {
  const { admit } = setUp({ eve: CHALLENGE });
  const admission = admit({ user: 'eve' });
  assert.ok(!(admission instanceof Promise));
  assert.equal(admission.kind, 'refuse');
});

test('an action that is too long for the wire is shortened', () => {
  const { guard, gate } = setUp({}, { action: () => 'x'.repeat(65) });
  gate.settle({}, 'anna', 200);
  assert.match(guard.tracked[0]!.action, /^x{55}~[0-9a-f]{8}$/);
});

test('a gate that nobody can pass by name or address is refused when it is made', () => {
  const guard = createAskedGuard();
  const want = /^cannot guard requests: nothing says who acts; give subject, or fallback/;
  assert.throws(() => new GuardGate(guard, SIDE, {}, undefined), { message: want });
  assert.throws(() => new GuardGate(guard, SIDE, { fallback: 'none' }, undefined), { message: want });
});

test('several gates count into one registry', () => {
  const registry = createMetricsRegistry();
  const gates = [1, 2].map(() => setUp({}, { registry }));
  for (const { admit } of gates) admit({ user: 'anna' });
  assert.deepEqual(seriesOf(registry, 'guard_http_requests_total'), {
    'guard_http_requests_total{verdict="allow"}': 2,
  });
});
