import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelsOf } from '@vedette/model';
import fc from 'fast-check';
import { severityOf, type Harm } from './severity.ts';
import { severityWordOf } from './severity-words.ts';

const CALM: Harm = {
  labels: [],
  isFiring: true,
  durationMs: 0,
  alertCount: 1,
  instanceCount: 1,
  serviceCount: 0,
  downCount: 0,
  targetCount: 10,
  areTargetsOfJob: true,
  errorRatio: undefined,
  trafficShare: undefined,
};

test('severities are known in the spellings that senders use', () => {
  const check = (value: string, want: string | undefined): void =>
    assert.equal(severityWordOf(labelsOf({ severity: value })), want, value);
  for (const value of ['page', 'crit', 'CRITICAL', ' sev1 ', 'P1', 'disaster', 'fatal'])
    check(value, 'critical');
  for (const value of ['error', 'high', 'major', 'P2']) check(value, 'error');
  for (const value of ['warning', 'warn', 'ticket', 'average', 'sev3']) check(value, 'warning');
  for (const value of ['info', 'notice', 'low', 'P4']) check(value, 'info');
  for (const value of ['none', 'ok']) check(value, 'none');
  check('purple', undefined);
  check('__proto__', undefined);
  assert.equal(severityWordOf(labelsOf({ priority: 'P1' })), 'critical');
});

test('the reason has the word that the sender wrote, and what it counts as', () => {
  const check = (labels: Record<string, string>, want: string): void =>
    assert.equal(severityOf({ ...CALM, labels: [labelsOf(labels)] }).reasons[0]?.text, want);
  check({ severity: 'critical' }, 'its labels say critical');
  check({ severity: ' SEV1 ' }, 'its labels say sev1, which counts as critical');
  check({ priority: 'P2' }, 'its labels say priority p2, which counts as error');
  check({ severity: 'purple' }, 'the alert has no severity that is known, which counts as a warning');
});

test('the word of the rule alone gives the step below the top, and harm adds to it', () => {
  const check = (severity: string, harm: Partial<Harm>, priority: string, level: string): void => {
    const got = severityOf({ ...CALM, labels: [labelsOf({ severity })], ...harm });
    assert.deepEqual([got.priority, got.level], [priority, level], severity);
    assert.equal(
      got.score,
      got.reasons.reduce((sum, { points }) => sum + points, 0),
    );
  };
  check('critical', {}, 'P2', 'critical');
  check('critical', { downCount: 3, targetCount: 3 }, 'P1', 'critical');
  check('error', {}, 'P3', 'error');
  check('warning', {}, 'P3', 'warning');
  check('info', {}, 'P4', 'info');
  check('none', {}, 'P4', 'info');
  check('', {}, 'P3', 'warning');
  check('warning', { errorRatio: 0.5, trafficShare: 0.9, downCount: 4, targetCount: 4 }, 'P1', 'critical');
});

test('more harm never makes it less urgent', () => {
  const harm = fc.record({
    severity: fc.constantFrom('none', 'info', 'warning', 'error', 'critical'),
    durationMs: fc.nat(10 ** 8),
    alertCount: fc.integer({ min: 1, max: 50 }),
    instanceCount: fc.nat(50),
    serviceCount: fc.nat(20),
    downCount: fc.nat(50),
    errorRatio: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
    trafficShare: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
  });
  const more = fc.record({
    durationMs: fc.nat(10 ** 8),
    alertCount: fc.nat(50),
    instanceCount: fc.nat(50),
    serviceCount: fc.nat(20),
    downCount: fc.nat(50),
    errorRatio: fc.double({ min: 0, max: 1, noNaN: true }),
    trafficShare: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  fc.assert(
    fc.property(harm, more, ({ severity, ...less }, added) => {
      const of = (one: typeof less): ReturnType<typeof severityOf> =>
        severityOf({
          ...one,
          isFiring: true,
          labels: [labelsOf({ severity })],
          targetCount: 60,
          areTargetsOfJob: true,
        });
      const before = of(less);
      const after = of({
        durationMs: less.durationMs + added.durationMs,
        alertCount: less.alertCount + added.alertCount,
        instanceCount: less.instanceCount + added.instanceCount,
        serviceCount: less.serviceCount + added.serviceCount,
        downCount: less.downCount + added.downCount,
        errorRatio: Math.max(less.errorRatio ?? 0, added.errorRatio),
        trafficShare: Math.max(less.trafficShare ?? 0, added.trafficShare),
      });
      assert.ok(after.score >= before.score);
      assert.ok(after.priority <= before.priority);
    }),
  );
});

test('another alert of the group never makes it less urgent, whatever its word', () => {
  const word = fc.constantFrom('none', 'info', 'purple', 'warning', 'error', 'critical');
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 4 }), word, (words, added) => {
      const of = (all: readonly string[]): ReturnType<typeof severityOf> =>
        severityOf({ ...CALM, labels: all.map((severity) => labelsOf({ severity })) });
      assert.ok(of([...words, added]).score >= of(words).score, `${words.join(', ')} and ${added}`);
    }),
  );
});
