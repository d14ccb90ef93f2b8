/**
 * The alert stage: from alerts of detectors to notifications.
 *
 *     intake → (inhibit → mute → silence) → group → per receiver: wait → dedup → reserve → retry → record
 *
 * 1. Intake merges what detectors post into what is known and makes it durable before it says so.
 * 2. Alerts that share the values of `group_by` form a group. A new group is flushed after
 *    `group_wait`, then every `group_interval` from the tick before.
 * 3. A flush goes to all receivers at once; each has a lane of its own, so that none delays another.
 *    It ends at a deadline of max(group_interval, 10 s).
 * 4. Resolved alerts leave their group when a flush that held them succeeded everywhere; an empty group
 *    is forgotten, together with what its receivers were told.
 *
 * Alerts, groups with their next flush, and what was told live in the state store. After a restart a
 * flush that is overdue waits for `group_wait` first, so that the rules can speak before a repetition
 * of old news goes out.
 */
import { bug, TimeoutError, UnavailableError, type Clock, type Random } from '@vedette/model';
import type { MetricsRegistry } from '@vedette/sdk';
import { TimeSlicer } from '../lib/time-slicer.ts';
import type { DocumentWrite, StateStore } from '../store/state/port.ts';
import type { Log } from '../telemetry/log.ts';
import { alertOf, mergeAlert, type Alert, type AlertPost, type GroupFlush } from './alert.ts';
import {
  deleteAlert,
  deleteGroup,
  loadAlerts,
  loadGroups,
  putAlert,
  putGroup,
  writeAll,
} from './alert-documents.ts';
import { AlertGroup, groupKeyOf, groupLabelsOf } from './alert-group.ts';
import { createAlertMetrics, type AlertLimit, type AlertMetrics } from './alert-metrics.ts';
import type { AlertConfig } from './config.ts';
import { dedupStage } from './dedup.ts';
import { Lane, type LaneSetup } from './lane.ts';
import { NotificationLog, receiverKeyOf, type NotificationRecord } from './notification-log.ts';
import type { Receiver } from './notify/receiver.ts';
import { recordStage, reserveStage } from './record.ts';
import { Refusals } from './refusals.ts';
import { retryStage } from './retry.ts';
import { fanOut, sequence } from './stages.ts';

/** Alerts held at a time: at 2 kB each 40 MB, and far more than anybody reads. */
export const ALERTS_MAX = 20_000;

/** Labels and annotations of one alert, in UTF-16 units: a page of text, and a body that webhooks still take. */
export const ALERT_CHARS_MAX = 65_536;

/** As Alertmanager: a flush has at least this long, however short its interval. */
const FLUSH_DEADLINE_MS_MIN = 10_000;

export interface AlertPipelineDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly state: StateStore;
  readonly log: Log;
  readonly metrics: MetricsRegistry;
  /** The integrations of the route's receiver. */
  readonly receivers: readonly Receiver[];
}

export interface AlertPipeline {
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
  /**
   * Takes over another route and other receivers. Groups keep their timers and what was told of them
   * while `group_by` stays; under another `group_by` all alerts are grouped anew and told once more.
   * What is being tried again under the old configuration is sent at once under the new one.
   */
  apply(config: AlertConfig, receivers: readonly Receiver[]): Promise<void>;
  /** Sorted by key. */
  groups(): readonly AlertGroupStatus[];
  /** The newest entries of the notification log first; at most 1,000. */
  notifications(limit: number): Promise<readonly NotificationRecord[]>;
}

export interface AlertGroupStatus {
  readonly key: string;
  readonly labels: AlertGroup['labels'];
  readonly receiver: string;
  readonly nextFlushMs: number;
  readonly alerts: readonly Alert[];
}

export function createAlertPipeline(deps: AlertPipelineDeps, config: AlertConfig): AlertPipeline {
  return new Pipeline({ ...deps, log: deps.log.child('alerts') }, config.route);
}

type Route = AlertConfig['route'];

class Pipeline implements AlertPipeline {
  readonly #deps: AlertPipelineDeps;
  #route: Route;
  readonly #metrics: AlertMetrics;
  readonly #notificationLog: NotificationLog;
  /** By receiver, integration and index; a reload replaces what they lead to. */
  #lanes: ReadonlyMap<string, Lane> = new Map();
  /** Counts the configurations taken over. */
  #applied = 0;
  readonly #alerts = new Map<string, Alert>();
  readonly #groups = new Map<string, AlertGroup>();
  /** Fingerprints whose last write failed. */
  readonly #unsaved = new Set<string>();
  readonly #stopping = new AbortController();
  readonly #underWay = new Set<Promise<void>>();
  #changing: Promise<void> = Promise.resolve();
  #isStarted = false;

  constructor(deps: AlertPipelineDeps, route: Route) {
    this.#deps = deps;
    this.#route = route;
    this.#metrics = createAlertMetrics(deps.metrics, () => this.#counts());
    this.#notificationLog = new NotificationLog(deps);
    this.#openLanes(deps.receivers);
  }

  async start(): Promise<void> {
    const { state, clock } = this.#deps;
    const [alerts, groups] = await Promise.all([
      loadAlerts(state),
      loadGroups(state),
      this.#notificationLog.load(),
    ]);
    const stored = new Map(groups.map((group) => [group.key, group]));
    for (const alert of alerts) {
      this.#alerts.set(alert.fingerprint, alert);
      this.#groupOf(alert, stored).put(alert);
    }
    await this.#forgetGroups([...stored.values()].filter(({ key }) => !this.#groups.has(key)));
    await this.#write(this.#notificationLog.forgetOthers(new Set(this.#groups.keys())));
    this.#isStarted = true;
    for (const group of this.#groups.values())
      this.#arm(group, this.#delayAfterRestart(group, clock.nowMs()));
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new UnavailableError('VED_STATE_UNAVAILABLE', 'the alert pipeline stops'));
    for (const { timer } of this.#groups.values()) timer?.cancel();
    await this.#changing;
    await Promise.all(this.#underWay);
  }

  async post(posts: readonly AlertPost[]): Promise<void> {
    if (!this.#isStarted) bug('the alert pipeline must be started before alerts are posted');
    await this.#inTurn(() => this.#take(posts));
  }

  async apply({ route }: AlertConfig, receivers: readonly Receiver[]): Promise<void> {
    await this.#inTurn(async () => {
      const isRegrouped = route.group_by.join('\n') !== this.#route.group_by.join('\n');
      this.#route = route;
      this.#openLanes(receivers);
      this.#applied++;
      if (isRegrouped) await this.#regroup();
    });
  }

  groups(): readonly AlertGroupStatus[] {
    return [...this.#groups.values()]
      .map((group) => ({
        key: group.key,
        labels: group.labels,
        receiver: this.#route.receiver,
        nextFlushMs: group.nextFlushMs,
        alerts: group.alerts(),
      }))
      .sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  async notifications(limit: number): Promise<readonly NotificationRecord[]> {
    return await this.#notificationLog.history(limit);
  }

  #openLanes(receivers: readonly Receiver[]): void {
    const before = this.#lanes;
    const lanes = new Map<string, Lane>();
    for (const receiver of receivers) {
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
    const { clock, random } = this.#deps;
    const log = this.#notificationLog;
    const stages = sequence([
      dedupStage({ log, random }, { repeatIntervalMs: this.#route.repeat_interval }),
      reserveStage(log),
      retryStage({ clock, random, log, metrics: this.#metrics }),
      recordStage(log, () => this.#stopping.signal.aborted),
    ]);
    return { stages, receiver };
  }

  /** Changes of the set of alerts come one after the other: what one compares with must not change underneath. */
  async #inTurn(change: () => Promise<void>): Promise<void> {
    const turn = this.#changing.then(change);
    this.#changing = turn.catch(() => undefined);
    await turn;
  }

  async #take(posts: readonly AlertPost[]): Promise<void> {
    const changed: Alert[] = [];
    const refused = new Refusals();
    let newCount = 0;
    const slicer = new TimeSlicer(this.#deps.clock);
    for (const post of posts) {
      if (slicer.shouldYield()) await slicer.yield();
      this.#metrics.received(post.status);
      const posted = alertOf(post);
      const known = this.#alerts.get(posted.fingerprint);
      const merged = mergeAlert(known, posted);
      const limit = merged === undefined ? undefined : this.#limitAgainst(merged, known, newCount);
      if (limit !== undefined) refused.add(limit, posted);
      else if (merged !== undefined) {
        changed.push(merged);
        if (known === undefined) newCount++;
      } else if (known !== undefined && this.#unsaved.has(known.fingerprint)) changed.push(known);
    }
    refused.report(this.#deps.log, this.#metrics);
    if (changed.length === 0) return;
    const groups = new Set(changed.map((alert) => this.#groupOf(alert)));
    const writes = [...changed.map(putAlert), ...[...groups].map(putGroup)];
    const failure = await this.#write(writes);
    for (const alert of changed) {
      if (failure === undefined) this.#unsaved.delete(alert.fingerprint);
      else this.#unsaved.add(alert.fingerprint);
      this.#alerts.set(alert.fingerprint, alert);
      this.#groupOf(alert).put(alert);
    }
    for (const group of groups) {
      if (group.timer === undefined) this.#arm(group, group.nextFlushMs - this.#deps.clock.nowMs());
    }
    if (failure !== undefined) throw failure;
  }

  async #regroup(): Promise<void> {
    await this.#forgetGroups([...this.#groups.values()]);
    for (const alert of this.#alerts.values()) this.#groupOf(alert).put(alert);
    const groups = [...this.#groups.values()];
    for (const group of groups) this.#arm(group, this.#route.group_wait);
    await this.#write(groups.map(putGroup));
  }

  /** The limit that keeps an alert out. */
  #limitAgainst(alert: Alert, known: Alert | undefined, newCount: number): AlertLimit | undefined {
    if (known === undefined && this.#alerts.size + newCount >= ALERTS_MAX) return 'alerts';
    const chars = [...alert.labels, ...alert.annotations].reduce((sum, part) => sum + part.length, 0);
    return chars > ALERT_CHARS_MAX ? 'bytes' : undefined;
  }

  /** The group of an alert; a new one is due after group_wait, or at once when the alert is older than that. */
  #groupOf(alert: Alert, stored?: ReadonlyMap<string, AlertGroup>): AlertGroup {
    const labels = groupLabelsOf(alert.labels, this.#route.group_by);
    const key = groupKeyOf(labels);
    const known = this.#groups.get(key) ?? stored?.get(key);
    const nowMs = this.#deps.clock.nowMs();
    const isOld = alert.startsAt.ms + this.#route.group_wait < nowMs;
    const group = known ?? new AlertGroup(labels, isOld ? nowMs : nowMs + this.#route.group_wait);
    this.#groups.set(key, group);
    return group;
  }

  /** A clock that was set meanwhile must not push a flush into next year. */
  #delayAfterRestart(group: AlertGroup, nowMs: number): number {
    const { group_wait, group_interval } = this.#route;
    const delayMs = Math.min(group.nextFlushMs - nowMs, Math.max(group_wait, group_interval));
    return delayMs > 0 ? delayMs : group_wait;
  }

  #arm(group: AlertGroup, delayMs: number): void {
    const { clock } = this.#deps;
    group.timer?.cancel();
    group.nextFlushMs = clock.nowMs() + Math.max(0, delayMs);
    group.timer = clock.setTimer(delayMs, () => {
      const flush = this.#flush(group).finally(() => this.#underWay.delete(flush));
      this.#underWay.add(flush);
    });
  }

  async #flush(group: AlertGroup): Promise<void> {
    const { clock, log } = this.#deps;
    const flush = group.flush(clock.nowMs());
    this.#arm(group, this.#route.group_interval);
    const applied = this.#applied;
    const deadlineMs = Math.max(this.#route.group_interval, FLUSH_DEADLINE_MS_MIN);
    const expired = new AbortController();
    const timer = clock.setTimer(deadlineMs, () =>
      expired.abort(new TimeoutError('VED_NOTIFY_FAILED', `no delivery within ${deadlineMs} ms`)),
    );
    try {
      await this.#write([putGroup(group)]);
      // Inhibition, mute timings and silences will narrow `flush` here, before it is fanned out.
      const signal = AbortSignal.any([expired.signal, this.#stopping.signal]);
      const isTold = await fanOut([...this.#lanes.values()], flush, signal);
      if (isTold) await this.#inTurn(() => this.#drop(group, flush));
      else if (applied !== this.#applied && this.#isLive(group)) this.#arm(group, 0);
      // Regrouped meanwhile: what the last delivery wrote down belongs to nobody.
      if (!this.#groups.has(group.key)) await this.#write(this.#notificationLog.forget(group.key));
    } catch (error) {
      log.error('a group of alerts cannot be flushed; the next flush tries again', {
        group: group.key,
        error,
      });
    } finally {
      timer.cancel();
    }
  }

  /** False when it was forgotten meanwhile, or replaced by one of the same key. */
  #isLive(group: AlertGroup): boolean {
    return this.#groups.get(group.key) === group && !this.#stopping.signal.aborted;
  }

  /** After everybody was told: resolved alerts go, an empty group too. */
  async #drop(group: AlertGroup, flush: GroupFlush): Promise<void> {
    if (!this.#isLive(group)) return;
    const dropped = group.dropTold(flush);
    for (const { fingerprint } of dropped) {
      this.#alerts.delete(fingerprint);
      this.#unsaved.delete(fingerprint);
    }
    await this.#write(dropped.map(deleteAlert));
    if (group.size === 0) await this.#forgetGroups([group]);
  }

  async #forgetGroups(groups: readonly AlertGroup[]): Promise<void> {
    const writes: DocumentWrite[] = [];
    for (const group of groups) {
      group.timer?.cancel();
      this.#groups.delete(group.key);
      writes.push(deleteGroup(group), ...this.#notificationLog.forget(group.key));
    }
    await this.#write(writes);
  }

  /** A full disk must not keep alerts from going out: the failure is logged and handed back. */
  async #write(writes: readonly DocumentWrite[]): Promise<Error | undefined> {
    try {
      await writeAll(this.#deps.state, writes);
      return undefined;
    } catch (error) {
      this.#deps.log.error('alerts cannot be saved; they are in work, but a restart would lose them', {
        error,
      });
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  #counts(): { firing: number; resolved: number; groups: number } {
    const alerts = [...this.#alerts.values()];
    const firing = alerts.filter(({ endsAt }) => endsAt === undefined).length;
    return { firing, resolved: alerts.length - firing, groups: this.#groups.size };
  }
}
