/**
 * Groups of alerts and their timers: when what is told to which receiver.
 *
 * 1. An alert goes to the group of each route that matches it. A new group is flushed after `group_wait`,
 *    at once when the alert has waited that long elsewhere, then every `group_interval` from the tick before.
 * 2. A flush leaves out what is muted and goes to all integrations of the route's receiver at once; each
 *    has a lane of its own, so that none delays another. It ends at a deadline.
 * 3. Resolved alerts leave their group when a flush that held them succeeded everywhere, or nothing of it
 *    was left to tell. A group that is empty at the next round of maintenance is forgotten.
 *
 * After a restart a flush that is overdue waits for `group_wait` first, so that the rules can speak
 * before a repetition of old news goes out.
 */
import { TimeoutError, UnavailableError, type Clock } from '@vedette/model';
import type { DocumentWrite } from '../../store/state/port.ts';
import type { Log } from '../../telemetry/log.ts';
import { deleteGroup, putGroup, type StoredGroup } from '../alert-documents.ts';
import type { AlertMetrics } from '../alert-metrics.ts';
import { isResolvedAt, type Alert, type GroupFlush } from '../alert.ts';
import { AlertGroup, groupIdOf } from './alert-group.ts';
import { applyMuting, type Muting, type MuteReason } from './muting.ts';
import { groupKeyFor, groupLabelsFor, matchRoutes, type Route } from '../route/route.ts';

/** As Alertmanager: a flush has at least this long, however short its interval. */
const FLUSH_DEADLINE_MS_MIN = 10_000;

export interface DispatcherDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: AlertMetrics;
  /** A full disk must not keep alerts from going out: never rejects. */
  readonly write: (writes: readonly DocumentWrite[]) => Promise<unknown>;
  /** Ends deliveries when the process ends. */
  readonly stopping: AbortSignal;
  /** No group is flushed before; of the monotonic clock. */
  readonly firstFlushMs: number;
}

/** What the configuration says; replaced as a whole at a reload. */
export interface DispatchSetup {
  /** The root of the tree. */
  readonly root: Route;
  readonly muting: Muting;
  /** True when nothing is left to send of it. */
  deliver(receiver: string, flush: GroupFlush, signal: AbortSignal): Promise<boolean>;
  /** Whether somebody was told that this alert fires, and not of its end. */
  isToldFiring(receiver: string, groupKey: string, alert: Alert): boolean;
  /** Whoever was told that an alert fires hears of its end although it is muted. */
  readonly resolvesWhileMuted: boolean;
  /** Groups whose route stays keep their timers at a reload; otherwise, as in Alertmanager, all begin anew. */
  readonly keepsTimers: boolean;
}

interface UnderWay {
  readonly group: AlertGroup;
  readonly ending: AbortController;
}

export class Dispatcher {
  readonly #deps: DispatcherDeps;
  #setup: DispatchSetup;
  /** Counts the setups. */
  #applied = 0;
  readonly #groups = new Map<string, AlertGroup>();
  /** What the last flush made of an alert, by fingerprint; before its first there is nothing. */
  readonly #marks = new Map<string, 'active' | 'suppressed'>();
  readonly #underWay = new Map<Promise<void>, UnderWay>();

  constructor(deps: DispatcherDeps, setup: DispatchSetup) {
    this.#deps = deps;
    this.#setup = setup;
  }

  /** Takes up what was known when the process ended; returns the writes that forget groups without alerts. */
  restore(alerts: readonly Alert[], stored: readonly StoredGroup[]): readonly DocumentWrite[] {
    const known = new Map(stored.map((group) => [group.id, group]));
    const nowMs = this.#deps.clock.nowMs();
    for (const alert of alerts)
      for (const { route, labels, id } of this.#placesOf(alert)) {
        const before = known.get(id);
        const next = { flushMs: nowMs + route.groupWaitMs, hasFlushed: before?.hasFlushed ?? false };
        const group = this.#groups.get(id) ?? this.#add(new AlertGroup(route, labels, next));
        group.put(alert);
        if (before !== undefined) group.nextFlushMs = nowMs + delayAfterRestart(route, before, nowMs);
      }
    for (const group of this.#groups.values()) this.#armAt(group);
    return [...known.keys()].filter((id) => !this.#groups.has(id)).map(deleteGroup);
  }

  /**
   * Finds or makes the groups of these alerts, without alerts yet; returns the writes that remember new ones. A
   * repetition of what is over makes a group again only if somebody has yet to hear of it: it was muted before.
   */
  prepare(alerts: readonly Alert[], isNews: (alert: Alert) => boolean): readonly DocumentWrite[] {
    const added = new Set<AlertGroup>();
    for (const alert of alerts)
      for (const { route, labels, id } of this.#placesOf(alert)) {
        if (this.#groups.has(id)) continue;
        const isDue =
          isNews(alert) || this.#setup.isToldFiring(route.receiver, groupKeyFor(route, labels), alert);
        if (isDue) added.add(this.#add(this.#newGroup(route, labels, alert)));
      }
    return [...added].map(putGroup);
  }

  /**
   * Puts alerts into their groups and sets the timers of those that have none. A group that is not there
   * has told this alert and is forgotten: somebody repeats what is over.
   */
  put(alerts: readonly Alert[]): void {
    const nowMs = this.#deps.clock.nowMs();
    for (const alert of alerts)
      for (const { route, id } of this.#placesOf(alert)) {
        const group = this.#groups.get(id);
        if (group === undefined) continue;
        group.put(alert);
        const isLate = !group.hasFlushed && isPastWait(alert, route, nowMs);
        if (isLate && group.nextFlushMs > nowMs) this.#arm(group, 0);
        else if (group.timer === undefined) this.#armAt(group);
      }
  }

  /** Takes over another setup; `alerts` are all that are known. Returns the writes that follow. */
  apply(setup: DispatchSetup, alerts: readonly Alert[]): readonly DocumentWrite[] {
    const before = new Map(this.#groups);
    const nowMs = this.#deps.clock.nowMs();
    this.#setup = setup;
    this.#applied++;
    for (const { timer } of before.values()) timer?.cancel();
    this.#groups.clear();
    for (const alert of alerts) {
      // Alertmanager begins with all alerts that it knows; of what is over only that counts which was not told.
      const isOver = setup.keepsTimers && isResolvedAt(alert, nowMs);
      for (const { route, labels, id } of this.#placesOf(alert)) {
        const old = before.get(id);
        if (isOver && old?.has(alert.fingerprint) !== true) continue;
        const group = this.#groups.get(id) ?? this.#add(this.#successorOf(old, route, labels, alert));
        group.put(alert);
      }
    }
    for (const group of this.#groups.values()) this.#armAt(group);
    const gone = [...before.keys()].filter((id) => !this.#groups.has(id));
    return [...gone.map(deleteGroup), ...[...this.#groups.values()].map(putGroup)];
  }

  /** Forgets empty groups; returns the writes. */
  collect(): readonly DocumentWrite[] {
    const empty = [...this.#groups.values()].filter(({ size }) => size === 0);
    for (const group of empty) {
      group.timer?.cancel();
      this.#groups.delete(group.id);
    }
    return empty.map(({ id }) => deleteGroup(id));
  }

  /** For the metrics. Hours of a route mute, but do not suppress. */
  markOf(fingerprint: string): 'active' | 'suppressed' | 'unprocessed' {
    return this.#marks.get(fingerprint) ?? 'unprocessed';
  }

  /** The alert is gone. */
  forget(fingerprint: string): void {
    this.#marks.delete(fingerprint);
  }

  /**
   * Lets go of these alerts and of groups whose labels speak of somebody. Deliveries of theirs end first, so that nothing is
   * written about them afterwards; what they had for others goes out with the next flush.
   */
  async drop(
    alerts: readonly Alert[],
    speaks: (value: unknown) => boolean,
  ): Promise<readonly DocumentWrite[]> {
    const isTheirs = (group: AlertGroup): boolean =>
      speaks(group.labels) || alerts.some(({ fingerprint }) => group.has(fingerprint));
    const underWay = [...this.#underWay].filter(([, { group }]) => isTheirs(group));
    const gone = this.groups().filter(({ labels }) => speaks(labels));
    for (const { id, timer } of gone) {
      timer?.cancel();
      this.#groups.delete(id);
    }
    for (const { fingerprint } of alerts) {
      this.forget(fingerprint);
      for (const group of this.#groups.values()) group.remove(fingerprint);
    }
    for (const [, { ending }] of underWay)
      ending.abort(new UnavailableError('VED_NOTIFY_FAILED', 'what this is about is being erased'));
    await Promise.all(underWay.map(([flush]) => flush));
    return gone.map(({ id }) => deleteGroup(id));
  }

  /** Fingerprints. */
  held(): ReadonlySet<string> {
    return new Set([...this.#groups.values()].flatMap((group) => group.fingerprints()));
  }

  /** By its id. */
  find(id: string): AlertGroup | undefined {
    return this.#groups.get(id);
  }

  /** In no particular order. */
  groups(): readonly AlertGroup[] {
    return [...this.#groups.values()];
  }

  async stop(): Promise<void> {
    for (const { timer } of this.#groups.values()) timer?.cancel();
    await Promise.all(this.#underWay.keys());
  }

  *#placesOf(alert: Alert): Iterable<{ route: Route; labels: Alert['labels']; id: string }> {
    for (const route of matchRoutes(this.#setup.root, alert.labels)) {
      const labels = groupLabelsFor(route, alert.labels);
      yield { route, labels, id: groupIdOf(route.id, labels) };
    }
  }

  #newGroup(route: Route, labels: Alert['labels'], first: Alert): AlertGroup {
    const nowMs = this.#deps.clock.nowMs();
    const flushMs = isPastWait(first, route, nowMs) ? nowMs : nowMs + route.groupWaitMs;
    return new AlertGroup(route, labels, { flushMs, hasFlushed: false });
  }

  #successorOf(old: AlertGroup | undefined, route: Route, labels: Alert['labels'], first: Alert): AlertGroup {
    if (old === undefined || !this.#setup.keepsTimers) return this.#newGroup(route, labels, first);
    return new AlertGroup(route, labels, { flushMs: old.nextFlushMs, hasFlushed: old.hasFlushed });
  }

  #add(group: AlertGroup): AlertGroup {
    this.#groups.set(group.id, group);
    return group;
  }

  /** A clock that was set back since must not push a flush into next year. */
  #armAt(group: AlertGroup): void {
    const { groupWaitMs, groupIntervalMs } = group.route;
    const delayMs = group.nextFlushMs - this.#deps.clock.nowMs();
    this.#arm(group, Math.min(delayMs, Math.max(groupWaitMs, groupIntervalMs)));
  }

  #arm(group: AlertGroup, delayMs: number): void {
    const { clock, firstFlushMs } = this.#deps;
    const waitMs = Math.max(0, delayMs, firstFlushMs - clock.monotonicMs());
    group.timer?.cancel();
    group.nextFlushMs = clock.nowMs() + waitMs;
    group.timer = clock.setTimer(waitMs, () => {
      const ending = new AbortController();
      const flush = this.#flush(group, ending).finally(() => this.#underWay.delete(flush));
      this.#underWay.set(flush, { group, ending });
    });
  }

  async #flush(group: AlertGroup, ending: AbortController): Promise<void> {
    const { clock, log, stopping } = this.#deps;
    const { route } = group;
    const setup = this.#setup;
    const applied = this.#applied;
    const flush = group.flush(clock.nowMs());
    group.hasFlushed = true;
    this.#arm(group, route.groupIntervalMs);
    const deadlineMs = Math.max(route.groupIntervalMs, FLUSH_DEADLINE_MS_MIN);
    const timer = clock.setTimer(deadlineMs, () =>
      ending.abort(new TimeoutError('VED_NOTIFY_FAILED', `no delivery within ${deadlineMs} ms`)),
    );
    try {
      const left = this.#muted(setup, flush, group);
      const signal = AbortSignal.any([ending.signal, stopping]);
      const isTold = left.alerts.length === 0 || (await setup.deliver(route.receiver, left, signal));
      if (isTold) (this.#groups.get(group.id) ?? group).dropTold(flush);
      else if (applied !== this.#applied) this.#retryUnderNewSetup(group.id);
      await this.#remember(group);
    } catch (error) {
      log.error('a group of alerts cannot be flushed; the next flush tries again', {
        group: group.key,
        error,
      });
    } finally {
      timer.cancel();
    }
  }

  /** After a flush and not before it: what a kill cut off is told after `group_wait`, not at the next tick. */
  async #remember(group: AlertGroup): Promise<void> {
    const isLive = this.#groups.get(group.id) === group;
    if (isLive && !this.#deps.stopping.aborted) await this.#deps.write([putGroup(group)]);
  }

  /** What is left of a flush when the muted alerts are taken out. */
  #muted(setup: DispatchSetup, flush: GroupFlush, { route }: AlertGroup): GroupFlush {
    const { receiver } = route;
    const isOwed = (alert: Alert): boolean =>
      setup.resolvesWhileMuted && setup.isToldFiring(receiver, flush.groupKey, alert);
    const { flush: left, muted } = applyMuting(setup.muting, flush, route, isOwed);
    for (const { fingerprint } of flush.alerts) {
      const reason = muted.get(fingerprint);
      const isSuppressed = reason === 'silence' || reason === 'inhibition';
      this.#marks.set(fingerprint, isSuppressed ? 'suppressed' : 'active');
    }
    const counts = new Map<MuteReason, number>();
    for (const reason of muted.values()) counts.set(reason, (counts.get(reason) ?? 0) + 1);
    for (const [reason, count] of counts) this.#deps.metrics.suppressed(reason, count);
    return left;
  }

  /** What was being tried when the configuration changed is sent at once under the new one. */
  #retryUnderNewSetup(id: string): void {
    const group = this.#groups.get(id);
    if (group !== undefined && !this.#deps.stopping.aborted) this.#arm(group, 0);
  }
}

function isPastWait({ startsAt }: Alert, { groupWaitMs }: Route, nowMs: number): boolean {
  return startsAt.ms + groupWaitMs < nowMs;
}

/** A clock that was set meanwhile must not push a flush into next year. */
function delayAfterRestart(route: Route, stored: StoredGroup, nowMs: number): number {
  const { groupWaitMs, groupIntervalMs } = route;
  const delayMs = Math.min(stored.nextFlushMs - nowMs, Math.max(groupWaitMs, groupIntervalMs));
  return delayMs > 0 ? delayMs : groupWaitMs;
}
