/**
 * Who is told what and when, compared with Debian's Alertmanager 0.25: the same random scenarios at the same time
 * against both. A difference counts when it comes again, with the scenario alone beside the others that differed: on
 * a machine that stood still for a moment, an event may fall behind a tick.
 */
import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { PEERS, skipWithout } from '../support/peers.ts';
import { runScenarios, type Course, type Courses, type Told } from './dispatch-run.ts';
import { generateScenario, type Scenario } from './dispatch-scenarios.ts';

const SEED = Number(process.env['VEDETTE_SEED'] ?? 20_261_121);

/** Ticks are half a second from all that happens, so that a message this early or late is at the same tick. */
const TOLERANCE_MS = 400;

/** A difference is one when it shows as often as this. */
const RUNS_MAX = 3;

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
  let differences: readonly string[] = [];
  let toldCount = 0;
  for (let run = 0; run < RUNS_MAX && suspects.length > 0; run++) {
    const courses = await runScenarios(t, suspects);
    if (run === 0) toldCount = [...courses.values()].reduce((sum, { theirs }) => sum + theirs.told.length, 0);
    const found = suspects.flatMap((scenario) => {
      const difference = differenceOf(courses.get(scenario.name) ?? assert.fail());
      return difference === undefined ? [] : [{ scenario, difference }];
    });
    suspects = found.map(({ scenario }) => scenario);
    for (const { scenario, difference } of found)
      t.diagnostic(`run ${run}, ${scenario.name}: ${difference.split('\n', 1)[0]}`);
    differences = found.map(
      ({ scenario, difference }) => `${scenario.name}: ${difference}\n${JSON.stringify(scenario)}`,
    );
  }
  assert.ok(toldCount > 5 * scenarios.length, `a comparison of ${toldCount} messages says nothing`);
  assert.equal(differences.length, 0, `seed ${SEED}:\n${differences.join('\n\n')}`);
  t.diagnostic(`${scenarios.length} scenarios, ${toldCount} messages`);
}

/** The first place where the two part. */
function differenceOf({ theirs, ours }: Courses): string | undefined {
  if (theirs.answers.join() !== ours.answers.join())
    return `answers: theirs ${theirs.answers.join()}, ours ${ours.answers.join()}`;
  const wanted = byGroup(theirs);
  const got = byGroup(ours);
  for (const key of new Set([...wanted.keys(), ...got.keys()])) {
    const want = wanted.get(key) ?? [];
    const have = got.get(key) ?? [];
    for (let i = 0; i < Math.max(want.length, have.length); i++) {
      const [a, b] = [want[i], have[i]];
      if (a !== undefined && b !== undefined && Math.abs(a.atMs - b.atMs) < TOLERANCE_MS && a.text === b.text)
        continue;
      const list = (all: readonly Line[]): string =>
        all.map(({ atMs, text }) => `\n    ${atMs} ${text}`).join('');
      return `message ${i} of ${key}\n  theirs:${list(want)}\n  ours:${list(have)}`;
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
