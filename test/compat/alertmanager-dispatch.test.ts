/**
 * Who is told what and when, compared with Debian's Alertmanager 0.25: the same random scenarios at the same time
 * against both. What differed runs again, and counts when it comes a second time in the same way: on a machine that
 * stands still for a moment an event falls behind a tick, each time another one. Where it stands still for much of the
 * time no statement is possible; how much that is, is measured beside the runs.
 */
import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { PEERS, skipWithout } from '../support/peers.ts';
import { runScenarios, TOLERANCE_MS, type Course, type Courses, type Told } from './dispatch-run.ts';
import { generateScenario, type Scenario } from './dispatch-scenarios.ts';

const SEED = Number(process.env['VEDETTE_SEED'] ?? 20_261_121);

/** Runs of what has not been equal yet. */
const RUNS_MAX = 3;

/** Of the scenarios so many must have been equal in some run. */
const EQUAL_SHARE_MIN = 0.75;

/** Of some forty events and ticks of a scenario one is hit by a stall in most runs then: too few are equal in any. */
const STALLED_SHARE_OF_FEW = 0.02;

/** So many are hit then that the same one is hit twice. */
const STALLED_SHARE_OF_MOST = 0.1;

// Two pairs of processes that mostly wait: side by side.
void describe(
  'dispatch as Alertmanager 0.25 does it',
  { skip: skipWithout(PEERS.alertmanager), concurrency: true },
  () => {
    void test('routes, groups, repetitions, silences, inhibition and refusing receivers lead to the same messages at the same ticks', (t) =>
      compare(t, generate(48, false)));
    void test('a reload starts all timers anew, and takes up all alerts that are known', (t) =>
      compare(t, generate(24, true)));
  },
);

function generate(count: number, hasReload: boolean): readonly Scenario[] {
  const letter = hasReload ? 'r' : 's';
  return Array.from({ length: count }, (_, i) =>
    generateScenario(`${letter}${i}`, { seed: SEED + i * 7919 + (hasReload ? 1 : 0), hasReload }),
  );
}

async function compare(t: TestContext, scenarios: readonly Scenario[]): Promise<void> {
  let suspects = scenarios;
  const seen = new Set<string>();
  const proven: string[] = [];
  let toldCount = 0;
  let stalledShare = 0;
  for (let run = 0; run < RUNS_MAX && suspects.length > 0; run++) {
    const { courses, stalledRatio } = await runScenarios(t, suspects);
    stalledShare = Math.max(stalledShare, stalledRatio);
    const { theirs, ours } = courses.values().next().value ?? assert.fail();
    if (ours.reloadTookMs > 0)
      t.diagnostic(
        `run ${run}: reloads of ${theirs.reloadTookMs.toFixed(0)} ms (theirs) and ${ours.reloadTookMs.toFixed(0)} ms`,
      );
    if (run === 0) toldCount = [...courses.values()].reduce((sum, { theirs }) => sum + theirs.told.length, 0);
    suspects = suspects.filter((scenario) => {
      const difference = differenceOf(courses.get(scenario.name) ?? assert.fail());
      if (difference === undefined) return false;
      const signature = `${scenario.name} ${difference.signature}`;
      if (seen.has(signature))
        proven.push(`${scenario.name}: ${difference.text}\n${JSON.stringify(scenario)}`);
      seen.add(signature);
      t.diagnostic(`run ${run}, ${scenario.name}: ${difference.text.split('\n', 1)[0]}`);
      return true;
    });
  }
  const stalledText = `stood still for up to ${(stalledShare * 100).toFixed(1)} % of a run`;
  t.diagnostic(`${scenarios.length} scenarios, ${toldCount} messages; the machine ${stalledText}`);
  const equalCount = scenarios.length - suspects.length;
  const isEqual = proven.length === 0 && equalCount >= EQUAL_SHARE_MIN * scenarios.length;
  const stalledShareMin = proven.length > 0 ? STALLED_SHARE_OF_MOST : STALLED_SHARE_OF_FEW;
  if (!isEqual && stalledShare > stalledShareMin) {
    t.skip(`no statement is possible: the machine ${stalledText}`);
    return;
  }
  assert.equal(proven.length, 0, `seed ${SEED}:\n${proven.join('\n\n')}`);
  assert.ok(toldCount > 5 * scenarios.length, `a comparison of ${toldCount} messages says nothing`);
  assert.ok(equalCount >= EQUAL_SHARE_MIN * scenarios.length, `only ${equalCount} were equal in any run`);
}

interface Difference {
  /** Equal when the two part in the same way. */
  readonly signature: string;
  readonly text: string;
}

/** The first place where the two part. */
function differenceOf({ theirs, ours }: Courses): Difference | undefined {
  // Timers start at the end of a reload, on a busy machine each side's at another moment; those of later alerts do not.
  const shiftMs = ours.reloadTookMs - theirs.reloadTookMs;
  const isOnTime = (lateMs: number): boolean =>
    lateMs > Math.min(0, shiftMs) - TOLERANCE_MS && lateMs < Math.max(0, shiftMs) + TOLERANCE_MS;

  if (theirs.answers.join() !== ours.answers.join()) {
    const text = `answers: theirs ${theirs.answers.join()}, ours ${ours.answers.join()}`;
    return { signature: text, text };
  }
  const wanted = byGroup(theirs);
  const got = byGroup(ours);
  for (const key of new Set([...wanted.keys(), ...got.keys()])) {
    const want = wanted.get(key) ?? [];
    const have = got.get(key) ?? [];
    for (let i = 0; i < Math.max(want.length, have.length); i++) {
      const [a, b] = [want[i], have[i]];
      const lateMs = (b?.atMs ?? 0) - (a?.atMs ?? 0);
      if (a?.text === b?.text && isOnTime(lateMs)) continue;
      const list = (all: readonly Line[]): string =>
        all.map(({ atMs, text }) => `\n    ${atMs} ${text}`).join('');
      return {
        signature: JSON.stringify([key, i, a?.text, b?.text, Math.round(lateMs / 500)]),
        text: `message ${i} of ${key}\n  theirs:${list(want)}\n  ours:${list(have)}`,
      };
    }
  }
  return undefined;
}

interface Line {
  readonly atMs: number;
  readonly text: string;
}

/** Messages by webhook and group, in order. */
function byGroup({ told, baseMs }: Course): Map<string, readonly Line[]> {
  const sorted = told.toSorted((a, b) => a.atMs - b.atMs);
  const groups = Map.groupBy(sorted, ({ webhook, message }) => `${webhook} ${message.groupKey}`);
  return new Map(
    [...groups].map(([key, list]) => [
      key,
      list.map((one) => ({ atMs: one.atMs, text: textOf(one, baseMs) })),
    ]),
  );
}

function textOf({ message, wasRefused }: Told, baseMs: number): string {
  const { status, groupLabels, commonLabels, commonAnnotations } = message;
  // To the half second: what was posted without a time has that of its arrival.
  const near = (time: string): string =>
    time.startsWith('0001-') ? '-' : String(Math.round((Date.parse(time) - baseMs) / 500) / 2);
  const alerts = message.alerts.map(
    ({ status: of, labels, annotations, startsAt, endsAt, fingerprint }) =>
      `${of} ${fingerprint} ${near(startsAt)}..${near(endsAt)} ${JSON.stringify([labels, annotations])}`,
  );
  const common = JSON.stringify([groupLabels, commonLabels, commonAnnotations]);
  return `${wasRefused ? 'refused ' : ''}${status} ${common}${alerts.map((alert) => `\n        ${alert}`).join('')}`;
}
