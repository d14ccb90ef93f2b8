import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LoggedNotification } from '../notification-log.ts';
import { nextMessageOf, type FlushForecast, type NextQuestion } from './next-message.ts';

const START_MS = Date.UTC(2026, 10, 21, 10);
const MINUTE_MS = 60_000;

const flush = (minute: number, firing: string[], more: Partial<FlushForecast> = {}): FlushForecast => ({
  tickMs: START_MS + minute * MINUTE_MS,
  firing,
  resolved: [],
  coolMs: new Map(),
  muted: undefined,
  ...more,
});

const told = (minute: number, firing: string[], resolved: string[] = []): LoggedNotification => {
  const atMs = START_MS + minute * MINUTE_MS;
  return { id: 'n', atMs, tickMs: atMs, firing, resolved };
};

/** Alert `a`, firing, in a group that flushes every five minutes, next in one minute. */
const question = (more: Partial<NextQuestion> = {}): NextQuestion => ({
  fingerprint: 'a',
  isFiring: true,
  isHeld: true,
  hasFlushed: true,
  flushes: [flush(1, ['a'])],
  unmuted: undefined,
  logged: undefined,
  unconfirmed: undefined,
  retrying: undefined,
  sendsResolved: true,
  repeatsOnTime: true,
  hasCooldown: false,
  groupWaitMs: 30_000,
  groupIntervalMs: 5 * MINUTE_MS,
  repeatIntervalMs: 60 * MINUTE_MS,
  ...more,
});

/** `minute reason`, or `none`. */
function check(more: Partial<NextQuestion>, want: string, text: RegExp): void {
  const next = nextMessageOf(question(more));
  const when = next.atMs === undefined ? 'none' : `${(next.atMs - START_MS) / MINUTE_MS} ${next.reason}`;
  assert.equal(when, want);
  assert.match(next.text, text);
}

test('what was not told is told at the next flush', () => {
  check(
    { hasFlushed: false },
    '1 first notification',
    /at 2026-11-21T10:01:00Z, when group_wait \(30s\) is over/,
  );
  check(
    {},
    '1 first notification',
    /at the next flush of the group, 2026-11-21T10:01:00Z \(group_interval 5m\)/,
  );
  check({ logged: told(-4, ['b']) }, '1 new alerts added', /since the message of 2026-11-21T09:56:00Z/);
});

test('what was told is repeated at the first flush after repeat_interval', () => {
  const text = /repeated at .*, the first flush after repeat_interval \(1[hm]\)/;
  check({ logged: told(-4, ['a']) }, '56 repeat interval elapsed', text);
  // As in Alertmanager, a repeat that falls due between the end of a delivery and the tick waits for the next one.
  check({ logged: told(-4, ['a']), repeatsOnTime: false }, '61 repeat interval elapsed', text);
  check({ logged: told(-59, ['a']) }, '1 repeat interval elapsed', text);
  check({ logged: told(-58, ['a']) }, '6 repeat interval elapsed', text);
  check({ logged: told(-4, ['a']), repeatIntervalMs: MINUTE_MS }, '1 repeat interval elapsed', text);
});

test('an end is told once, to those who were told of the beginning and want it', () => {
  const over = { isFiring: false, flushes: [flush(1, [], { resolved: ['a'] })] } as const;
  check({ ...over, logged: told(-4, ['a']) }, '1 all alerts resolved', /says so at the next flush/);
  const others = { ...over, flushes: [flush(1, ['b'], { resolved: ['a'] })] } as const;
  check({ ...others, logged: told(-4, ['a', 'b']) }, '1 some alerts resolved', /says so/);
  check(over, 'none', /over before a message about it went out/);
  check({ ...over, logged: told(-4, [], ['a']) }, 'none', /that was told at 2026-11-21T09:56:00Z/);
  check({ ...over, isHeld: false }, 'none', /let go of it/);
  check({ ...over, logged: told(-4, ['a']), sendsResolved: false }, 'none', /send_resolved: false/);
});

test('what is muted is told at the first flush after that, when it is known', () => {
  const silence = { reason: 'silence', by: 'silence s1 of me ("x") until T' } as const;
  const flushes = [flush(1, [], { muted: silence })] as const;
  check(
    { flushes, unmuted: flush(11, ['a']) },
    '11 first notification',
    /^It is silenced by silence s1 of me \("x"\) until T\. /,
  );
  check(
    { flushes },
    'none',
    /^It is silenced by silence s1 .* it is told at the first flush after that has ended\.$/,
  );
  // Meanwhile others of the group are told, so that the alert is new to the receiver when its silence ends.
  const others = flush(1, ['b'], { muted: silence });
  check(
    { flushes: [others, flush(6, ['a', 'b'])] },
    '6 new alerts added',
    /the message of 2026-11-21T10:01:00Z/,
  );
  check(
    { flushes: [flush(1, ['a']), flush(6, ['a'])], logged: told(-58, ['a']) },
    '6 repeat interval elapsed',
    /./,
  );
  const over = flush(1, [], { muted: silence });
  check(
    { isFiring: false, flushes: [over], logged: told(-4, ['a']) },
    'none',
    /nobody is told that it is over/,
  );
  const inhibited = flush(1, [], { muted: { reason: 'inhibition', by: '{alertname="Down"}' } });
  check({ flushes: [inhibited] }, 'none', /^It is inhibited by \{alertname="Down"\}; /);
  const asleep = flush(1, [], { muted: { reason: 'active_time_interval', by: 'time interval "office"' } });
  check({ flushes: [asleep] }, 'none', /^Its route speaks only within time interval "office"; /);
  const logged = told(-4, ['a']);
  check(
    { flushes, logged, unmuted: flush(11, ['a']) },
    '56 repeat interval elapsed',
    /silenced by .* Nothing is new/,
  );
});

test('an alert that cools is told when it has cooled, and its repetition waits for that, too', () => {
  const coolUntilMs = { a: START_MS + 9 * MINUTE_MS };
  const flushes = [1, 6, 11].map((minute) => flush(minute, ['a'])) as [FlushForecast];
  const gone = { ...told(-4, [], ['a']), coolUntilMs };
  const cooling = /fired anew, and cools until 2026-11-21T10:09:00Z\. The group has told nobody/;
  check({ flushes, logged: gone, hasCooldown: true }, '11 first notification', cooling);
  check({ flushes, logged: gone, hasCooldown: false }, '1 first notification', /^The group has told nobody/);
  const repeated = { ...told(-59, ['a']), coolUntilMs };
  check({ flushes, logged: repeated, hasCooldown: true }, '11 repeat interval elapsed', /^Nothing is new/);
  const joined = flushes.map((one) => ({ ...one, firing: ['a', 'b'] })) as unknown as [FlushForecast];
  check({ flushes: joined, logged: repeated, hasCooldown: true }, '1 new alerts added', /new alerts/);
});

test('a message of unknown outcome, or between two attempts, comes again', () => {
  const unconfirmed = told(-1, ['a']);
  check({ unconfirmed }, '1 unconfirmed', /begun at 2026-11-21T09:59:00Z and is not confirmed/);
  check({ unconfirmed: told(-1, ['b']) }, '1 new alerts added', /new alerts/);
  const retrying = {
    id: 'n',
    atMs: START_MS,
    receiver: 'ops',
    groupKey: 'g',
    status: 'firing',
    alertCount: 1,
    outcome: 'retrying',
    attempts: 3,
    error: 'connection refused',
  } as const;
  check(
    { unconfirmed, retrying },
    '0 being retried',
    /after 3 attempts, the last at .*: connection refused\. .* 2026-11-21T10:01:00Z/,
  );
  // What is tried may be older than the silence, or about others.
  check(
    { retrying, flushes: [flush(1, ['b'], { muted: { reason: 'silence', by: 'silence "s" of me' } })] },
    '0 being retried',
    /^It is silenced by silence "s" of me\. A message of its group is being tried again after 3 attempts/,
  );
});
