/**
 * The alert stage: from alerts of detectors and senders to notifications.
 *
 *     intake → route → group → (inhibit → mute → silence) → per receiver:
 *         wait → cooldown → dedup → storm control → reserve → retry → record
 *
 * Intake (`AlertBook`) merges what is posted into what is known and makes it durable before it says so.
 * The `Dispatcher` holds groups and timers. What it flushes goes through a `Lane` per integration, whose
 * stages compare it with the `NotificationLog`, send it, and write down how that ended. Alerts, groups
 * with their next flush, and what was told live in the state store: a restart goes on where it was.
 */
import {
  bug,
  NO_LABELS,
  TimeoutError,
  UnavailableError,
  type Clock,
  type Labels,
  type Matcher,
  type Random,
  type Timer,
} from '@vedette/model';
import type { MetricsRegistry } from '@vedette/sdk';
import type { DocumentWrite, StateStore } from '../store/state/port.ts';
import type { Log } from '../telemetry/log.ts';
import { AlertBook } from './alert-book.ts';
import { loadGroups } from './alert-documents.ts';
import { createAlertMetrics, type AlertCounts, type AlertMetrics } from './alert-metrics.ts';
import { alertOf, compareLabelSets, isResolvedAt, type Alert, type AlertPost } from './alert.ts';
import { cooldownStage, repetitionStage, type CooldownsMs } from './cooldown.ts';
import { dedupStage } from './dedup.ts';
import { Dispatcher, type DispatchSetup } from './dispatch/dispatcher.ts';
import type { AlertMutes } from './dispatch/muting.ts';
import { PolicyMuting, type MutePolicy } from './dispatch/policy-muting.ts';
import { matchRoutes, type Route } from './route/route.ts';
import { AttemptLog, type AttemptPage, type AttemptQuery, type EndedAttempt } from './history/attempt-log.ts';
import { Lane, type LaneSetup } from './lane.ts';
import { NotificationLog, receiverKeyOf, type NotificationRecord } from './notification-log.ts';
import type { Receiver, SendResult } from './notify/receiver.ts';
import { recordStage, reserveStage } from './record.ts';
import { retryStage } from './retry.ts';
import { ALERT_PIPELINE_LIMITS, type AlertPipelineLimits } from './pipeline-limits.ts';
import { SilenceBook } from './silence/silence-book.ts';
import { previewSilence, type SilencePreview } from './silence/silence-preview.ts';
import { TimeSlicer } from '../lib/time-slicer.ts';
import type { AlertExplanation } from './explain/explanation.ts';
import { fingerprintOf } from './fingerprint.ts';
import { GatheredWrites } from './gathered-writes.ts';
import { fanOut, sequence, type Stage } from './stages.ts';
import { channelKeysOf, tellPrepared, type PreparedNotice } from './tell-prepared.ts';
import type { TestOutcome } from './test-message.ts';
import { StormControl, type StormSetup } from './storm/storm-control.ts';

/** A digest that is not taken in this time is tried again a minute later. */
const DIGEST_DEADLINE_MS = 50_000;

export interface AlertPipelineDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly state: StateStore;
  readonly log: Log;
  readonly metrics: MetricsRegistry;
}

/** What a configuration makes of the stage. */
export interface AlertSetup {
  /** The root of the tree. */
  readonly root: Route;
  readonly mutePolicy: MutePolicy;
  /** The integrations of every receiver that a route names. */
  readonly receivers: readonly Receiver[];
  /** How long an alert fires that nobody repeats, after a restart. */
  readonly resolveTimeoutMs: number;
  readonly corrections: AlertingCorrections;
  /** Ours; absent: none. */
  readonly cooldownsMs?: CooldownsMs | undefined;
  /** Ours; absent: every message leaves by itself. */
  readonly storm?: StormSetup | undefined;
}

/** Where Alertmanager's behaviour is known to let people down, each by name. All false: exactly as Alertmanager. */
export interface AlertingCorrections {
  /** A reload keeps the timers of groups whose route stays (prometheus/alertmanager PR 3074). */
  readonly keepTimers: boolean;
  /** An unchanged group is told again at the tick at which repeat_interval has passed, not at the next (issue 676). */
  readonly repeatOnTime: boolean;
  /** Whoever was told that an alert fires hears of its end, also while it is muted (issue 226). */
  readonly resolveWhileMuted: boolean;
}

export interface AlertPipeline {
  /** Changes take effect at the next flush of each group. */
  readonly silences: SilenceBook;
  /**
   * Takes alerts in; satisfies the detectors' `AlertSink`. Resolves when they are durable. Rejects with
   * the state store's error when they are not; they are then in work all the same and saved with the
   * next post. Alerts beyond a limit are refused, counted and logged, the others kept.
   */
  post(alerts: readonly AlertPost[]): Promise<void>;
  /** Reads alerts, groups and the notification log, and sets the timers. Before the first `post`. */
  start(): Promise<void>;
  /** Cancels timers and deliveries under way; what was begun is repeated after the next start. */
  stop(): Promise<void>;
  /** Takes over another setup. What is being tried again under the old one is sent at once under the new one. */
  apply(setup: AlertSetup): Promise<void>;
  /** All that are known, resolved ones of the last minutes among them. */
  alerts(): readonly Alert[];
  find(fingerprint: string): Alert | undefined;
  /** What keeps an alert from being told now, the hours of its routes aside. */
  mutesOf(alert: Alert): AlertMutes;
  /** Receivers of the routes that match, in the order of the tree. */
  receiversOf(labels: Labels): readonly string[];
  /** Sorted by labels, then by receiver. */
  groups(): readonly AlertGroupStatus[];
  /** What a silence with these conditions would hit now. */
  previewSilence(matchers: readonly Matcher[]): Promise<SilencePreview>;
  /** How the last notifications ended, and those being tried again; the newest first, at most 1,000. */
  notifications(limit: number): Promise<readonly NotificationRecord[]>;
  /**
   * Sends a marked test alert through this channel once, past groups, silences and limits; the attempt is
   * noted in the history. `actor` is named in the message.
   */
  test(
    asked: { readonly receiver: Receiver; readonly actor: string },
    signal: AbortSignal,
  ): Promise<TestOutcome>;
  /**
   * The channels of a receiver that can show a message, also of one that no route names; empty: the configuration has
   * no such receiver.
   */
  channelsOf(receiver: string): readonly string[];
  /**
   * One attempt to send a prepared message through a channel, past groups, silences and limits; noted in the history
   * with the reason `analysis`. `undefined`: there is no such channel (any more).
   */
  tell(notice: PreparedNotice, signal: AbortSignal): Promise<SendResult | undefined>;
  /** Every attempt to send, the newest first. */
  attempts(query: AttemptQuery): Promise<AttemptPage>;
  /**
   * Everything between an alert and the people it is for, as of now. By fingerprint: `undefined` when no
   * such alert is known. By labels: when nobody has posted it, what would be if it began to fire now.
   */
  explain(who: string | Labels): Promise<AlertExplanation | undefined>;
  /**
   * For a privacy request: lets go of alerts, groups, silences and what was told in which `speaks` finds somebody. Nobody is
   * told of their end, and deliveries about them stop. Resolves when nothing will be written about them any more; what the
   * state store has is erased there.
   */
  forget(speaks: (value: unknown) => boolean): Promise<void>;
}

export interface AlertGroupStatus {
  readonly key: string;
  readonly labels: Labels;
  readonly receiver: string;
  readonly routeId: string;
  /** Names of the time intervals that keep the route quiet now. */
  readonly mutedBy: readonly string[];
  readonly nextFlushMs: number;
  readonly alerts: readonly Alert[];
}

/** `limits` that are not given are those of `ALERT_PIPELINE_LIMITS`. */
export function createAlertPipeline(
  deps: AlertPipelineDeps,
  setup: AlertSetup,
  limits: Partial<AlertPipelineLimits> = {},
): AlertPipeline {
  const all = { ...ALERT_PIPELINE_LIMITS, ...limits };
  return new Pipeline({ ...deps, log: deps.log.child('alerts') }, setup, all);
}

class Pipeline implements AlertPipeline {
  readonly #deps: AlertPipelineDeps;
  readonly #limits: AlertPipelineLimits;
  readonly #metrics: AlertMetrics;
  readonly #notificationLog: NotificationLog;
  readonly #attempts: AttemptLog;
  readonly #writes: GatheredWrites;
  readonly #book: AlertBook;
  readonly #dispatcher: Dispatcher;
  readonly #storm: StormControl;
  readonly silences: SilenceBook;
  #muting: PolicyMuting;
  #setup: AlertSetup;
  #receiverNames: ReadonlySet<string> = new Set();
  /** By receiver, integration and index; a reload replaces what they lead to. */
  #lanes: ReadonlyMap<string, Lane> = new Map();
  readonly #stopping = new AbortController();
  #maintenance: Timer | undefined;
  #changing: Promise<void> = Promise.resolve();
  #isStarted = false;
  /** Something was posted and could not be written; its sender may not repeat it. */
  #hasUnsaved = false;

  constructor(deps: AlertPipelineDeps, setup: AlertSetup, limits: AlertPipelineLimits) {
    this.#deps = deps;
    this.#writes = new GatheredWrites(deps);
    this.#limits = limits;
    this.#setup = setup;
    this.#metrics = createAlertMetrics(deps.metrics, () => this.#counts());
    this.#notificationLog = new NotificationLog(deps, limits);
    this.#attempts = new AttemptLog({ ...deps, onDropped: () => this.#metrics.attemptDropped() });
    this.#book = new AlertBook({ ...deps, metrics: this.#metrics }, limits);
    this.silences = new SilenceBook(deps, limits);
    this.#muting = this.#createMuting();
    this.#storm = this.#createStormControl();
    this.#openLanes();
    this.#dispatcher = new Dispatcher(
      {
        ...deps,
        metrics: this.#metrics,
        write: (writes) => this.#write(writes),
        stopping: this.#stopping.signal,
        firstFlushMs: deps.clock.monotonicMs() + limits.startDelayMs,
      },
      this.#dispatchSetup(),
    );
  }

  async start(): Promise<void> {
    const { state } = this.#deps;
    const [alerts, groups] = await Promise.all([
      this.#book.load(state, this.#setup.resolveTimeoutMs),
      loadGroups(state),
      this.#notificationLog.load(),
      this.silences.load(),
      this.#storm.load(),
    ]);
    for (const alert of alerts) this.#muting.note(alert);
    await this.#write(this.#dispatcher.restore(alerts, groups));
    this.#isStarted = true;
    this.#armMaintenance();
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new UnavailableError('VED_STATE_UNAVAILABLE', 'the alert pipeline stops'));
    this.#maintenance?.cancel();
    await this.#changing;
    await this.#dispatcher.stop();
    await this.#storm.stop();
    await this.#attempts.settle();
  }

  async post(posts: readonly AlertPost[]): Promise<void> {
    if (!this.#isStarted) bug('the alert pipeline must be started before alerts are posted');
    await this.#inTurn(() => this.#take(posts));
  }

  async apply(setup: AlertSetup): Promise<void> {
    await this.#inTurn(async () => {
      this.#setup = setup;
      this.#openLanes();
      this.#muting = this.#createMuting();
      await this.#write(this.#dispatcher.apply(this.#dispatchSetup(), this.#book.all()));
    });
  }

  alerts(): readonly Alert[] {
    return this.#book.all();
  }

  find(fingerprint: string): Alert | undefined {
    return this.#book.find(fingerprint);
  }

  mutesOf(alert: Alert): AlertMutes {
    const nowMs = this.#deps.clock.nowMs();
    return {
      inhibitedBy: this.#muting.inhibitorsOf(alert).map(({ fingerprint }) => fingerprint),
      silencedBy: this.#muting.silencedBy(alert, nowMs),
    };
  }

  receiversOf(labels: Labels): readonly string[] {
    return matchRoutes(this.#setup.root, labels).map(({ receiver }) => receiver);
  }

  groups(): readonly AlertGroupStatus[] {
    const nowMs = this.#deps.clock.nowMs();
    return this.#dispatcher
      .groups()
      .map((group) => ({
        key: group.key,
        labels: group.labels,
        receiver: group.route.receiver,
        routeId: group.route.id,
        mutedBy: this.#muting.quietBy(group.route, nowMs)?.names ?? [],
        nextFlushMs: group.nextFlushMs,
        alerts: group.alerts(),
      }))
      .sort((a, b) => compareLabelSets(a.labels, b.labels) || (a.receiver < b.receiver ? -1 : 1));
  }

  async notifications(limit: number): Promise<readonly NotificationRecord[]> {
    return await this.#notificationLog.history(limit);
  }

  async previewSilence(matchers: readonly Matcher[]): Promise<SilencePreview> {
    const { clock } = this.#deps;
    const nowMs = clock.nowMs();
    const firing = this.#book.all().filter((alert) => !isResolvedAt(alert, nowMs));
    return await previewSilence(
      matchers,
      {
        firing,
        mutesOf: (alert) => this.mutesOf(alert),
        receiversOf: (labels) => this.receiversOf(labels),
      },
      new TimeSlicer(clock),
    );
  }

  async test(
    asked: { readonly receiver: Receiver; readonly actor: string },
    signal: AbortSignal,
  ): Promise<TestOutcome> {
    const { sendTest } = await import('./test-message.ts');
    const note = (ended: EndedAttempt): void => this.#attempts.note(ended);
    const enough = AbortSignal.any([signal, this.#stopping.signal]);
    return await sendTest({ ...this.#deps, note }, asked, enough);
  }

  channelsOf(receiver: string): readonly string[] {
    return channelKeysOf(this.#setup.receivers, receiver);
  }

  async tell(notice: PreparedNotice, signal: AbortSignal): Promise<SendResult | undefined> {
    const { receivers } = this.#setup;
    return await tellPrepared(
      {
        clock: this.#deps.clock,
        log: this.#notificationLog,
        note: (ended) => this.#attempts.note(ended),
        attempted: (...args) => this.#metrics.attempted(...args),
      },
      { receivers, notice },
      AbortSignal.any([signal, this.#stopping.signal]),
    );
  }

  async attempts(query: AttemptQuery): Promise<AttemptPage> {
    return await this.#attempts.search(query);
  }

  async explain(who: string | Labels): Promise<AlertExplanation | undefined> {
    const { clock } = this.#deps;
    const known = this.#book.find(typeof who === 'string' ? who : fingerprintOf(who));
    const subject = known ?? (typeof who === 'string' ? undefined : hypotheticalAlert(who, clock.nowMs()));
    if (subject === undefined) return undefined;
    const { root, receivers, corrections, cooldownsMs } = this.#setup;
    // Seldom asked, so loaded when it is.
    const { readSnapshot } = await import('./explain/read-snapshot.ts');
    const { explainAlert } = await import('./explain/explain.ts');
    const snapshot = await readSnapshot(
      {
        clock,
        slicer: new TimeSlicer(clock),
        root,
        receivers,
        repeatsOnTime: corrections.repeatOnTime,
        cooldownsMs,
        muting: this.#muting,
        silences: this.silences,
        log: this.#notificationLog,
        attempts: this.#attempts,
        findAlert: (other) => this.#book.find(other),
        findGroup: (id) => this.#dispatcher.find(id),
        isOwed: (...asked) =>
          this.#setup.corrections.resolveWhileMuted && this.#toldTest(this.#setup)(...asked),
      },
      { subject, isKnown: known !== undefined },
    );
    return explainAlert(snapshot);
  }

  async forget(speaks: (value: unknown) => boolean): Promise<void> {
    await this.#inTurn(async () => {
      const gone = this.#book.forget(speaks);
      for (const alert of gone) this.#muting.forget(alert);
      const writes = await this.#dispatcher.drop(gone, speaks);
      await this.#attempts.settle();
      this.#notificationLog.forget(speaks);
      await this.silences.drop(speaks);
      const deletes = this.#book.deletes();
      if ((await this.#write([...writes, ...deletes.writes])) === undefined) deletes.written();
    });
  }

  async #take(posts: readonly AlertPost[]): Promise<void> {
    const { all, news } = await this.#book.merge(posts);
    const { writes, written } = this.#book.writesOf(all);
    const prepared = this.#dispatcher.prepare(all, (alert) => news.has(alert));
    const failure = await this.#write([...writes, ...prepared]);
    if (failure === undefined) written();
    else this.#hasUnsaved = true;
    this.#book.put(all);
    for (const alert of all) this.#muting.note(alert);
    this.#dispatcher.put(all);
    if (failure !== undefined) throw failure;
  }

  #createMuting(): PolicyMuting {
    const { clock } = this.#deps;
    const find = (fingerprint: string): Alert | undefined => this.#book.find(fingerprint);
    const muting = new PolicyMuting({ clock, silences: this.silences, find }, this.#setup.mutePolicy);
    for (const alert of this.#book.all()) muting.note(alert);
    return muting;
  }

  #openLanes(): void {
    this.#storm.apply(this.#setup.storm, this.#setup.receivers);
    this.#receiverNames = addReceivers(this.#setup.root, new Set());
    const before = this.#lanes;
    const lanes = new Map<string, Lane>();
    for (const receiver of this.#setup.receivers) {
      this.#metrics.configured(receiver.integration);
      const key = receiverKeyOf(receiver);
      const setup = this.#laneSetupOf(receiver);
      const known = before.get(key);
      known?.replace(setup);
      lanes.set(key, known ?? new Lane(setup));
    }
    for (const [key, lane] of before) if (!lanes.has(key)) lane.retire();
    this.#lanes = lanes;
  }

  #laneSetupOf(receiver: Receiver): LaneSetup {
    const { random } = this.#deps;
    const log = this.#notificationLog;
    const { corrections, cooldownsMs } = this.#setup;
    const stages = sequence([
      ...(cooldownsMs === undefined ? [] : [cooldownStage({ log, metrics: this.#metrics }, cooldownsMs)]),
      dedupStage(
        { log, random, metrics: this.#metrics },
        { repeatsOnTime: corrections.repeatOnTime, resolvesWhileMuted: corrections.resolveWhileMuted },
      ),
      repetitionStage({ metrics: this.#metrics }),
      this.#storm.stage(),
      ...this.#sendingStages(),
    ]);
    return { stages, receiver };
  }

  #sendingStages(): readonly Stage[] {
    const { clock, random } = this.#deps;
    const log = this.#notificationLog;
    const isStopping = (): boolean => this.#stopping.signal.aborted;
    const retry = { clock, random, log, attempts: this.#attempts, metrics: this.#metrics, isStopping };
    return [
      reserveStage(log),
      retryStage({ ...retry, serverLog: this.#deps.log }),
      recordStage(log, isStopping),
    ];
  }

  #createStormControl(): StormControl {
    const stages = sequence(this.#sendingStages());
    const { clock } = this.#deps;
    return new StormControl({
      ...this.#deps,
      metrics: this.#metrics,
      notificationLog: this.#notificationLog,
      countAlerts: () => this.#book.size,
      send: async (receiver, flush, plan) => {
        const expired = new AbortController();
        const timer = clock.setTimer(DIGEST_DEADLINE_MS, () =>
          expired.abort(new TimeoutError('VED_NOTIFY_FAILED', `no delivery within ${DIGEST_DEADLINE_MS} ms`)),
        );
        const signal = AbortSignal.any([expired.signal, this.#stopping.signal]);
        const delivery = { flush, receiver, plan, replaced: signal };
        try {
          return (await stages.run(delivery, signal))?.outcome?.result.kind === 'delivered';
        } finally {
          timer.cancel();
        }
      },
    });
  }

  #toldTest({ receivers }: AlertSetup): DispatchSetup['isToldFiring'] {
    const log = this.#notificationLog;
    return (receiver, groupKey, { fingerprint }) =>
      receivers.some((one) => one.name === receiver && log.isToldFiring(groupKey, one, fingerprint));
  }

  #dispatchSetup(): DispatchSetup {
    const { root, corrections } = this.#setup;
    const ofReceiver = Map.groupBy(this.#setup.receivers, ({ name }) => name);
    const integrationsOf = (name: string): readonly Receiver[] => ofReceiver.get(name) ?? [];
    const lanes = this.#lanes;
    return {
      root,
      muting: this.#muting,
      keepsTimers: corrections.keepTimers,
      deliver: (name, flush, signal) => {
        const keys = integrationsOf(name).map(receiverKeyOf);
        return fanOut(
          keys.flatMap((key) => lanes.get(key) ?? []),
          flush,
          signal,
        );
      },
      resolvesWhileMuted: corrections.resolveWhileMuted,
      isToldFiring: this.#toldTest(this.#setup),
    };
  }

  /** Changes of the set of alerts come one after the other: what one compares with must not change underneath. */
  async #inTurn(change: () => Promise<void>): Promise<void> {
    const turn = this.#changing.then(change);
    this.#changing = turn.catch(() => undefined);
    await turn;
  }

  #armMaintenance(): void {
    this.#maintenance = this.#deps.clock.setTimer(this.#limits.maintenanceIntervalMs, () => {
      void this.#inTurn(() => this.#collect()).finally(() => {
        if (!this.#stopping.signal.aborted) this.#armMaintenance();
      });
    });
  }

  async #collect(): Promise<void> {
    const forgotten = this.#dispatcher.collect();
    const held = this.#dispatcher.held();
    const live = new Set(this.#dispatcher.groups().map(({ key }) => key));
    for (const alert of this.#book.collect((fingerprint) => held.has(fingerprint))) {
      this.#muting.forget(alert);
      this.#dispatcher.forget(alert.fingerprint);
    }
    const deletes = this.#book.deletes();
    const unsaved = this.#book.writesOf(this.#hasUnsaved ? this.#book.all() : []);
    const failure = await this.#write([
      ...forgotten,
      ...deletes.writes,
      ...unsaved.writes,
      ...this.#notificationLog.expire((groupKey) => live.has(groupKey)),
    ]);
    if (failure !== undefined) return;
    deletes.written();
    unsaved.written();
    this.#hasUnsaved = false;
    await this.#keepGoing(() => this.silences.collect());
  }

  async #keepGoing(write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (error) {
      this.#deps.log.error('expired silences cannot be removed; the next round tries again', { error });
    }
  }

  /** A full disk must not keep alerts from going out: the failure is logged and handed back. */
  async #write(writes: readonly DocumentWrite[]): Promise<Error | undefined> {
    if (writes.length === 0) return undefined;
    try {
      await this.#writes.write(writes);
      return undefined;
    } catch (error) {
      this.#deps.log.error('alerts cannot be saved; they are in work, but a restart would lose them', {
        error,
      });
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  #counts(): AlertCounts {
    const nowMs = this.#deps.clock.nowMs();
    const counts = { firing: 0, resolved: 0, suppressed: 0, unprocessed: 0 };
    for (const alert of this.#book.all()) {
      if (isResolvedAt(alert, nowMs)) counts.resolved++;
      else counts.firing++;
      const mark = this.#dispatcher.markOf(alert.fingerprint);
      if (mark !== 'active' && !isResolvedAt(alert, nowMs)) counts[mark]++;
    }
    const { receivers, mutePolicy } = this.#setup;
    return {
      ...counts,
      groups: this.#dispatcher.groups().length,
      receivers: this.#receiverNames.size,
      integrations: receivers.length,
      inhibitionRules: mutePolicy.inhibitRules.length,
      silences: this.silences.counts(),
    };
  }
}

/** One that began to fire now. */
function hypotheticalAlert(labels: Labels, nowMs: number): Alert {
  const times = { startsAtMs: nowMs, endsAtMs: nowMs };
  return alertOf({ status: 'firing', labels, annotations: NO_LABELS, generatorUrl: '', ...times }, nowMs);
}

function addReceivers(route: Route, names: Set<string>): ReadonlySet<string> {
  names.add(route.receiver);
  for (const child of route.routes) addReceivers(child, names);
  return names;
}
