import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { AnalysisNarrative } from '@vedette/api';
import { labelsOf, labelValueOf, SeededRandom, VirtualClock } from '@vedette/model';
import { createMetricsRegistry } from '@vedette/sdk';
import { openStateStore } from '../../store/state/embedded.ts';
import { SILENT_LOG } from '../../telemetry/log.ts';
import { alertFixture, NO_RUNBOOKS, NOW_MS, Story } from './agent-fixture.ts';
import type { AgentAlert } from './agent-world.ts';
import { ANALYSES_WAITING_MAX, openAnalysisDesk, type AnalysisDeskDeps } from './analysis-desk.ts';
import { CASES_WAITING_MAX } from './firing-watch.ts';
import type { ReportNews } from './port.ts';
import { REPORTS_PER_ALERT_MAX } from './report-store.ts';

const SIGNAL = new AbortController().signal;
const KEEP_MS = 300_000;

const NARRATIVE: AnalysisNarrative = {
  text: 'All is lost',
  claims: [],
  droppedClaimCount: 0,
  model: 'm',
  tookMs: 1,
  tokenCount: 1,
  toolCallCount: 0,
};

/** A desk over an alert stage whose groups are by name and job. */
async function openDesk(t: TestContext, more: Partial<AnalysisDeskDeps> = {}) {
  const clock = new VirtualClock({ startMs: NOW_MS });
  const state = openStateStore({ clock, log: SILENT_LOG }, { path: ':memory:' });
  const alerts: AgentAlert[] = [];
  const silenced = new Set<string>();
  const metrics = createMetricsRegistry();
  const groupKeyOf = ({ labels }: AgentAlert): string =>
    `${labelValueOf(labels, 'alertname')}/${labelValueOf(labels, 'job')}`;
  const deps: AnalysisDeskDeps = {
    clock,
    random: new SeededRandom(1),
    log: SILENT_LOG,
    metrics,
    state,
    query: new Story().query,
    alerts: {
      alerts: () => alerts,
      groups: () =>
        [...Map.groupBy(alerts, groupKeyOf)].map(([key, own]) => ({
          key,
          labels: labelsOf({}),
          alerts: own,
        })),
      mutesOf: ({ fingerprint }) => ({
        silencedBy: silenced.has(fingerprint) ? ['s1'] : [],
        inhibitedBy: [],
      }),
    },
    rules: { groups: () => [] },
    library: () => Promise.resolve(NO_RUNBOOKS),
    ...more,
  };
  const setup = { isAutomatic: true, keepMs: KEEP_MS, externalLabels: new Set<string>() };
  const desk = await openAnalysisDesk(deps, setup);
  const news: ReportNews[] = [];
  desk.onReport((one) => void news.push(one));
  t.after(async () => {
    await desk.stop();
    await state.close();
  });
  return { clock, state, alerts, silenced, metrics, deps, desk, setup, news };
}

function counterOf(metrics: AnalysisDeskDeps['metrics'], name: string): number {
  const family = metrics.collect().find((one) => one.name === name);
  return family?.samples.reduce((sum, { value }) => sum + value, 0) ?? 0;
}

test('alerts that begin to fire are analysed once as one case, after they settled', async (t) => {
  const { clock, alerts, news } = await openDesk(t);
  alerts.push(alertFixture({ alertname: 'A', job: 'j', instance: '1' }, { startsAtMs: NOW_MS }));
  await clock.advance(6000);
  alerts.push(alertFixture({ alertname: 'A', job: 'j', instance: '2' }, { startsAtMs: NOW_MS + 6000 }));
  await clock.advance(60_000);
  assert.equal(news.length, 1);
  assert.equal(news[0]?.cause, 'automatic');
  assert.equal(news[0].report.subject.kind, 'group');
  assert.equal(news[0].report.subject.alertCount, 2);
});

test('what is silenced, resolved or not for people is left alone, until the silence ends', async (t) => {
  const { clock, alerts, silenced, news } = await openDesk(t);
  const quiet = alertFixture({ alertname: 'Quiet', job: 'j' }, { startsAtMs: NOW_MS });
  alerts.push(
    quiet,
    alertFixture({ alertname: 'Watchdog', severity: 'none' }, { startsAtMs: NOW_MS }),
    alertFixture({ alertname: 'Over', job: 'j' }, { startsAtMs: NOW_MS - 9000, endsAtMs: NOW_MS - 5000 }),
  );
  silenced.add(quiet.fingerprint);
  await clock.advance(60_000);
  assert.equal(news.length, 0);
  silenced.clear();
  await clock.advance(60_000);
  assert.deepEqual(
    news.map(({ report }) => report.subject.name),
    ['Quiet'],
  );
});

test('a storm of a thousand groups drops the oldest cases and counts them', async (t) => {
  const { clock, alerts, news, metrics } = await openDesk(t);
  for (let i = 0; i < 1000; i++) alerts.push(alertFixture({ alertname: `A${i}` }, { startsAtMs: NOW_MS }));
  await clock.advance(10_000);
  assert.equal(counterOf(metrics, 'vedette_agent_dropped_total'), 1000 - CASES_WAITING_MAX);
  await clock.advance(300_000);
  assert.equal(news.length, CASES_WAITING_MAX);
  assert.equal(counterOf(metrics, 'vedette_agent_analyses_total'), CASES_WAITING_MAX);
});

test('who asks twice has the same report, who wants a fresh one has another', async (t) => {
  const { clock, alerts, desk } = await openDesk(t);
  const alert = alertFixture({ alertname: 'A', job: 'j' });
  alerts.push(alert);
  const target = { kind: 'alert', fingerprint: alert.fingerprint } as const;
  const [first, same] = await Promise.all([desk.analyse(target, SIGNAL), desk.analyse(target, SIGNAL)]);
  assert.equal(first?.id, same?.id);
  await clock.advance(1000);
  assert.equal((await desk.analyse(target, SIGNAL))?.id, first?.id);
  const fresh = await desk.analyse(target, SIGNAL, { isFresh: true });
  assert.notEqual(fresh?.id, first?.id);
  assert.deepEqual(await desk.find(alert.fingerprint), fresh);
  assert.equal(await desk.analyse({ kind: 'alert', fingerprint: 'none' }, SIGNAL), undefined);
  const group = await desk.analyse({ kind: 'group', labels: labelsOf({ job: 'j' }) }, SIGNAL);
  assert.equal(group?.subject.kind, 'group');
});

test('an alert that is gone has its last report, and an ended one is not analysed again', async (t) => {
  const { clock, alerts, desk } = await openDesk(t);
  const alert = alertFixture({ alertname: 'A', job: 'j' });
  alerts.push(alert);
  const target = { kind: 'alert', fingerprint: alert.fingerprint } as const;
  const report = await desk.analyse(target, SIGNAL);
  alerts[0] = { ...alert, endsAt: { ms: NOW_MS + 1000, text: '' } };
  await clock.advance(2 * KEEP_MS);
  assert.equal((await desk.analyse(target, SIGNAL))?.id, report?.id);
  alerts.length = 0;
  assert.equal(await desk.analyse(target, SIGNAL), undefined);
  assert.equal((await desk.find(alert.fingerprint))?.id, report?.id);
});

test('beyond the limit who asks is told to come again', async (t) => {
  const never = (): Promise<never> => new Promise(() => undefined);
  const { alerts, desk } = await openDesk(t, { library: never });
  for (let i = 0; i <= ANALYSES_WAITING_MAX; i++) alerts.push(alertFixture({ alertname: `A${i}`, job: 'j' }));
  const asked = alerts.map(({ fingerprint }) => {
    const gone = AbortSignal.timeout(1_000_000);
    return desk.analyse({ kind: 'alert', fingerprint }, gone);
  });
  await assert.rejects(asked.at(-1) ?? Promise.resolve(), /8 analyses wait, the limit is 8/);
  for (const one of asked) one?.catch(() => undefined);
});

test('reports outlive the desk; those that speak of a person go when they are forgotten', async (t) => {
  const { alerts, desk, deps, setup, clock } = await openDesk(t);
  // An hour apart, so that neither report names the other alert.
  const earlierMs = NOW_MS - 3_600_000;
  alerts.push(
    alertFixture({ alertname: 'A', user: 'ada' }, { startsAtMs: earlierMs }),
    alertFixture({ alertname: 'B', user: 'bob' }),
  );
  for (const { fingerprint } of alerts) {
    await desk.analyse({ kind: 'alert', fingerprint }, SIGNAL);
    await clock.advance(1);
  }
  await desk.stop();
  const next = await openAnalysisDesk({ ...deps, metrics: createMetricsRegistry() }, setup);
  t.after(() => next.stop());
  assert.deepEqual(
    (await next.recent(10)).map(({ name }) => name),
    ['B', 'A'],
  );
  await next.forget((value) => JSON.stringify(value).includes('ada'));
  assert.deepEqual(
    (await next.recent(10)).map(({ name }) => name),
    ['B'],
  );
  const documents = await deps.state.documents.list('agent_reports');
  assert.ok(!JSON.stringify(documents).includes('ada'));
});

test('a narrative is added beside what was found, and told of; a narrator that fails leaves the report', async (t) => {
  let isBroken = false;
  const narrator: AnalysisDeskDeps['narrator'] = {
    narrate: () => (isBroken ? Promise.reject(new Error('no model')) : Promise.resolve(NARRATIVE)),
  };
  const { clock, alerts, desk, news } = await openDesk(t, { narrator });
  const alert = alertFixture({ alertname: 'A', job: 'j' });
  alerts.push(alert);
  const target = { kind: 'alert', fingerprint: alert.fingerprint } as const;
  await desk.analyse(target, SIGNAL);
  await clock.advance(1);
  assert.deepEqual(
    news.map(({ isUpdate }) => isUpdate),
    [false, true],
  );
  assert.deepEqual((await desk.find(alert.fingerprint))?.narrative, NARRATIVE);
  isBroken = true;
  const plain = await desk.analyse(target, SIGNAL, { isFresh: true });
  await clock.advance(1);
  assert.equal((await desk.find(alert.fingerprint))?.id, plain?.id);
  assert.equal((await desk.find(alert.fingerprint))?.narrative, null);
});

test('a report on a forgotten person reaches neither the store nor whoever listens nor the narrator', async (t) => {
  const opened = Promise.withResolvers<typeof NO_RUNBOOKS>();
  const told: string[] = [];
  const narrator: AnalysisDeskDeps['narrator'] = {
    narrate: ({ subject }) => {
      told.push(subject.name);
      return Promise.resolve(undefined);
    },
  };
  const begun = Promise.withResolvers<void>();
  const library = (): Promise<typeof NO_RUNBOOKS> => {
    begun.resolve();
    return opened.promise;
  };
  const { alerts, desk, news } = await openDesk(t, { narrator, library });
  const alert = alertFixture({ alertname: 'A', user: 'ada' });
  alerts.push(alert);
  const asked = desk.analyse({ kind: 'alert', fingerprint: alert.fingerprint }, SIGNAL);
  await begun.promise;
  const forgotten = desk.forget((value) => JSON.stringify(value).includes('ada'));
  opened.resolve(NO_RUNBOOKS);
  await asked;
  await forgotten;
  assert.deepEqual(await desk.recent(10), []);
  assert.deepEqual(news, []);
  assert.deepEqual(told, []);
});

test('a narrative on a person who is forgotten while it is made reaches nobody', async (t) => {
  const making = Promise.withResolvers<AnalysisNarrative>();
  const begun = Promise.withResolvers<void>();
  let askedCount = 0;
  const narrator: AnalysisDeskDeps['narrator'] = {
    narrate: () => {
      askedCount++;
      begun.resolve();
      return making.promise;
    },
  };
  const { alerts, desk, news, state } = await openDesk(t, { narrator });
  for (const alertname of ['A', 'B']) {
    const alert = alertFixture({ alertname, user: 'ada' });
    alerts.push(alert);
    await desk.analyse({ kind: 'alert', fingerprint: alert.fingerprint }, SIGNAL);
  }
  await begun.promise;
  making.resolve(NARRATIVE);
  await desk.forget((value) => JSON.stringify(value).includes('ada'));
  assert.deepEqual(
    news.map(({ isUpdate }) => isUpdate),
    [false, false],
  );
  assert.equal(askedCount, 1);
  assert.deepEqual(await state.documents.list('agent_reports'), []);
});

test('who asks for a group has the report on exactly these alerts, not one on some of them', async (t) => {
  const { clock, alerts, desk } = await openDesk(t);
  for (const [alertname, job] of [
    ['A', 'j'],
    ['A', 'k'],
    ['B', 'j'],
  ] as const)
    alerts.push(alertFixture({ alertname, job }));
  const of = async (labels: Record<string, string>) => {
    await clock.advance(1000);
    return await desk.analyse({ kind: 'group', labels: labelsOf(labels) }, SIGNAL);
  };
  const byName = await of({ alertname: 'A' });
  assert.equal(byName?.subject.alertCount, 2);
  assert.equal((await of({ alertname: 'A' }))?.id, byName.id);
  const byJob = await of({ job: 'j' });
  assert.deepEqual(
    new Set(byJob?.subject.fingerprints),
    new Set([alerts[0], alerts[2]].map((a) => a?.fingerprint)),
  );
});

test('a clock that was set back leaves reports of the future, which stand for nothing that fires now', async (t) => {
  const { alerts, desk, deps, setup } = await openDesk(t);
  const alert = alertFixture({ alertname: 'A', job: 'j' });
  alerts.push(alert);
  const target = { kind: 'alert', fingerprint: alert.fingerprint } as const;
  const future = await desk.analyse(target, SIGNAL);
  await desk.stop();
  const clock = new VirtualClock({ startMs: NOW_MS - 86_400_000 });
  alerts[0] = { ...alert, startsAt: { ms: NOW_MS - 86_400_000, text: '' } };
  const next = await openAnalysisDesk({ ...deps, clock, metrics: createMetricsRegistry() }, setup);
  t.after(() => next.stop());
  await clock.advance(60_000);
  const [newest] = await next.recent(1);
  assert.notEqual(newest?.id, future?.id);
  assert.equal((await next.find(alert.fingerprint))?.id, newest?.id);
});

test('who wants fresh reports again and again does not push out those on other alerts', async (t) => {
  const { clock, alerts, desk } = await openDesk(t);
  const other = alertFixture({ alertname: 'Other', job: 'j' });
  const alert = alertFixture({ alertname: 'A', job: 'j' });
  alerts.push(other, alert);
  await desk.analyse({ kind: 'alert', fingerprint: other.fingerprint }, SIGNAL);
  for (let i = 0; i < REPORTS_PER_ALERT_MAX + 5; i++) {
    await clock.advance(1);
    await desk.analyse({ kind: 'alert', fingerprint: alert.fingerprint }, SIGNAL, { isFresh: true });
  }
  const kept = await desk.recent(1000);
  assert.equal(kept.filter(({ name }) => name === 'A').length, REPORTS_PER_ALERT_MAX);
  assert.equal(kept.filter(({ name }) => name === 'Other').length, 1);
});
