import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { FeedMessage } from '@vedette/sdk';
import {
  alertOf,
  ANNA,
  crossingOf,
  EXTENDED,
  GuardWorld,
  MINUTE_MS,
  policyOf,
  Replica,
  settingsOf,
  settleFully,
  TEMPORARY,
  userOf,
} from './guard-fixture.ts';

/** What happens: to one of four subjects, or to the whole. */
type Step =
  | { readonly kind: 'cross' | 'ban' | 'alert'; readonly subject: number; readonly isGrave: boolean }
  | { readonly kind: 'lift' | 'extend' | 'approve' | 'permanent'; readonly subject: number }
  | { readonly kind: 'wait'; readonly minutes: number }
  | { readonly kind: 'jump'; readonly minutes: number }
  | { readonly kind: 'restart'; readonly isClean: boolean }
  | { readonly kind: 'reconnect' };

const subject = fc.nat({ max: 3 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constantFrom('cross', 'ban', 'alert'), subject, isGrave: fc.boolean() }),
  fc.record({ kind: fc.constantFrom('lift', 'extend', 'approve', 'permanent'), subject }),
  fc.record({ kind: fc.constant('wait'), minutes: fc.integer({ min: 0, max: 90 }) }),
  fc.record({ kind: fc.constant('jump'), minutes: fc.integer({ min: -90, max: 90 }) }),
  fc.record({ kind: fc.constant('restart'), isClean: fc.boolean() }),
  fc.record({ kind: fc.constant('reconnect') }),
);

const KINDS = ['slow', 'challenge', 'refuse'];
const SETUP = { settings: settingsOf(), policies: [policyOf()] };

/** An application that reads what comes, and begins again where it was when its connection breaks. */
class Follower {
  readonly replica = new Replica();
  #controller = new AbortController();
  #failure: unknown;

  connect(world: GuardWorld): void {
    this.#controller.abort();
    this.#controller = new AbortController();
    const since =
      this.replica.epoch === '' ? undefined : { epoch: this.replica.epoch, seq: this.replica.seq };
    void this.#read(world.guard.feed.follow(since, this.#controller.signal));
  }

  async #read(messages: AsyncIterable<FeedMessage>): Promise<void> {
    try {
      for await (const message of messages) this.replica.take(message);
    } catch (error) {
      this.#failure = error;
    }
  }

  assertWell(): void {
    assert.equal(this.#failure, undefined);
  }

  close(): void {
    this.#controller.abort();
  }
}

async function run(world: GuardWorld, follower: Follower, next: Step): Promise<void> {
  switch (next.kind) {
    case 'cross':
      return await world.cross(crossingOf(`u${next.subject}`, { step: next.isGrave ? EXTENDED : TEMPORARY }));
    case 'alert':
      return void (await world.alerts(
        alertOf({ user_id: `u${next.subject}`, ban_type: next.isGrave ? 'extended' : 'slow' }),
      ));
    case 'ban': {
      const untilMs = next.isGrave ? world.clock.nowMs() + 45 * MINUTE_MS : world.clock.nowMs() + MINUTE_MS;
      return void (await world.guard.ban({ ...ANNA, ...userOf(`u${next.subject}`), untilMs }));
    }
    case 'lift':
    case 'extend':
    case 'approve':
    case 'permanent':
      return await change(world, next.kind, `u${next.subject}`);
    case 'wait':
      return await world.clock.advance(next.minutes * MINUTE_MS);
    case 'jump':
      world.clock.jumpWallClock(next.minutes * MINUTE_MS);
      return await world.clock.advance(31_000);
    case 'restart':
      await world.restart(SETUP, next);
      return follower.connect(world);
    case 'reconnect':
      return follower.connect(world);
  }
}

async function change(
  world: GuardWorld,
  kind: 'lift' | 'extend' | 'approve' | 'permanent',
  name: string,
): Promise<void> {
  const held = world.holding(name);
  if (held === undefined) return;
  if (kind === 'lift') await world.guard.lift(held.id, ANNA);
  else if (kind === 'approve') await world.guard.approve(held.id, ANNA);
  else if (kind === 'permanent') await world.guard.makePermanent(held.id, ANNA);
  else if (held.untilMs !== null) await world.guard.extend(held.id, held.untilMs + MINUTE_MS, ANNA);
}

/** Read from the log alone: for each subject, whether any decision about it is in force. */
async function inForceByHistory(world: GuardWorld): Promise<string[]> {
  const views = await world.guard.decisions({ limit: 1000 });
  const live = views.filter(({ state }) => state === 'live').map(({ decision }) => decision.subject);
  return [...new Set(live)].toSorted();
}

test('what is in force is the same in the log, in memory, in the digest, and in every replica, whatever happens', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 20 }), async (steps) => {
      const world = await GuardWorld.start();
      const follower = new Follower();
      try {
        follower.connect(world);
        for (const next of steps) {
          const before = new Map(world.guard.live().map((decision) => [decision.subject, decision]));
          await run(world, follower, next);
          await settleFully();
          follower.assertWell();
          assert.deepEqual(await inForceByHistory(world), world.liveSubjects());
          assert.deepEqual(
            follower.replica.ids(),
            world.guard
              .live()
              .map(({ id }) => id)
              .toSorted(),
          );
          for (const decision of world.guard.live()) {
            assert.deepEqual(world.guard.holding(decision), decision);
            const earlier = before.get(decision.subject);
            // Nothing but a person's lift makes what holds milder, or shorter.
            if (earlier === undefined || next.kind === 'lift') continue;
            if (earlier.untilMs !== null && earlier.untilMs <= world.clock.nowMs()) continue;
            const kind = KINDS.indexOf(decision.kind) - KINDS.indexOf(earlier.kind);
            assert.ok(kind >= 0, JSON.stringify(next));
            if (kind > 0) continue;
            assert.ok((decision.untilMs ?? Infinity) >= (earlier.untilMs ?? Infinity), JSON.stringify(next));
          }
        }
      } finally {
        follower.close();
        await world.close();
      }
    }),
    { numRuns: 25 },
  );
});
