import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AnalysisReport, Priority } from '@vedette/api';
import { createMatcher, SeededRandom } from '@vedette/model';
import { z } from 'zod';
import { createMetricsRegistry, exposeMetrics } from '@vedette/sdk';
import type { Notification, SendResult } from '../../../alert/notify/receiver.ts';
import { PipelineWorld } from '../../../alert/pipeline-fixture.ts';
import { setupOf } from '../../../alert/setup-fixture.ts';
import type { StateStore } from '../../../store/state/port.ts';
import { SILENT_LOG, type Log } from '../../../telemetry/log.ts';
import type { ReportNews } from '../port.ts';
import { exampleReport, EXTERNAL_URL } from '../render/report-fixture.ts';
import { agentNotifyShape, type NotifySettings } from './config.ts';
import { createReportNotifier, WAITING_MAX, type ReportNotifier } from './report-notifier.ts';

const settingsOf = (notify: readonly object[], more: object = {}): NotifySettings =>
  z.strictObject(agentNotifyShape).parse({ notify, ...more });

const ONCALL = settingsOf([{ receiver: 'oncall' }]);

interface Sent {
  readonly atSeconds: number;
  readonly receiver: string;
  readonly id: string;
  readonly title: string;
  readonly isFollowUp: boolean;
}

/** A real pipeline, in virtual time, with a desk whose reports the test makes. */
class Scene {
  readonly world: PipelineWorld;
  readonly warnings: string[] = [];
  notifier: ReportNotifier;
  #listeners = new Set<(news: ReportNews) => void>();
  #reportCount = 0;
  #isFirst = true;
  state: StateStore;

  constructor(
    settings: NotifySettings,
    receivers: readonly string[] = ['ops/webhook', 'oncall/slack'],
    more: object = {},
  ) {
    this.world = new PipelineWorld(
      (world) =>
        setupOf(
          receivers.map((written) => {
            const [name = '', integration = ''] = written.split('/');
            return world.receiver(name, { integration });
          }),
          {},
          more,
        ),
      { startMs: 1_700_000_000_000 },
    );
    this.state = this.world.state;
    this.notifier = this.#create(settings);
  }

  static async with(
    options: {
      readonly settings?: NotifySettings;
      readonly receivers?: readonly string[];
      readonly setup?: object;
    },
    run: (scene: Scene) => Promise<void>,
  ): Promise<void> {
    const scene = new Scene(options.settings ?? ONCALL, options.receivers, options.setup);
    await scene.world.pipeline.start();
    await scene.notifier.start();
    try {
      await run(scene);
    } finally {
      await scene.notifier.stop();
      await scene.world.close();
    }
  }

  #create(settings: NotifySettings): ReportNotifier {
    const { clock, metrics, pipeline: alerts } = this.world;
    const log: Log = { ...SILENT_LOG, warn: (message) => void this.warnings.push(message), child: () => log };
    return createReportNotifier(
      {
        clock,
        random: new SeededRandom(1),
        log,
        // Each notifier registers its own.
        metrics: this.#isFirst ? metrics : createMetricsRegistry(),
        state: this.state,
        desk: {
          onReport: (listener) => {
            this.#listeners.add(listener);
            return () => void this.#listeners.delete(listener);
          },
        },
        alerts,
        externalUrl: EXTERNAL_URL,
      },
      settings,
    );
  }

  /** As after a kill: nothing is told to the old one. */
  async restart(settings = ONCALL): Promise<void> {
    this.#listeners.clear();
    this.#isFirst = false;
    this.notifier = this.#create(settings);
    await this.notifier.start();
  }

  /** A report on the alert of this name. */
  report(name: string, priority: Priority = 'P1', more: Partial<AnalysisReport> = {}): AnalysisReport {
    const alert = this.world.pipeline.alerts().find(({ labels }) => labels.includes(name));
    assert.ok(alert !== undefined, name);
    const base = exampleReport();
    return exampleReport({
      id: `report-${++this.#reportCount}`,
      subject: { ...base.subject, name, fingerprint: alert.fingerprint, fingerprints: [alert.fingerprint] },
      severity: { ...base.severity, priority },
      ...more,
    });
  }

  async tell(report: AnalysisReport, more: Partial<ReportNews> = {}): Promise<void> {
    for (const listener of this.#listeners)
      listener({ report, cause: 'automatic', isUpdate: false, ...more });
    await this.world.clock.advance(0);
    await this.world.clock.advance(0);
    await settled();
    await this.world.clock.advance(0);
    await settled();
  }

  /** What was sent of reports since the last call. */
  take(): Sent[] {
    return this.world.told
      .splice(0)
      .flatMap(({ atMs, receiver, notification }) => sentOf(atMs, receiver, notification));
  }

  count(metric: string, label: string): number {
    const text = [...exposeMetrics(this.world.metrics, 'prometheus')].join('');
    return Number(new RegExp(`${metric}\\{[a-z]+="${label}"\\} (\\d+)`).exec(text)?.[1] ?? NaN);
  }

  heldBack(reason: string): number {
    return this.count('vedette_agent_reports_held_back_total', reason);
  }
}

function sentOf(atMs: number, receiver: string, { id, prepared, reason }: Notification): Sent[] {
  if (prepared === undefined) return [];
  assert.equal(reason, 'analysis');
  const { title, isFollowUp } = prepared;
  return [{ atSeconds: (atMs - 1_700_000_000_000) / 1000, receiver, id, title, isFollowUp }];
}

/** The renderers are imported at the first report. */
async function settled(): Promise<void> {
  await import('../render/prepared-report.ts');
  for (let i = 0; i < 20; i++) await new Promise((resolve) => void setImmediate(resolve));
}

const names = (sent: readonly Sent[]): string[] =>
  sent.map(({ receiver, title }) => `${receiver} ${title.split(': ')[1]}`);

test('P1 and P2 go at once, P3 after ten minutes if it still fires, P4 not at all', () =>
  Scene.with({}, async (scene) => {
    await scene.world.post('alertname=A', 'alertname=B', 'alertname=C', 'alertname=D', 'alertname=E');
    await scene.tell(scene.report('A', 'P1'));
    await scene.tell(scene.report('B', 'P2'));
    assert.deepEqual(names(scene.take()), ['oncall A (3 alerts)', 'oncall B (3 alerts)']);
    await scene.tell(scene.report('C', 'P3'));
    await scene.tell(scene.report('D', 'P3'));
    await scene.tell(scene.report('E', 'P4'));
    await scene.world.advanceSeconds(590);
    assert.deepEqual(scene.take(), []);
    await scene.world.post('-alertname=D');
    await scene.world.advanceSeconds(11);
    await settled();
    assert.deepEqual(names(scene.take()), ['oncall C (3 alerts)']);
    assert.equal(scene.heldBack('resolved'), 1);
  }));

test('without a tier nothing is sent by itself', () =>
  Scene.with({ settings: settingsOf([]) }, async (scene) => {
    await scene.world.post('alertname=A');
    await scene.tell(scene.report('A'));
    assert.deepEqual(scene.take(), []);
  }));

test('reports that somebody asked for, and those on alerts that are over, go nowhere', () =>
  Scene.with({}, async (scene) => {
    await scene.world.post('alertname=A');
    const report = scene.report('A');
    await scene.tell(report, { cause: 'asked' });
    await scene.tell({ ...report, subject: { ...report.subject, state: 'resolved' } });
    await scene.tell(report, { isUpdate: true });
    assert.deepEqual(scene.take(), []);
  }));

test('one group is told once within the time of its tier, whatever report comes', () =>
  Scene.with({}, async (scene) => {
    await scene.world.post('alertname=A instance=1', 'alertname=A instance=2');
    await scene.world.advanceSeconds(60);
    scene.take();
    const first = scene.report('A');
    await scene.tell(first);
    await scene.tell(first);
    const second = scene.world.pipeline.alerts().find(({ labels }) => labels.includes('2'));
    const subject = {
      ...first.subject,
      fingerprint: second!.fingerprint,
      fingerprints: [second!.fingerprint],
    };
    await scene.tell(scene.report('A', 'P1', { subject }));
    assert.equal(scene.take().length, 1);
    assert.equal(scene.heldBack('repeated'), 2);
    await scene.world.advanceSeconds(4 * 3600);
    scene.take();
    await scene.tell(scene.report('A'));
    assert.equal(scene.take().length, 1);
  }));

test('a more urgent report takes the place of one that still waits', () =>
  Scene.with({}, async (scene) => {
    await scene.world.post('alertname=A');
    await scene.tell(scene.report('A', 'P3'));
    await scene.tell(scene.report('A', 'P1'));
    assert.equal(scene.take()[0]?.title, 'P1 critical: A (3 alerts)');
    await scene.world.advanceSeconds(700);
    await settled();
    assert.deepEqual(scene.take(), []);
  }));

test('what is silenced, inhibited, or in the quiet hours of its route is not told', () => {
  const source = [createMatcher('alertname', '=', 'Source')];
  const target = [createMatcher('alertname', '=', 'Inhibited')];
  const inhibitRules = [{ name: '', source, target, equal: [] }];
  return Scene.with({ setup: { mutePolicy: { inhibitRules, timeIntervals: new Map() } } }, async (scene) => {
    await scene.world.post('alertname=Source', 'alertname=Inhibited', 'alertname=Silenced');
    const nowMs = scene.world.clock.nowMs();
    await scene.world.pipeline.silences.set({
      matchers: [createMatcher('alertname', '=', 'Silenced')],
      startsAtMs: nowMs,
      endsAtMs: nowMs + 3_600_000,
      createdBy: 'ada',
      comment: 'work',
    });
    await scene.tell(scene.report('Inhibited'));
    await scene.tell(scene.report('Silenced'));
    await scene.tell(scene.report('Source'));
    assert.deepEqual(names(scene.take()), ['oncall Source (3 alerts)']);
    assert.equal(scene.heldBack('muted'), 2);
  });
});

test('the brake holds a storm, keeps half for the urgent, and the next message says how many were left out', () =>
  Scene.with(
    { settings: settingsOf([{ receiver: 'oncall', wait: '0s' }], { notify_max_per_hour: 4 }) },
    async (scene) => {
      const all = Array.from({ length: 10 }, (_, i) => `N${i}`);
      await scene.world.post(...all.map((name) => `alertname=${name}`));
      for (const name of all.slice(0, 5)) await scene.tell(scene.report(name, 'P3'));
      assert.equal(scene.take().length, 2);
      for (const name of all.slice(5)) await scene.tell(scene.report(name, 'P1'));
      assert.equal(scene.take().length, 2);
      assert.equal(scene.heldBack('brake'), 6);
      await scene.world.advanceSeconds(3601);
      scene.world.told.splice(0);
      await scene.tell(scene.report('N4', 'P1'));
      const text = scene.world.told[0]?.notification.prepared?.text ?? '';
      assert.match(
        text.replaceAll('\n', ' '),
        /3 reports before this one were not sent \(agent\.notify_max_per_hour\)/,
      );
    },
  ));

test('a receiver that its alerts reach by their route, too, hears of them quietly; another one does not', () =>
  Scene.with({ settings: settingsOf([{ receiver: 'ops' }, { receiver: 'oncall' }]) }, async (scene) => {
    await scene.world.post('alertname=A');
    await scene.tell(scene.report('A'));
    const sent = scene.take();
    assert.deepEqual(
      sent.map(({ receiver, isFollowUp }) => [receiver, isFollowUp]),
      [
        ['ops', true],
        ['oncall', false],
      ],
    );
    assert.notEqual(sent[0]!.id, sent[1]!.id);
  }));

test('every channel that shows messages gets it, and those that act do not', () =>
  Scene.with(
    { receivers: ['oncall/slack', 'oncall/email', 'oncall/guard', 'oncall/heartbeat'] },
    async (scene) => {
      await scene.world.post('alertname=A');
      await scene.tell(scene.report('A'));
      assert.equal(scene.take().length, 2);
      const { attempts } = await scene.world.pipeline.attempts({ limit: 10 });
      assert.deepEqual(attempts.map(({ integration, reason }) => `${integration} ${reason}`).sort(), [
        'email analysis',
        'slack analysis',
      ]);
    },
  ));

const busy: SendResult = {
  kind: 'failed',
  isRetriable: true,
  category: 'rateLimited',
  error: 'busy',
  retryAfterMs: 30_000,
};

test('a channel that asks to be left alone is, and gets the same key again; one that refuses is not asked again', () =>
  Scene.with({}, async (scene) => {
    await scene.world.post('alertname=A', 'alertname=B');
    const answers: SendResult[] = [busy, { kind: 'delivered' }];
    scene.world.answer = ({ prepared }) =>
      Promise.resolve(
        prepared === undefined ? { kind: 'delivered' } : (answers.shift() ?? { kind: 'delivered' }),
      );
    await scene.tell(scene.report('A'));
    await scene.world.advanceSeconds(29);
    assert.equal(scene.take().length, 1);
    await scene.world.advanceSeconds(2);
    await settled();
    const { attempts } = await scene.world.pipeline.attempts({ receiver: 'oncall', limit: 10 });
    assert.deepEqual(
      attempts.map(({ attempt, outcome }) => `${attempt} ${outcome}`),
      ['2 delivered', '1 failed'],
    );
    assert.equal(new Set(attempts.map(({ notificationId }) => notificationId)).size, 1);
    answers.push({ kind: 'failed', isRetriable: false, category: 'clientError', error: 'no' });
    scene.take();
    await scene.tell(scene.report('B'));
    await scene.world.advanceSeconds(1200);
    await settled();
    assert.equal(scene.take().length, 1);
    assert.equal(scene.count('vedette_agent_reports_sent_total', 'failed'), 1);
  }));

test('it is given up after ten minutes', () =>
  Scene.with({}, async (scene) => {
    await scene.world.post('alertname=A');
    scene.world.answer = ({ prepared }) =>
      Promise.resolve(prepared === undefined ? { kind: 'delivered' } : busy);
    await scene.tell(scene.report('A'));
    for (let i = 0; i < 40; i++) {
      await scene.world.advanceSeconds(30);
      await settled();
    }
    const tries = scene.take();
    assert.ok(tries.length > 5 && tries.at(-1)!.atSeconds <= 600, JSON.stringify(tries.at(-1)));
    assert.equal(scene.world.clock.pendingTimerCount > 0, true);
    assert.ok(scene.warnings.some((text) => text.startsWith('a report reached no channel')));
  }));

test('what waits is sent after a restart, what was sent does not come again', () =>
  Scene.with({}, async (scene) => {
    await scene.world.post('alertname=A', 'alertname=B');
    await scene.tell(scene.report('A', 'P1'));
    await scene.tell(scene.report('B', 'P3'));
    scene.take();
    await scene.notifier.stop();
    await scene.restart();
    await scene.tell(scene.report('A', 'P1'));
    assert.deepEqual(scene.take(), []);
    await scene.world.advanceSeconds(601);
    await settled();
    assert.deepEqual(names(scene.take()), ['oncall B (3 alerts)']);
  }));

test('what was being sent when the process was killed does not come again, and is told of', () =>
  Scene.with({}, async (scene) => {
    await scene.world.post('alertname=A');
    const hang = Promise.withResolvers<SendResult>();
    scene.world.answer = ({ prepared }) =>
      prepared === undefined ? Promise.resolve({ kind: 'delivered' }) : hang.promise;
    const killed = scene.notifier;
    await scene.tell(scene.report('A'));
    assert.equal(scene.take().length, 1);
    await scene.restart();
    await scene.tell(scene.report('A'));
    await scene.world.advanceSeconds(5);
    await settled();
    assert.deepEqual(scene.take(), []);
    assert.ok(scene.warnings.some((text) => text.includes('may not have arrived')));
    hang.resolve({ kind: 'delivered' });
    await killed.stop();
  }));

test('a stop between two attempts that were refused leaves it to the next start, with the same key', () =>
  Scene.with({}, async (scene) => {
    await scene.world.post('alertname=A');
    scene.world.answer = ({ prepared }) =>
      Promise.resolve(prepared === undefined ? { kind: 'delivered' } : busy);
    await scene.tell(scene.report('A'));
    await scene.notifier.stop();
    const [before] = scene.take();
    scene.world.answer = () => Promise.resolve({ kind: 'delivered' });
    await scene.restart();
    await scene.world.advanceSeconds(1);
    await settled();
    const [after] = scene.take();
    assert.ok(before !== undefined && after !== undefined);
    assert.equal(after.id, before.id);
  }));

test('a stop while an answer is awaited does not: it may have arrived', () =>
  Scene.with({}, async (scene) => {
    await scene.world.post('alertname=A');
    const sender = Promise.withResolvers<SendResult>();
    scene.world.answer = ({ prepared }) =>
      prepared === undefined ? Promise.resolve({ kind: 'delivered' }) : sender.promise;
    await scene.tell(scene.report('A'));
    const stopping = scene.notifier.stop();
    sender.resolve({ kind: 'failed', isRetriable: true, category: 'deadline', error: 'the server stops' });
    await stopping;
    scene.take();
    await scene.restart();
    await scene.world.advanceSeconds(1);
    await settled();
    assert.deepEqual(scene.take(), []);
  }));

test('what cannot be written down is not sent', () =>
  Scene.with({}, async (scene) => {
    await scene.world.post('alertname=A');
    const { documents } = scene.state;
    const write = documents.write.bind(documents);
    documents.write = () => Promise.reject(new Error('the disk is full'));
    await scene.tell(scene.report('A'));
    documents.write = write;
    assert.deepEqual(scene.take(), []);
    assert.equal(scene.heldBack('storage'), 1);
  }));

test('a narrative that comes while a report waits is sent with it; one that comes later is no second message', () =>
  Scene.with({}, async (scene) => {
    await scene.world.post('alertname=A');
    const report = scene.report('A', 'P3');
    await scene.tell(report);
    const narrative = {
      text: 'In short: full.',
      claims: [],
      droppedClaimCount: 0,
      model: 'm',
      tookMs: 1,
      tokenCount: 1,
      toolCallCount: 0,
    };
    await scene.tell({ ...report, narrative }, { isUpdate: true });
    await scene.world.advanceSeconds(601);
    await settled();
    const told = scene.world.told.filter(({ notification }) => notification.prepared !== undefined);
    assert.match(told[0]?.notification.prepared?.text ?? '', /In short: full\./);
    await scene.tell({ ...report, narrative }, { isUpdate: true });
    assert.equal(
      scene.world.told.filter(({ notification }) => notification.prepared !== undefined).length,
      1,
    );
  }));

test('a reload that takes the receiver away lets go of what waits for it', () =>
  Scene.with({}, async (scene) => {
    await scene.world.post('alertname=A');
    await scene.tell(scene.report('A', 'P3'));
    await scene.world.pipeline.apply(setupOf([scene.world.receiver('ops')]));
    scene.notifier.apply(settingsOf([]));
    await scene.world.advanceSeconds(601);
    await settled();
    assert.deepEqual(scene.take(), []);
    assert.equal(scene.heldBack('receiver'), 1);
  }));

test('an alert that grew more urgent is told again within the time of its tier, and then no more', () =>
  Scene.with({ settings: settingsOf([{ receiver: 'oncall', wait: '0s' }]) }, async (scene) => {
    await scene.world.post('alertname=A');
    for (const priority of ['P3', 'P3', 'P1', 'P2', 'P1'] as const)
      await scene.tell(scene.report('A', priority));
    assert.deepEqual(
      scene.take().map(({ title }) => title.slice(0, 2)),
      ['P3', 'P1'],
    );
    assert.equal(scene.heldBack('repeated'), 3);
  }));

test('where as many wait as may, an urgent one takes the place of the last of the others', () =>
  Scene.with({}, async (scene) => {
    const all = Array.from({ length: WAITING_MAX }, (_, i) => `W${i}x`);
    await scene.world.post('alertname=Urgent', ...all.map((name) => `alertname=${name}`));
    for (const name of all) await scene.tell(scene.report(name, 'P3'));
    await scene.tell(scene.report('Urgent', 'P1'));
    assert.deepEqual(names(scene.take()), ['oncall Urgent (3 alerts)']);
    assert.equal(scene.heldBack('queue'), 1);
    const waiting = JSON.stringify(await scene.state.documents.list('agent_notices'));
    assert.ok(waiting.includes('W98x') && !waiting.includes('W99x'));
  }));

test('a flood for a receiver that hangs leaves places for the urgent', () =>
  Scene.with(
    {
      settings: settingsOf([{ receiver: 'oncall', wait: '0s' }], { notify_max_per_hour: 1000 }),
    },
    async (scene) => {
      const all = Array.from({ length: 40 }, (_, i) => `H${i}x`);
      await scene.world.post('alertname=Urgent', ...all.map((name) => `alertname=${name}`));
      scene.world.answer = ({ prepared }) =>
        Promise.resolve(prepared === undefined ? { kind: 'delivered' } : busy);
      for (const name of all) await scene.tell(scene.report(name, 'P3'));
      const tried = new Set(scene.take().map(({ id }) => id));
      assert.equal(tried.size, 8);
      await scene.tell(scene.report('Urgent', 'P1'));
      assert.ok(names(scene.take()).includes('oncall Urgent (3 alerts)'));
    },
  ));

test('where one may be sent within an hour, it is kept for the urgent', () =>
  Scene.with(
    { settings: settingsOf([{ receiver: 'oncall', wait: '0s' }], { notify_max_per_hour: 1 }) },
    async (scene) => {
      await scene.world.post('alertname=A', 'alertname=B');
      await scene.tell(scene.report('A', 'P3'));
      await scene.tell(scene.report('B', 'P1'));
      assert.deepEqual(names(scene.take()), ['oncall B (3 alerts)']);
    },
  ));

test('a reload that takes the tier away lets go of what waits for it', () =>
  Scene.with({}, async (scene) => {
    await scene.world.post('alertname=A');
    await scene.tell(scene.report('A', 'P3'));
    scene.notifier.apply(settingsOf([{ receiver: 'oncall', priorities: ['P1'] }]));
    await scene.world.advanceSeconds(601);
    await settled();
    assert.deepEqual(scene.take(), []);
    assert.equal(scene.heldBack('receiver'), 1);
  }));

test('at most so many wait', () =>
  Scene.with({}, async (scene) => {
    const all = Array.from({ length: WAITING_MAX + 1 }, (_, i) => `W${i}`);
    await scene.world.post(...all.map((name) => `alertname=${name}`));
    for (const name of all) await scene.tell(scene.report(name, 'P3'));
    assert.equal(scene.heldBack('queue'), 1);
  }));

test('a person is forgotten, also by what waits', () =>
  Scene.with({}, async (scene) => {
    await scene.world.post('alertname=A user=u77');
    await scene.tell(scene.report('A', 'P3', { headline: 'u77 is loud' }));
    await scene.notifier.forget((value) => JSON.stringify(value).includes('u77'));
    assert.deepEqual(await scene.state.documents.list('agent_notices'), []);
    await scene.world.advanceSeconds(601);
    await settled();
    assert.deepEqual(scene.take(), []);
  }));

test('a person who is forgotten while the end of a report is written down does not come back', () =>
  Scene.with({}, async (scene) => {
    const { documents } = scene.state;
    const ending = Promise.withResolvers<void>();
    const written = Promise.withResolvers<void>();
    const write: typeof documents.write = async (writes) => {
      if (JSON.stringify(writes).includes('"state":"told"')) {
        ending.resolve();
        await written.promise;
      }
      return await documents.write(writes);
    };
    const list: typeof documents.list = async (collection) => await documents.list(collection);
    scene.state = { documents: { list, write } } as StateStore;
    await scene.restart();
    await scene.world.post('alertname=u77');
    await scene.tell(scene.report('u77'));
    await ending.promise;
    const forgetting = scene.notifier.forget((value) => JSON.stringify(value).includes('u77'));
    await settled();
    written.resolve();
    await forgetting;
    await settled();
    assert.deepEqual(await documents.list('agent_notices'), []);
  }));

test('a stored notice of another version is passed over', () =>
  Scene.with({}, async (scene) => {
    await scene.state.documents.write([
      { kind: 'put', collection: 'agent_notices', key: 'x', value: { v: 9 } },
    ]);
    await scene.restart();
    assert.ok(scene.warnings.some((text) => text.includes('cannot be read')));
  }));
