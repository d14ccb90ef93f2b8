/** The backtest of the policies in force against what a server in virtual time just decided. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '@vedette/model';
import { createMetricsRegistry, type ActionCount } from '@vedette/sdk';
import fc from 'fast-check';
import { createBehaviour } from '../detect/behaviour/index.ts';
import type { Behaviour, Policy } from '../detect/index.ts';
import { GuardWorld, NOW_MS, policyOf, settleFully } from '../respond/guard/guard-fixture.ts';
import {
  ask,
  backtestOver,
  EVERY_STEP,
  LIMITS,
  NO_SLICES,
  stepOf,
  storeOf,
} from './guard-backtest-fixture.ts';

const POLICIES: readonly Policy[] = [
  policyOf({
    name: 'burst',
    windowMs: 10_000,
    steps: [stepOf(6, 0.5), stepOf(14, 2, { grade: 'extended' })],
  }),
  policyOf({ name: 'minute', steps: [stepOf(18, 1, { decide: 'slow' }), stepOf(24, 2)] }),
  policyOf({ name: 'errors', measure: { kind: 'errors' }, steps: [stepOf(5, 3)] }),
  policyOf({ name: 'share', measure: { kind: 'share', minCount: 12 }, steps: [stepOf(0.8, 1)] }),
  policyOf({ name: 'off', mode: 'off', steps: [stepOf(1, 60)] }),
];

const FLOOR = { max_share: 0.5, window: 120_000, per_minute: 1000 };

/** What somebody does at one moment. */
interface Deed {
  readonly afterSeconds: number;
  readonly subject: number;
  readonly isError: boolean;
  readonly action: 'search' | 'buy';
  readonly count: number;
}

const deed: fc.Arbitrary<Deed> = fc.record({
  afterSeconds: fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: 0, max: 3 }) },
    { weight: 1, arbitrary: fc.integer({ min: 20, max: 200 }) },
  ),
  subject: fc.nat({ max: 3 }),
  isError: fc.boolean(),
  action: fc.constantFrom('search', 'buy'),
  count: fc.integer({ min: 1, max: 5 }),
});

/** The application: it refuses whom the guard holds, and says so. */
class App {
  readonly rows: ActionCount[] = [];
  readonly #world: GuardWorld;
  readonly #behaviour: Behaviour;

  constructor(world: GuardWorld) {
    this.#world = world;
    this.#behaviour = createBehaviour(
      {
        random: new SeededRandom(11),
        metrics: createMetricsRegistry(),
        crossings: {
          cross: (crossings) => {
            world.activeSubjects = this.#behaviour.activeSubjects;
            world.guard.cross(crossings);
          },
        },
      },
      { policies: POLICIES.filter(({ mode }) => mode !== 'off'), dynamic: undefined, limits: LIMITS },
    );
  }

  async ship(deeds: readonly Deed[]): Promise<void> {
    const atMs = this.#world.clock.nowMs();
    const rows = deeds.map(({ subject, isError, action, count }): ActionCount => {
      const isRefused = this.#world.holding(`u${subject}`)?.kind === 'refuse';
      const outcome = isRefused ? 'refused' : isError ? 'error' : 'ok';
      return { scope: 'user', subject: `u${subject}`, action, source: 'http', outcome, count, atMs };
    });
    this.rows.push(...rows);
    this.#behaviour.take(rows);
    await settleFully();
  }

  async wait(seconds: number): Promise<void> {
    await this.#world.clock.advance(seconds * 1000);
    this.#behaviour.tick(this.#world.clock.nowMs());
  }
}

/** Deeds of one second go together, as an application ships them. */
async function live(world: GuardWorld, app: App, deeds: readonly Deed[]): Promise<void> {
  let batch: Deed[] = [];
  for (const one of deeds) {
    if (one.afterSeconds > 0) {
      await app.ship(batch);
      batch = [];
      await app.wait(one.afterSeconds);
    }
    batch.push(one);
  }
  await app.ship(batch);
  await world.clock.advance(0);
}

interface Decided {
  readonly subject: string;
  readonly atMs: number;
  readonly untilMs: number | null;
  readonly policy: string;
  readonly count: number;
}

async function refusalsOf(world: GuardWorld): Promise<readonly Decided[]> {
  const views = await world.guard.decisions({ limit: 1000 });
  const refusals = views
    .map(({ decision }) => decision)
    .filter(({ kind, isEnforced }) => kind === 'refuse' && isEnforced)
    .toReversed();
  return [...new Set(refusals.map(({ subject }) => subject))].toSorted().map((subject) => {
    const own = refusals.filter((decision) => decision.subject === subject);
    const { madeAtMs = 0, untilMs = null, policy = '' } = own[0] ?? {};
    return { subject, atMs: madeAtMs, untilMs, policy, count: own.length };
  });
}

test('the backtest of the policies in force names whom the server refused, when, until when and how often', async () => {
  let refusedCount = 0;
  let tripCount = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(deed, { minLength: 20, maxLength: 90 }),
      fc.constantFrom(2, 1000),
      fc.constantFrom(NO_SLICES, EVERY_STEP),
      async (deeds, floor, slicer) => {
        const settings = { blast_radius: { ...FLOOR, floor } };
        const world = await GuardWorld.start(settings, POLICIES);
        const app = new App(world);
        await live(world, app, deeds);
        const want = await refusalsOf(world);
        refusedCount += want.length;
        tripCount += world.trips.length;
        const report = await ask(backtestOver(storeOf(app.rows), { slicer }), {
          // In shadow they are judged all the same.
          policies: POLICIES.map((one) => (one.mode === 'off' ? one : { ...one, mode: 'shadow' })),
          inForce: POLICIES,
          settings,
          fromMs: NOW_MS - 1000,
          toMs: world.clock.nowMs() + 1,
        });
        const got = report.subjects
          .map(({ subject, inForce }) => ({
            subject,
            atMs: inForce?.first.atMs,
            untilMs: inForce?.first.untilMs,
            policy: inForce?.first.policy,
            count: inForce?.refusalCount,
          }))
          .toSorted((a, b) => (a.subject < b.subject ? -1 : 1));
        assert.deepEqual(got, want);
        assert.ok(report.subjects.every(({ change }) => change === 'same'));
        assert.deepEqual(
          report.inForce.trips.map(({ policy }) => policy),
          world.trips,
        );
        await world.close();
      },
    ),
    // A run is a second of turns of the loop: to shrink takes minutes.
    { numRuns: 25, endOnFailure: true },
  );
  assert.ok(refusedCount > 20 && tripCount > 0, `nothing to compare: ${refusedCount}, ${tripCount}`);
});
