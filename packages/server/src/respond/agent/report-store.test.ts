import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { VirtualClock } from '@vedette/model';
import { openStateStore } from '../../store/state/embedded.ts';
import { INSTANT_SYNCS } from '../../store/state/instant-syncs-fixture.ts';
import type { DocumentStore, DocumentWrite, StateStore } from '../../store/state/port.ts';
import { SILENT_LOG } from '../../telemetry/log.ts';
import { reportFixture } from './report-fixture.ts';
import { REPORT_AGE_MS_MAX, REPORTS_MAX, ReportStore } from './report-store.ts';

const REPORT = reportFixture();
const REPORTS = 'agent_reports';
const INDEX = 'agent_report_index';

/** A state that several servers share: what another one does comes between two steps of this one. */
class SharedState {
  readonly clock = new VirtualClock({ startMs: REPORT.createdAtMs });
  readonly state: StateStore = openStateStore(
    { clock: this.clock, log: SILENT_LOG, syncs: INSTANT_SYNCS },
    { path: ':memory:' },
  );
  /** After a list was read, or a write carried out, and before the answer is here. */
  beforeAnswer: () => Promise<void> = () => Promise.resolve();

  watcherCount = 0;

  async open(): Promise<ReportStore> {
    const { documents } = this.state;
    const slow: DocumentStore = {
      ...documents,
      list: (...asked) => this.#answered(documents.list(...asked)),
      find: (...asked) => this.#answered(documents.find(...asked)),
      write: (writes) => this.#answered(documents.write(writes)),
      watch: (...asked) => {
        const stop = documents.watch(...asked);
        this.watcherCount++;
        return () => {
          this.watcherCount--;
          stop();
        };
      },
    };
    return await ReportStore.open({ clock: this.clock, state: { documents: slow } });
  }

  /** As another server removes it: by age, or for somebody who asks for it. */
  async remove(): Promise<void> {
    const writes = [REPORTS, INDEX].map((collection): DocumentWrite => ({
      kind: 'delete',
      collection,
      key: REPORT.id,
    }));
    await this.state.documents.write(writes);
  }

  removeBeforeAnswer(): void {
    this.beforeAnswer = async () => {
      this.beforeAnswer = () => Promise.resolve();
      await this.remove();
    };
  }

  async #answered<T>(answer: Promise<T>): Promise<T> {
    const value = await answer;
    await this.beforeAnswer();
    return value;
  }
}

test('a report that another server removes while the index is read does not come back', async () => {
  const shared = new SharedState();
  await (await shared.open()).save(REPORT);
  shared.removeBeforeAnswer();
  const reports = await shared.open();
  assert.deepEqual([reports.size, reports.newest(REPORT.subject.fingerprint)], [0, undefined]);
});

test('who cannot read the index does not go on to watch it', async () => {
  const shared = new SharedState();
  shared.beforeAnswer = () => Promise.reject(new Error('Redis is away'));
  await assert.rejects(shared.open(), /Redis is away/);
  assert.equal(shared.watcherCount, 0);
});

test('a report that another server removes while it is saved does not come back', async () => {
  const shared = new SharedState();
  const reports = await shared.open();
  shared.removeBeforeAnswer();
  await reports.save(REPORT);
  assert.deepEqual([reports.size, reports.newest(REPORT.subject.fingerprint)], [0, undefined]);
});

test('a narrative comes to a report that is kept, and brings back none that another server removes', async () => {
  const shared = new SharedState();
  const reports = await shared.open();
  await reports.save(REPORT);
  const narrated = { ...REPORT, headline: 'In other words' };
  assert.equal(await reports.replace(narrated), true);
  assert.equal((await reports.find(REPORT.id))?.headline, 'In other words');
  shared.removeBeforeAnswer();
  assert.equal(await reports.replace(REPORT), false);
  assert.deepEqual(await shared.state.documents.list(REPORTS), []);
});

async function scene(t: TestContext) {
  const clock = new VirtualClock({ startMs: Date.parse('2026-11-21T10:00:00Z') });
  const state = openStateStore({ clock, log: SILENT_LOG }, { path: ':memory:' });
  const store = await ReportStore.open({ clock, state });
  t.after(async () => {
    store.close();
    await state.close();
  });
  return {
    clock,
    store,
    /** On an alert of its own. */
    save: async (name: string): Promise<void> => {
      const { subject } = reportFixture();
      await store.save(
        reportFixture({
          id: name,
          createdAtMs: clock.nowMs(),
          subject: { ...subject, fingerprint: name, fingerprints: [name] },
        }),
      );
    },
    idsOf: async (collection: string): Promise<readonly string[]> =>
      (await state.documents.list(collection)).map(({ key }) => key),
  };
}

test('of more reports than are kept the oldest go, with their entries', async (t) => {
  const { clock, store, save, idsOf } = await scene(t);
  for (let i = 0; i < REPORTS_MAX + 3; i++) {
    await clock.advance(1);
    await save(`r${i}`);
  }
  assert.equal(store.size, REPORTS_MAX);
  for (const collection of ['agent_reports', 'agent_report_index']) {
    const ids = await idsOf(collection);
    assert.equal(ids.length, REPORTS_MAX, collection);
    for (const gone of ['r0', 'r1', 'r2']) assert.ok(!ids.includes(gone), `${gone} in ${collection}`);
  }
  assert.equal(await store.find('r2'), undefined);
  assert.equal((await store.find('r3'))?.id, 'r3');
});

test('a report that is too old goes with the next one', async (t) => {
  const { clock, store, save, idsOf } = await scene(t);
  await save('old');
  await clock.advance(REPORT_AGE_MS_MAX);
  await save('young');
  assert.equal(store.size, 2);
  await clock.advance(1);
  await save('new');
  assert.deepEqual((await idsOf('agent_reports')).toSorted(), ['new', 'young']);
});
