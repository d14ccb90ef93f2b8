import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { VirtualClock } from '@vedette/model';
import { openStateStore } from '../../store/state/embedded.ts';
import { SILENT_LOG } from '../../telemetry/log.ts';
import { reportFixture } from './report-fixture.ts';
import { REPORT_AGE_MS_MAX, REPORTS_MAX, ReportStore } from './report-store.ts';

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
