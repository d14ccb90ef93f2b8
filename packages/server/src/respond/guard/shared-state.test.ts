import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom, VirtualClock } from '@vedette/model';
import { createMetricsRegistry, exposeMetrics, type MetricsRegistry } from '@vedette/sdk';
import { openStateStore } from '../../store/state/embedded.ts';
import { INSTANT_SYNCS } from '../../store/state/instant-syncs-fixture.ts';
import type { StateStore } from '../../store/state/port.ts';
import { SILENT_LOG } from '../../telemetry/log.ts';
import { ANNA, crossingOf, NOW_MS, policyOf, settingsOf, settleFully, userOf } from './guard-fixture.ts';
import { createGuardService, type RunningGuardService } from './guard-service.ts';

const NEVER = new Promise<never>(() => undefined);

/** Two servers with one state, as Redis keeps it for several. */
class TwoServers {
  readonly clock = new VirtualClock({ startMs: NOW_MS, settle: settleFully });
  #state = this.#openState();
  /** Whether reads of the log fail, as while Redis is away. */
  isAway = false;
  /** Whether what is appended is there and nobody is told, as when the connection goes away at that moment. */
  losesAnswers = false;
  /** Whose writes neither take effect nor end. */
  readonly killed = new Set<string>();
  /** What happens before a server reads documents. */
  beforeRead: (collection: string) => Promise<void> = () => Promise.resolve();
  /** Who wrote documents, in order. */
  readonly savedBy: string[] = [];
  /** Keys of the decisions among them, in order. */
  readonly savedDecisions: string[] = [];
  #startedCount = 0;

  async start(
    name: string,
    metrics: MetricsRegistry = createMetricsRegistry(),
  ): Promise<RunningGuardService> {
    const guard = createGuardService(
      {
        clock: this.clock,
        metrics,
        state: this.#stateOf(name),
        isStateShared: true,
        random: new SeededRandom(++this.#startedCount),
        log: SILENT_LOG,
        slicer: { shouldYield: () => false, yield: () => Promise.resolve() },
        activeSubjects: () => 0,
      },
      { settings: settingsOf(), policies: [policyOf()] },
    );
    await guard.start();
    return guard;
  }

  /** As a Redis that keeps nothing on disk comes back after a restart. */
  empty(): void {
    this.#state = this.#openState();
  }

  #openState(): StateStore {
    return openStateStore({ clock: this.clock, log: SILENT_LOG, syncs: INSTANT_SYNCS }, { path: ':memory:' });
  }

  #stateOf(name: string): StateStore {
    return {
      documents: {
        find: async (collection, key) => {
          await this.beforeRead(collection);
          return await this.#state.documents.find(collection, key);
        },
        list: async (collection, prefix) => {
          await this.beforeRead(collection);
          return await this.#state.documents.list(collection, prefix);
        },
        write: (writes) => {
          if (this.killed.has(name)) return NEVER;
          this.savedBy.push(name);
          for (const { collection, key } of writes)
            if (collection === 'guard_decisions') this.savedDecisions.push(key);
          return this.#state.documents.write(writes);
        },
        watch: () => () => undefined,
      },
      logs: {
        append: async (log, records) => {
          if (this.killed.has(name)) return await NEVER;
          const seq = await this.#state.logs.append(log, records);
          if (this.losesAnswers) throw new Error('no answer');
          return seq;
        },
        trim: (log, beforeMs) => this.#state.logs.trim(log, beforeMs),
        read: (log, request) =>
          this.isAway ? Promise.reject(new Error('away')) : this.#state.logs.read(log, request),
      },
      leases: {
        acquire: (...lease) => (this.killed.has(name) ? NEVER : this.#state.leases.acquire(...lease)),
        release: (...lease) => this.#state.leases.release(...lease),
      },
      erase: (texts) => this.#state.erase(texts),
      mentionsOf: (texts, countMax) => this.#state.mentionsOf(texts, countMax),
      problems: () => [],
      close: () => Promise.resolve(),
    };
  }
}

async function cross(guard: RunningGuardService, subject: string): Promise<void> {
  guard.cross([crossingOf(subject)]);
  await settleFully();
}

const subjectsOf = (guard: RunningGuardService): string[] =>
  guard
    .live()
    .map(({ subject }) => subject)
    .toSorted();

test('what another server decides holds here half a second later, and so does its end', async () => {
  const servers = new TwoServers();
  const metrics = createMetricsRegistry();
  const [one, other] = [await servers.start('one'), await servers.start('other', metrics)];
  await cross(one, 'ann');
  assert.deepEqual([subjectsOf(one), subjectsOf(other)], [['ann'], []]);
  await servers.clock.advance(500);
  assert.deepEqual(subjectsOf(other), ['ann']);
  await other.lift(other.holding(userOf('ann'))?.id ?? '', ANNA);
  assert.deepEqual([subjectsOf(one), subjectsOf(other)], [['ann'], []]);
  await servers.clock.advance(500);
  assert.deepEqual(subjectsOf(one), []);
  const text = [...exposeMetrics(metrics, 'prometheus')].join('');
  assert.doesNotMatch(text, /^guard_decisions_total\{.*\} [1-9]/m, 'counted where it was made');
  await one.stop();
  await other.stop();
});

test('own decisions come after those of others that were written before them', async () => {
  const servers = new TwoServers();
  const [one, other] = [await servers.start('one'), await servers.start('other')];
  await cross(one, 'ann');
  await cross(other, 'bob');
  assert.deepEqual(subjectsOf(other), ['ann', 'bob'], 'without waiting');
  await one.stop();
  await other.stop();
});

test('what could not be read for a while is read later', async () => {
  const servers = new TwoServers();
  const [one, other] = [await servers.start('one'), await servers.start('other')];
  servers.isAway = true;
  await cross(one, 'ann');
  // Written and not answered for, since what came before it is not known: it takes effect with that.
  await cross(other, 'bob');
  await servers.clock.advance(5000);
  assert.deepEqual(subjectsOf(other), []);
  servers.isAway = false;
  await servers.clock.advance(500);
  assert.deepEqual(subjectsOf(other), ['ann', 'bob']);
  await one.stop();
  await other.stop();
});

test('what was written without an answer is decided once, whoever asks again', async () => {
  const servers = new TwoServers();
  const one = await servers.start('one');
  servers.losesAnswers = true;
  await cross(one, 'ann');
  servers.losesAnswers = false;
  // Told again before the next look at the log.
  await cross(one, 'ann');
  await cross(one, 'ann');
  assert.equal((await one.decisions({ limit: 10 })).length, 1);
  assert.deepEqual(subjectsOf(one), ['ann']);
  await cross(one, 'bob');
  assert.deepEqual(subjectsOf(one), ['ann', 'bob']);
  await one.stop();
});

test('a kill of both between two saves loses nothing, for one of them saves for both', async () => {
  const servers = new TwoServers();
  const [one, other] = [await servers.start('one'), await servers.start('other')];
  servers.savedBy.length = 0;
  await cross(other, 'ann');
  await servers.clock.advance(9000);
  await cross(one, 'bob');
  await cross(other, 'carol');
  await servers.clock.advance(12_000);
  assert.deepEqual(new Set(servers.savedBy), new Set(['one']), 'the first that looked');
  const third = await servers.start('third');
  assert.deepEqual(subjectsOf(third), ['ann', 'bob', 'carol']);
  for (const guard of [one, other, third]) await guard.stop();
});

test('when the server that saves is gone, another one does', async () => {
  const servers = new TwoServers();
  const [one, other] = [await servers.start('one'), await servers.start('other')];
  await cross(one, 'ann');
  await servers.clock.advance(11_000);
  await one.stop();
  servers.savedBy.length = 0;
  await cross(other, 'bob');
  await servers.clock.advance(11_000);
  assert.deepEqual(new Set(servers.savedBy), new Set(['other']));
  const third = await servers.start('third');
  assert.deepEqual(subjectsOf(third), ['ann', 'bob']);
  await other.stop();
  await third.stop();
});

test('who takes over saves what the one before did not, and remembers no more', async () => {
  const servers = new TwoServers();
  const [one, other] = [await servers.start('one'), await servers.start('other')];
  await cross(one, 'ann');
  await servers.clock.advance(11_000);
  await cross(one, 'bob');
  await servers.clock.advance(30_000);
  await cross(one, 'carol');
  servers.killed.add('one');
  servers.savedDecisions.length = 0;
  await servers.clock.advance(80_000);
  const carol = other.holding(userOf('carol'))?.id;
  assert.deepEqual(servers.savedDecisions, [carol]);
  await other.stop();
});

test('two servers that start at the same moment on an empty state agree on its secret', async () => {
  const servers = new TwoServers();
  const [one, other] = await Promise.all([servers.start('one'), servers.start('other')]);
  await cross(one, 'ann');
  await servers.clock.advance(500);
  const { id } = other.holding(userOf('ann')) ?? assert.fail('no decision');
  const link = await one.appeals.issue(id);
  assert.equal((await other.appeals.look(link)).decision.id, id);
  await one.stop();
  await other.stop();
});

test('a server that starts while another one saves knows all that was decided by then', async () => {
  const servers = new TwoServers();
  const one = await servers.start('one');
  const subjects: string[] = [];
  const read = new Set<string>();
  servers.beforeRead = async (collection) => {
    // Each is read many times, in pieces.
    if (read.has(collection)) return;
    read.add(collection);
    subjects.push(`before-${collection}`);
    await cross(one, `before-${collection}`);
    await servers.clock.advance(10_000);
  };
  const third = await servers.start('third');
  assert.ok(subjects.length >= 5);
  assert.deepEqual(subjectsOf(third), subjects.toSorted());
  await one.stop();
  await third.stop();
});

test('when the state comes back empty, bans end as before and the books are saved again', async () => {
  const servers = new TwoServers();
  const one = await servers.start('one');
  for (const subject of ['ann', 'bob', 'carol']) await cross(one, subject);
  const link = await one.appeals.issue(one.holding(userOf('bob'))?.id ?? '');
  await servers.clock.advance(11_000);
  servers.empty();
  await one.lift(one.holding(userOf('ann'))?.id ?? '', ANNA);
  assert.deepEqual(subjectsOf(one), ['bob', 'carol']);
  await servers.clock.advance(11_000);
  // Another process, as after a kill.
  const next = await servers.start('next');
  assert.deepEqual(subjectsOf(next), ['bob', 'carol']);
  assert.equal((await next.appeals.look(link)).decision.subject, 'bob');
  await one.stop();
  await next.stop();
});

test('when the state comes back empty, servers go on to follow each other', async () => {
  const servers = new TwoServers();
  const [one, other] = [await servers.start('one'), await servers.start('other')];
  for (const subject of ['ann', 'bob', 'carol']) await cross(one, subject);
  await servers.clock.advance(11_000);
  servers.empty();
  await one.lift(one.holding(userOf('ann'))?.id ?? '', ANNA);
  await servers.clock.advance(500);
  assert.deepEqual(subjectsOf(other), ['bob', 'carol']);
  await one.stop();
  await other.stop();
});
