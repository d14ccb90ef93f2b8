import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelsOf, NO_LABELS } from '@vedette/model';
import fc from 'fast-check';
import {
  needsSending,
  notAhead,
  RESOLVED_RETENTION_MS,
  resolveAll,
  shiftWaiting,
  stepAlerts,
  type Alert,
  type AlertTiming,
} from './alert-state.ts';

const MINUTE_MS = 60_000;
const KEY = 'k';
const PRESENT = new Map([[KEY, { labels: labelsOf({ alertname: 'X' }), annotations: NO_LABELS, value: 1 }]]);
const ABSENT = new Map<string, never>();

/** Runs minute by minute over `pattern` (x present, - absent) and writes down the state after each. */
function traceOf(timing: AlertTiming, pattern: string): string {
  let alerts = new Map<string, Alert>();
  let trace = '';
  for (const [minute, mark] of pattern.split('').entries()) {
    alerts = stepAlerts(timing, alerts, mark === 'x' ? PRESENT : ABSENT, minute * MINUTE_MS);
    const state = alerts.get(KEY)?.state;
    const isKept = state?.kind === 'firing' && state.keepFiringSinceMs !== undefined;
    trace += state === undefined ? '.' : isKept ? 'k' : state.kind.charAt(0);
  }
  return trace;
}

test('an alert without for fires in the evaluation that sees it', () => {
  const timing = { forMs: 0, keepFiringForMs: 0 };
  assert.equal(traceOf(timing, '-xx-x'), '.ffrf');
});

test('for: 2m at one-minute steps fires in the third evaluation, not before', () => {
  const timing = { forMs: 2 * MINUTE_MS, keepFiringForMs: 0 };
  assert.equal(traceOf(timing, 'xxxx-'), 'ppffr');
});

test('pending that goes absent leaves no trace and begins anew', () => {
  const timing = { forMs: 2 * MINUTE_MS, keepFiringForMs: 0 };
  assert.equal(traceOf(timing, 'xx-xxx-'), 'pp.ppfr');
});

test('keep_firing_for counts from the first evaluation without the series', () => {
  const timing = { forMs: 0, keepFiringForMs: 2 * MINUTE_MS };
  assert.equal(traceOf(timing, 'x---'), 'fkkr');
  assert.equal(traceOf(timing, 'x-x---'), 'fkfkkr');
});

test('keep_firing_for does not hold a pending alert', () => {
  const timing = { forMs: 2 * MINUTE_MS, keepFiringForMs: 5 * MINUTE_MS };
  assert.equal(traceOf(timing, 'xx-'), 'pp.');
});

test('a resolved alert stays fifteen minutes to the end, and until its end was taken', () => {
  const timing = { forMs: 0, keepFiringForMs: 0 };
  assert.equal(RESOLVED_RETENTION_MS, 15 * MINUTE_MS);
  const firing = stepAlerts(timing, new Map(), PRESENT, 0);
  const resolved = stepAlerts(timing, firing, ABSENT, MINUTE_MS);
  const isKept = (lastSentMs: number | undefined, atMs: number): boolean => {
    const alert = { ...resolved.get(KEY)!, lastSentMs };
    return stepAlerts(timing, new Map([[KEY, alert]]), ABSENT, atMs).has(KEY);
  };
  assert.equal(isKept(MINUTE_MS, 16 * MINUTE_MS), true);
  assert.equal(isKept(MINUTE_MS, 16 * MINUTE_MS + 1), false);
  assert.equal(isKept(MINUTE_MS - 1, 60 * MINUTE_MS), true, 'only that it fires was taken');
  assert.equal(isKept(undefined, 60 * MINUTE_MS), true, 'nothing was taken');
});

test('a series that returns after resolution is a new alert with a new start', () => {
  const timing = { forMs: 0, keepFiringForMs: 0 };
  let alerts = stepAlerts(timing, new Map(), PRESENT, 0);
  alerts = stepAlerts(timing, alerts, ABSENT, 1000);
  alerts = stepAlerts(timing, alerts, PRESENT, 2000);
  const alert = alerts.get(KEY);
  assert.deepEqual(alert?.state, { kind: 'firing', sinceMs: 2000, keepFiringSinceMs: undefined });
  assert.equal(alert?.activeAtMs, 2000);
});

test('firing is sent at once and every minute, pending never, a resolution at once', () => {
  const timing = { forMs: 0, keepFiringForMs: 0 };
  const firing = stepAlerts(timing, new Map(), PRESENT, 0).get(KEY)!;
  assert.equal(needsSending(firing, 0, MINUTE_MS), true);
  const sent = { ...firing, lastSentMs: 0 };
  assert.equal(needsSending(sent, MINUTE_MS - 1, MINUTE_MS), false);
  assert.equal(needsSending(sent, MINUTE_MS, MINUTE_MS), true);
  assert.equal(needsSending({ ...firing, lastSentMs: 9e9 }, 0, MINUTE_MS), true, 'the clock was set back');
  const resolved = stepAlerts(timing, new Map([[KEY, sent]]), ABSENT, 1000).get(KEY)!;
  assert.equal(needsSending(resolved, 1000, MINUTE_MS), true);
  const pending = stepAlerts({ ...timing, forMs: 1 }, new Map(), PRESENT, 0).get(KEY)!;
  assert.equal(needsSending(pending, 9e9, MINUTE_MS), false);
});

test('setting the clock neither ends nor lengthens a wait', () => {
  const timing = { forMs: 10 * MINUTE_MS, keepFiringForMs: 0 };
  const pending = stepAlerts(timing, new Map(), PRESENT, 0);
  const hour = 60 * MINUTE_MS;
  const shifted = new Map([[KEY, shiftWaiting(pending.get(KEY)!, hour)]]);
  assert.equal(stepAlerts(timing, shifted, PRESENT, hour + 9 * MINUTE_MS).get(KEY)?.state.kind, 'pending');
  assert.equal(stepAlerts(timing, shifted, PRESENT, hour + 10 * MINUTE_MS).get(KEY)?.state.kind, 'firing');
});

test('removing a rule resolves what fires and drops what was pending', () => {
  const firing = stepAlerts({ forMs: 0, keepFiringForMs: 0 }, new Map(), PRESENT, 0).get(KEY)!;
  const pending = stepAlerts({ forMs: 1, keepFiringForMs: 0 }, new Map(), PRESENT, 0).get(KEY)!;
  const left = resolveAll(
    new Map([
      ['a', firing],
      ['b', pending],
    ]),
    500,
  );
  assert.deepEqual([...left.keys()], ['a']);
  assert.deepEqual(left.get('a')?.state, { kind: 'resolved', sinceMs: 0, atMs: 500 });
});

test('whatever the series does, an alert with for fires only after for of unbroken presence', () => {
  const steps = fc.array(fc.record({ present: fc.boolean(), waitMs: fc.integer({ min: 1, max: 120_000 }) }), {
    maxLength: 60,
  });
  const timings = fc.record({
    forMs: fc.integer({ min: 1, max: 300_000 }),
    keepFiringForMs: fc.constantFrom(0, 1, 90_000),
  });
  fc.assert(
    fc.property(timings, steps, (timing, sequence) => {
      let alerts = new Map<string, Alert>();
      let atMs = 0;
      let presentSinceMs: number | undefined;
      for (const { present, waitMs } of sequence) {
        atMs += waitMs;
        const before = alerts.get(KEY)?.state.kind;
        alerts = stepAlerts(timing, alerts, present ? PRESENT : ABSENT, atMs);
        const now = alerts.get(KEY)?.state.kind;
        presentSinceMs = present ? (presentSinceMs ?? atMs) : undefined;
        if (now === 'firing' && before !== 'firing') {
          assert.equal(before, 'pending');
          assert.ok(presentSinceMs !== undefined && atMs - presentSinceMs >= timing.forMs);
        }
        if (now === 'resolved') assert.ok(before === 'firing' || before === 'resolved');
        if (before === 'firing') assert.ok(now === 'firing' || now === 'resolved');
      }
    }),
  );
});

test('while absence is ignored an alert stays as it is, and ends after that; what is there is taken as ever', () => {
  const timing = { forMs: 60_000, keepFiringForMs: 0 };
  const ignoring = { ...timing, isAbsenceIgnored: true };
  const pending = stepAlerts(timing, new Map(), PRESENT, 0);
  const firing = stepAlerts(ignoring, pending, PRESENT, 60_000);
  assert.equal(firing.get(KEY)?.state.kind, 'firing');
  for (const alerts of [pending, firing])
    assert.deepEqual(stepAlerts(ignoring, alerts, ABSENT, 90_000), alerts);
  assert.equal(stepAlerts(timing, pending, ABSENT, 90_000).size, 0);
  assert.equal(stepAlerts(timing, firing, ABSENT, 90_000).get(KEY)?.state.kind, 'resolved');
});

test('spans that began in a future that was taken back begin now; those of the past are kept', () => {
  const base = { labels: NO_LABELS, annotations: NO_LABELS, value: 1, lastSentMs: undefined };
  const states = (atMs: number) => [
    { ...base, activeAtMs: atMs, state: { kind: 'pending' as const } },
    { ...base, activeAtMs: 0, state: { kind: 'firing' as const, sinceMs: 0, keepFiringSinceMs: atMs } },
    { ...base, activeAtMs: 0, state: { kind: 'resolved' as const, sinceMs: 0, atMs } },
  ];
  assert.deepEqual(
    states(2000).map((alert) => notAhead(alert, 1000)),
    states(1000),
  );
  assert.deepEqual(
    states(500).map((alert) => notAhead(alert, 1000)),
    states(500),
  );
});
