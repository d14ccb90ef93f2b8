import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { InputError, labelsOf, SeededRandom, UnavailableError, VirtualClock } from '@vedette/model';
import { openStateStore } from '../../store/state/embedded.ts';
import { INSTANT_SYNCS } from '../../store/state/instant-syncs-fixture.ts';
import type { StateStore } from '../../store/state/port.ts';
import { SILENT_LOG } from '../../telemetry/log.ts';
import { fingerprintOf } from '../fingerprint.ts';
import { parseMatchers } from '../matchers/parse.ts';
import { ALERT_PIPELINE_LIMITS } from '../pipeline-limits.ts';
import { SilenceBook } from './silence-book.ts';
import type { SilenceDraft, SilenceLimits } from './silence.ts';

const START_MS = 1_700_000_000_000;
const MINUTE_MS = 60_000;
const LABELS = labelsOf({ alertname: 'A', host: 'a' });

class World {
  readonly clock = new VirtualClock({ startMs: START_MS, settle: () => Promise.resolve() });
  readonly #path: string;
  readonly #opened: StateStore[] = [];
  readonly #random = new SeededRandom(1);
  state: StateStore;
  book: SilenceBook;

  constructor(t: TestContext, limits: Partial<SilenceLimits> = {}) {
    const directory = mkdtempSync(join(tmpdir(), 'vedette-silence-'));
    this.#path = join(directory, 'state.db');
    this.state = this.#open();
    this.book = this.bookOn(this.state, limits);
    t.after(async () => {
      await Promise.all(this.#opened.map((store) => store.close()));
      rmSync(directory, { recursive: true });
    });
  }

  bookOn(state: StateStore, limits: Partial<SilenceLimits> = {}): SilenceBook {
    const deps = { clock: this.clock, random: this.#random, log: SILENT_LOG, state };
    return new SilenceBook(deps, { ...ALERT_PIPELINE_LIMITS, ...limits });
  }

  /** Drops everything in memory, as a kill does, and reads the same file. */
  async restart(): Promise<void> {
    this.state = this.#open();
    this.book = this.bookOn(this.state);
    await this.book.load();
  }

  draft(more: Partial<SilenceDraft> = {}, matchers = 'alertname=A'): SilenceDraft {
    const startsAtMs = this.clock.nowMs();
    return {
      matchers: parseMatchers(matchers).matchers,
      startsAtMs,
      endsAtMs: startsAtMs + 60 * MINUTE_MS,
      createdBy: 'me',
      comment: 'disk swap',
      ...more,
    };
  }

  /** Ids of what silences the alert now. */
  active(): readonly string[] {
    return this.book.activeFor(fingerprintOf(LABELS), LABELS, this.clock.nowMs());
  }

  async events(id: string): Promise<readonly string[]> {
    const names = new Map<string, string>();
    return (await this.book.history(id)).map(({ atMs, kind, silence }) => {
      if (!names.has(silence.id)) names.set(silence.id, String.fromCodePoint(97 + names.size));
      return `${(atMs - START_MS) / MINUTE_MS} ${kind} ${names.get(silence.id)} "${silence.comment}"`;
    });
  }

  #open(): StateStore {
    const store = openStateStore(
      { clock: this.clock, log: SILENT_LOG, syncs: INSTANT_SYNCS },
      { path: this.#path },
    );
    this.#opened.push(store);
    return store;
  }
}

const check = (sentence: string, run: (world: World) => Promise<void>, limits: Partial<SilenceLimits> = {}) =>
  test(sentence, async (t) => {
    const world = new World(t, limits);
    await world.book.load();
    await run(world);
  });

check('what was acknowledged mutes after a kill, with all it had', async (world) => {
  const id = await world.book.set(world.draft({}, 'alertname=~"A|B",host!="b"'));
  assert.deepEqual(world.active(), [id]);
  const before = world.book.get(id);
  await world.restart();
  assert.deepEqual(world.active(), [id]);
  assert.deepEqual(JSON.parse(JSON.stringify(world.book.get(id))), JSON.parse(JSON.stringify(before)));
  assert.equal(await world.book.expire(id), true);
  await world.restart();
  assert.deepEqual(world.active(), []);
  assert.equal(world.book.get(id)?.endsAtMs, world.clock.nowMs());
});

check('an edit in place keeps its id, and the history tells who changed what', async (world) => {
  const id = await world.book.set(world.draft());
  const { startsAtMs } = world.book.get(id)!;
  world.clock.jumpWallClock(MINUTE_MS);
  assert.equal(await world.book.set(world.draft({ id, startsAtMs, comment: 'longer' })), id);
  world.clock.jumpWallClock(MINUTE_MS);
  await world.book.expire(id);
  await world.book.expire(id);
  assert.deepEqual(await world.events(id), [
    '0 created a "disk swap"',
    '1 updated a "longer"',
    '2 expired a "longer"',
  ]);
});

check('silences that took one another’s place have one history, asked by any of their ids', async (world) => {
  const first = await world.book.set(world.draft());
  world.clock.jumpWallClock(MINUTE_MS);
  const second = await world.book.set(world.draft({ id: first, comment: 'all hosts' }, 'alertname=~"A|B"'));
  world.clock.jumpWallClock(MINUTE_MS);
  const { startsAtMs } = world.book.get(second)!;
  const edit = world.draft({ id: second, startsAtMs, comment: 'typo' }, 'alertname=~"A|B"');
  assert.equal(await world.book.set(edit), second);
  const third = await world.book.set(world.draft({ id: second }, 'alertname=B'));
  await world.book.set(world.draft({ comment: 'another' }));
  assert.equal(new Set([first, second, third]).size, 3);
  assert.deepEqual(
    [first, second, third].map((id) => world.book.get(id)?.replaces),
    [undefined, first, second],
  );
  const want = [
    '0 created a "disk swap"',
    '1 expired a "disk swap"',
    '1 created b "all hosts"',
    '2 updated b "typo"',
    '2 expired b "typo"',
    '2 created c "disk swap"',
  ];
  for (const id of [first, second, third]) assert.deepEqual(await world.events(id), want, id);
  await world.restart();
  assert.deepEqual(await world.events(second), want, 'after a restart');
  assert.deepEqual(await world.events('nobody'), []);
});

check(
  'a kill between the silence and its history loses no silence, and the history is told from it',
  async (world) => {
    const first = await world.book.set(world.draft());
    // Nothing comes after the documents are written: neither the append nor the answer.
    const cut: StateStore = {
      ...world.state,
      logs: { ...world.state.logs, append: () => new Promise(() => {}) },
    };
    const dying = world.bookOn(cut);
    await dying.load();
    world.clock.jumpWallClock(MINUTE_MS);
    void dying.set(world.draft({ id: first, comment: 'wider' }, 'host=a'));
    await world.state.documents.list('silences');
    await world.restart();
    const [active] = world.active();
    assert.notEqual(active, first);
    assert.equal(world.book.get(active ?? '')?.comment, 'wider');
    const want = ['0 created a "disk swap"', '1 expired a "disk swap"', '1 created b "wider"'];
    assert.deepEqual([...(await world.events(first))].sort(), [...want].sort());
    assert.deepEqual(await world.events(active ?? ''), await world.events(first));
  },
);

check(
  'when the disk is full before the silence is written, nothing changed; after it, it is in force',
  async (world) => {
    const full = () => Promise.reject(new UnavailableError('VED_STORAGE_FULL', 'full'));
    const { state } = world;
    const refusing = world.bookOn({ ...state, documents: { ...state.documents, write: full } });
    await refusing.load();
    await assert.rejects(refusing.set(world.draft()), UnavailableError);
    assert.deepEqual(refusing.all(), []);
    const forgetful = world.bookOn({ ...state, logs: { ...state.logs, append: full } });
    await forgetful.load();
    const id = await forgetful.set(world.draft());
    assert.deepEqual(
      (await forgetful.history(id)).map(({ kind }) => kind),
      ['created'],
    );
  },
);

check('an expired silence goes after the retention, to the millisecond; its history stays', async (world) => {
  const id = await world.book.set(world.draft());
  const other = await world.book.set(
    world.draft({ endsAtMs: START_MS + 1000 * ALERT_PIPELINE_LIMITS.retentionMs }),
  );
  await world.book.expire(id);
  world.clock.jumpWallClock(ALERT_PIPELINE_LIMITS.retentionMs);
  await world.book.collect();
  assert.notEqual(world.book.get(id), undefined);
  world.clock.jumpWallClock(1);
  await world.book.collect();
  assert.equal(world.book.get(id), undefined);
  assert.deepEqual(await world.events(id), ['0 created a "disk swap"', '0 expired a "disk swap"']);
  assert.equal(await world.book.expire(id), false);
  await world.restart();
  assert.deepEqual(
    world.book.all().map((silence) => silence.id),
    [other],
  );
});

check('more than one write may hold are collected round by round', async (world) => {
  const { state } = world;
  const known = await world.book.set(world.draft());
  const [document] = await state.documents.list('silences');
  const copies = Array.from({ length: 501 }, (_, i) => ({ ...(document!.value as object), id: `s${i}` }));
  for (const some of [copies.slice(0, 400), copies.slice(400)])
    await state.documents.write(
      some.map((value) => ({ kind: 'put', collection: 'silences', key: value.id, value })),
    );
  await world.restart();
  world.clock.jumpWallClock(60 * MINUTE_MS + ALERT_PIPELINE_LIMITS.retentionMs + 1);
  await world.book.collect();
  assert.equal(world.book.all().length, 2);
  await world.book.collect();
  assert.deepEqual([world.book.all(), world.book.get(known)], [[], undefined]);
});

check(
  'limits count what is kept: the last one is taken, one more is refused',
  async (world) => {
    await world.book.set(world.draft());
    const second = await world.book.set(world.draft());
    await assert.rejects(world.book.set(world.draft()), (error) => {
      assert.ok(error instanceof InputError);
      assert.match(error.message, /exceeded maximum number of silences: 2 \(limit: 2\)/);
      return true;
    });
    const { startsAtMs } = world.book.get(second)!;
    assert.equal(await world.book.set(world.draft({ id: second, startsAtMs, comment: 'an edit' })), second);
    await assert.rejects(
      world.book.set(world.draft({ id: second, startsAtMs, comment: 'x'.repeat(1000) })),
      /silence exceeded maximum size/,
    );
    assert.equal(world.book.get(second)?.comment, 'an edit');
  },
  { silencesMax: 2, silenceBytesMax: 600 },
);

check('changes that come at once are made one after the other', async (world) => {
  const id = await world.book.set(world.draft());
  const results = await Promise.all([
    world.book.set(world.draft({ id }, 'host=a')),
    world.book.expire(id),
    world.book.set(world.draft({ id }, 'host=b')),
  ]);
  assert.equal(new Set([id, results[0], results[2]]).size, 3);
  assert.equal(
    world.active().length,
    1,
    'both edits name the first silence, the later one ended nothing twice',
  );
  assert.equal((await world.events(id)).filter((event) => event.includes('expired a')).length, 1);
});
