import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ExecutionError, SeededRandom, TimeoutError, UnavailableError, VirtualClock } from '@vedette/model';
import type { ActionCount } from '@vedette/sdk';
import type { Policy } from '../detect/index.ts';
import { HOUR_MS, NOW_MS, policyOf, settingsOf } from '../respond/guard/guard-fixture.ts';
import { RuleSet } from './backtest-rule-set.ts';
import { ask, backtestOver, EVERY_STEP, LIMITS, stepOf, storeOf } from './guard-backtest-fixture.ts';

const RANGE = { fromMs: NOW_MS, toMs: NOW_MS + HOUR_MS };
const MINUTE: Policy = policyOf({ steps: [stepOf(10, 5)] });

function rowOf(subject: string, atMs: number, more: Partial<ActionCount> = {}): ActionCount {
  return { scope: 'user', subject, action: 'search', source: 'http', outcome: 'ok', count: 1, atMs, ...more };
}

/** One action each second. */
function busy(
  subject: string,
  fromMs: number,
  seconds: number,
  more: Partial<ActionCount> = {},
): ActionCount[] {
  return Array.from({ length: seconds }, (_, i) => rowOf(subject, fromMs + i * 1000, more));
}

const merged = (...rows: readonly ActionCount[][]): ActionCount[] =>
  rows.flat().toSorted((a, b) => a.atMs - b.atMs);

test('who is refused does not count until it ends, and then is at a second strike', async () => {
  const rows = busy('u1', NOW_MS, 11 + 300 + 11);
  const report = await ask(backtestOver(storeOf(rows)), { policies: [MINUTE], inForce: [], ...RANGE });
  const [row] = report.subjects;
  assert.deepEqual(
    [report.subjects.length, row?.change, row?.gravity, row?.timing, row?.inForce],
    [1, 'added', null, null, null],
  );
  const { first, refusalCount, lastUntilMs, refusedMs } = row?.candidate ?? assert.fail('not refused');
  // The eleventh action is in the second 10; the first that counts again is that of the end.
  assert.deepEqual([first.atMs, first.untilMs], [NOW_MS + 10_000, NOW_MS + 310_000]);
  assert.deepEqual([first.policy, first.over, first.value], ['per-minute', 10, 11]);
  assert.deepEqual([refusalCount, lastUntilMs], [2, NOW_MS + 620_000]);
  assert.equal(refusedMs, 600_000);
  assert.deepEqual(report.candidate, {
    refusedSubjectCount: 1,
    refusalCount: 2,
    slowedSubjectCount: 0,
    heldBackSubjectCount: 0,
    trips: [],
  });
  assert.deepEqual([report.rowCount, report.actionCount, report.firstRowMs], [322, 322, NOW_MS]);
});

test('what was stored as refused counts when nothing holds in the backtest', async () => {
  const rows = busy('u1', NOW_MS, 11, { outcome: 'refused' });
  const report = await ask(backtestOver(storeOf(rows)), { policies: [MINUTE], inForce: [], ...RANGE });
  assert.equal(report.subjects[0]?.candidate?.first.atMs, NOW_MS + 10_000);
});

test('a late row from before a refusal counts, one from during it does not', async () => {
  const graver = policyOf({ steps: [stepOf(10, 5), stepOf(11, 60, { grade: 'extended' })] });
  const first = rowOf('u1', NOW_MS + 5000, { count: 11 });
  const check = async (lateMs: number, want: string): Promise<void> => {
    const rows = [first, rowOf('u2', NOW_MS + 20_000), rowOf('u1', lateMs)];
    const report = await ask(backtestOver(storeOf(rows)), { policies: [graver], inForce: [], ...RANGE });
    assert.equal(report.subjects[0]?.candidate?.gravest, want);
  };
  await check(NOW_MS + 4000, 'extended');
  await check(NOW_MS + 6000, 'temporary');
});

test('two rule sets are compared subject by subject, changes first', async () => {
  const old = policyOf({ steps: [stepOf(10, 5), stepOf(40, 60, { grade: 'extended' })] });
  const next = policyOf({ steps: [stepOf(5, 5), stepOf(20, 60, { grade: 'extended' })] });
  const rows = merged(
    // In one second, so that it is the very step.
    [rowOf('same', NOW_MS, { count: 15 }), rowOf('graver', NOW_MS, { count: 30 })],
    busy('added', NOW_MS, 8),
    busy('earlier', NOW_MS, 12),
    [rowOf('honest', NOW_MS, { count: 5 })],
  );
  const check = async (policies: Policy, inForce: Policy, want: readonly string[]): Promise<void> => {
    const report = await ask(backtestOver(storeOf(rows)), {
      policies: [policies],
      inForce: [inForce],
      ...RANGE,
    });
    assert.deepEqual(
      report.subjects.map(
        ({ subject, change, gravity, timing }) => `${subject} ${change} ${gravity} ${timing}`,
      ),
      want,
    );
  };
  await check(next, old, [
    'added added null null',
    'graver changed graver same',
    'earlier changed same earlier',
    'same same same same',
  ]);
  await check(old, next, [
    'added removed null null',
    'graver changed milder same',
    'earlier changed same later',
    'same same same same',
  ]);
  const { difference } = await ask(backtestOver(storeOf(rows)), {
    policies: [next],
    inForce: [old],
    ...RANGE,
  });
  assert.deepEqual(difference, {
    addedCount: 1,
    removedCount: 0,
    graverCount: 1,
    milderCount: 0,
    earlierCount: 1,
    laterCount: 0,
    sameCount: 1,
  });
});

test('shadow is judged as if enforced, off is not judged, a slow-down refuses nobody', async () => {
  const check = async (policy: Partial<Policy>, want: readonly [number, number]): Promise<void> => {
    const policies = [policyOf({ steps: [stepOf(10, 5)], ...policy })];
    const rows = busy('u1', NOW_MS, 20);
    const { candidate } = await ask(backtestOver(storeOf(rows)), { policies, inForce: [], ...RANGE });
    assert.deepEqual([candidate.refusedSubjectCount, candidate.slowedSubjectCount], want);
  };
  await check({ mode: 'shadow' }, [1, 0]);
  await check({ mode: 'canary', canaryPercent: 0 }, [1, 0]);
  await check({ mode: 'off' }, [0, 0]);
  await check({ steps: [stepOf(10, 5, { decide: 'slow' })] }, [0, 1]);
  await check({ steps: [stepOf(10, 5, { decide: 'warn' })] }, [0, 0]);
});

test('windows are warm when the range begins, and nothing at its end or later counts', async () => {
  const check = async (rows: readonly ActionCount[], want: number | undefined): Promise<void> => {
    const report = await ask(backtestOver(storeOf(rows)), { policies: [MINUTE], inForce: [], ...RANGE });
    assert.equal(report.subjects[0]?.candidate?.first.atMs, want);
  };
  await check(busy('u1', NOW_MS - 6000, 11), NOW_MS + 4000);
  // Refused before the range, and still when it begins.
  await check(busy('u1', NOW_MS - 30_000, 12), NOW_MS - 20_000);
  await check(busy('u1', NOW_MS - 70_000, 5), undefined);
  await check(busy('u1', RANGE.toMs - 11_000, 11), RANGE.toMs - 1000);
  await check(busy('u1', RANGE.toMs - 10_000, 11), undefined);
});

test('a pulled brake is told, and who comes after it is kept for a person', async () => {
  const settings = { blast_radius: { max_share: 0, floor: 3, window: HOUR_MS, per_minute: 100 } };
  const rows = merged(...['a', 'b', 'c', 'd', 'e'].map((subject, i) => busy(subject, NOW_MS + i * 1000, 11)));
  const asked = { policies: [MINUTE], inForce: [], settings, ...RANGE };
  const { candidate } = await ask(backtestOver(storeOf(rows)), asked);
  assert.deepEqual([candidate.refusedSubjectCount, candidate.heldBackSubjectCount], [3, 2]);
  assert.deepEqual(
    candidate.trips.map(({ policy, atMs }) => [policy, atMs]),
    [['per-minute', NOW_MS + 13_000]],
  );
});

test('the report names as many as it may and counts the others, wherever slices end', async () => {
  const rows = merged(...Array.from({ length: 30 }, (_, i) => busy(`u${i}`, NOW_MS + i * 100, 11 + i)));
  const asked = { policies: [MINUTE], inForce: [policyOf({ steps: [stepOf(20, 5)] })], ...RANGE };
  const whole = await ask(backtestOver(storeOf(rows)), asked);
  assert.deepEqual([whole.subjects.length, whole.furtherSubjectCount], [30, 0]);
  const short = await ask(backtestOver(storeOf(rows), { slicer: EVERY_STEP }), { ...asked, subjectsMax: 7 });
  assert.deepEqual(short, { ...whole, subjects: whole.subjects.slice(0, 7), furtherSubjectCount: 23 });
});

test('remarks say what the answer does not know', async () => {
  const check = async (
    rows: readonly ActionCount[],
    policy: Partial<Policy>,
    want: RegExp[],
  ): Promise<void> => {
    const policies = [policyOf(policy)];
    const { remarks } = await ask(backtestOver(storeOf(rows)), { policies, inForce: [], ...RANGE });
    assert.equal(remarks.length, want.length, remarks.join('\n'));
    for (const [i, pattern] of want.entries()) assert.match(remarks[i] ?? '', pattern);
  };
  await check([rowOf('u', NOW_MS)], {}, []);
  await check([], {}, [/no action is stored/]);
  await check([rowOf('u', NOW_MS + 1000)], {}, [/stored from 2026-11-21T10:00:01\.000Z on/]);
  await check([rowOf('u', NOW_MS)], { isDynamic: true }, [/dynamic policies stand as written/]);
});

test('one backtest at a time; when it was given up, the next may begin', async () => {
  const controller = new AbortController();
  const backtest = backtestOver(storeOf(busy('u1', NOW_MS, 200)), { slicer: EVERY_STEP });
  const asked = { policies: [MINUTE], inForce: [], ...RANGE };
  const running = ask(backtest, asked, controller.signal);
  await assert.rejects(
    ask(backtest, asked),
    (error) => error instanceof UnavailableError && /one runs at a time/.test(error.message),
  );
  controller.abort(new Error('gone'));
  await assert.rejects(running, /gone/);
  assert.equal((await ask(backtest, asked)).candidate.refusedSubjectCount, 1);
});

test('ranges and run times beyond their limits are errors that name them', async () => {
  const clock = new VirtualClock({ startMs: 0 });
  const day = 24 * HOUR_MS;
  const asked = { policies: [MINUTE], inForce: [], fromMs: NOW_MS };
  const backtest = backtestOver(storeOf([]), { clock });
  await assert.doesNotReject(ask(backtest, { ...asked, toMs: NOW_MS + 31 * day }));
  for (const toMs of [NOW_MS + 31 * day + 1, NOW_MS, NOW_MS - 1])
    await assert.rejects(ask(backtest, { ...asked, toMs }), ExecutionError);
  const slow = backtestOver(
    {
      async *read() {
        await clock.advance(240_000);
        yield [rowOf('u', NOW_MS)];
        await clock.advance(1);
        yield [rowOf('u', NOW_MS + 1000)];
      },
    },
    { clock },
  );
  await assert.rejects(
    ask(slow, { ...asked, toMs: NOW_MS + day }),
    (error) => error instanceof TimeoutError && /240 s \(BACKTEST_MS_MAX\), 1 rows/.test(error.message),
  );
});

test('more subjects than can be noted are an error that names the limit', () => {
  const rules = new RuleSet(
    { random: new SeededRandom(1) },
    { policies: [MINUTE], settings: settingsOf(), limits: LIMITS, fromMs: NOW_MS, notesMax: 2 },
  );
  const refuse = (subject: string): void => {
    rules.take(rowOf(subject, NOW_MS, { count: 11 }));
    for (const crossing of rules.takeCrossings()) rules.judge(crossing, NOW_MS);
  };
  refuse('u1');
  refuse('u2');
  assert.equal(rules.notes.size, 2);
  assert.throws(
    () => refuse('u3'),
    (error) => error instanceof ExecutionError && /more than 2 subjects/.test(error.message),
  );
});
