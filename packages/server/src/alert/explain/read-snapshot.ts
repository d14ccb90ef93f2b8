/**
 * Reads what an explanation is made of, from the running stage. What a flush would hold is asked of the code
 * that flushes, so that the answer cannot drift away from what happens; it costs as much as that flush.
 */
import type { Clock, Labels, Slicer } from '@vedette/model';
import { isResolvedAt, type Alert } from '../alert.ts';
import { coolMsOf, type CooldownsMs } from '../cooldown.ts';
import { groupIdOf, type AlertGroup } from '../dispatch/alert-group.ts';
import { applyMuting } from '../dispatch/muting.ts';
import type { PolicyMuting } from '../dispatch/policy-muting.ts';
import { labelSetText, rfc3339Of } from '../go-text.ts';
import { failureKeyOf, type Attempt, type AttemptLog } from '../history/attempt-log.ts';
import type { NotificationLog } from '../notification-log.ts';
import type { Receiver } from '../notify/receiver.ts';
import { groupKeyFor, groupLabelsFor, matchRoutes, type Route } from '../route/route.ts';
import type { SilenceBook } from '../silence/silence-book.ts';
import type { Silence } from '../silence/silence.ts';
import type { ExplainSnapshot, IntegrationSnapshot, PlaceSnapshot } from './explain.ts';
import type { ExplainedInhibitor, QuietSnapshot } from './explanation.ts';
import type { FlushForecast } from './next-message.ts';

const NO_COOLDOWNS: CooldownsMs = new Map();

const MINUTE_MS = 60_000;

/** How far the end of a time interval is looked for: a week repeats itself, with a day for a change of the clocks. */
const QUIET_DAYS_MAX = 8;

/** Flushes that are looked at one by one: a day of five minutes each. Behind them time alone decides. */
const FLUSHES_MAX = 288;

/** Alerts that are looked at in all of them, some 50 ms in slices: of a large group fewer flushes are foreseen. */
const FLUSHED_ALERTS_MAX = 20_000;

/** A flush of that many is a slice of its own. */
const LARGE_GROUP_ALERTS = 200;

/** Silences and time intervals that follow one another; what is muted for longer has no known end. */
const MUTES_FOLLOWED_MAX = 10;

export interface ExplainDeps {
  readonly clock: Clock;
  readonly slicer: Slicer;
  readonly root: Route;
  /** Of all receivers. */
  readonly receivers: readonly Receiver[];
  readonly repeatsOnTime: boolean;
  /** `undefined`: no cooldown. */
  readonly cooldownsMs: CooldownsMs | undefined;
  readonly muting: PolicyMuting;
  readonly silences: SilenceBook;
  readonly log: NotificationLog;
  readonly attempts: AttemptLog;
  readonly findAlert: (fingerprint: string) => Alert | undefined;
  readonly findGroup: (id: string) => AlertGroup | undefined;
  /** Whether somebody waits for the end of the alert although it is muted. */
  readonly isOwed: (receiver: string, groupKey: string, alert: Alert) => boolean;
}

/** `subject` is the alert, or what it would be when `isKnown` is false. */
export async function readSnapshot(
  deps: ExplainDeps,
  { subject, isKnown }: { readonly subject: Alert; readonly isKnown: boolean },
): Promise<ExplainSnapshot> {
  const nowMs = deps.clock.nowMs();
  const routes = matchRoutes(deps.root, subject.labels);
  const keyOf = (route: Route): string => groupKeyFor(route, groupLabelsFor(route, subject.labels));
  const failures = await deps.attempts.lastFailures(new Set(routes.map(keyOf)));
  const state = !isKnown ? 'hypothetical' : isResolvedAt(subject, nowMs) ? 'resolved' : 'firing';
  const places: PlaceSnapshot[] = [];
  for (const route of routes) places.push(await new Place(deps, { route, subject, nowMs }).read(failures));
  const silencedBy = silencesAt(deps, subject, nowMs);
  const inhibitedBy = inhibitorsOf(deps, subject);
  // What the index remembers of an alert ends when the alert goes; this one never came.
  if (!isKnown) deps.silences.forget(subject.fingerprint);
  const { root, repeatsOnTime } = deps;
  const hasCooldown = deps.cooldownsMs !== undefined;
  return { nowMs, subject, state, root, inhibitedBy, silencedBy, places, repeatsOnTime, hasCooldown };
}

/** One route that takes the alert. */
class Place {
  readonly #deps: ExplainDeps;
  readonly #route: Route;
  readonly #subject: Alert;
  readonly #nowMs: number;
  readonly #labels: Labels;
  readonly #group: AlertGroup | undefined;

  constructor(
    deps: ExplainDeps,
    { route, subject, nowMs }: { readonly route: Route; readonly subject: Alert; readonly nowMs: number },
  ) {
    this.#deps = deps;
    this.#route = route;
    this.#subject = subject;
    this.#nowMs = nowMs;
    this.#labels = groupLabelsFor(route, subject.labels);
    this.#group = deps.findGroup(groupIdOf(route.id, this.#labels));
  }

  async read(failures: ReadonlyMap<string, Attempt>): Promise<PlaceSnapshot> {
    const group = this.#group;
    const flushes = await this.#flushes(group?.nextFlushMs ?? this.#nowMs + this.#route.groupWaitMs);
    const last = flushes.at(-1);
    return {
      route: this.#route,
      groupLabels: this.#labels,
      group: group && {
        nextFlushMs: group.nextFlushMs,
        hasFlushed: group.hasFlushed,
        alertCount: group.size,
      },
      isHeld: !isResolvedAt(this.#subject, this.#nowMs) || group?.has(this.#subject.fingerprint) === true,
      quiet: await this.#quietAt(this.#nowMs),
      flushes,
      unmuted: last?.muted === undefined ? undefined : await this.#firstUnmuted(last),
      integrations: this.#integrations(failures),
    };
  }

  /** The ones that come, as many as may be asked. */
  async #flushes(firstMs: number): Promise<[FlushForecast, ...FlushForecast[]]> {
    const { slicer } = this.#deps;
    const flushes: [FlushForecast, ...FlushForecast[]] = [this.#forecastAt(firstMs, 'all')];
    const size = Math.max(1, this.#group?.size ?? 1);
    const count = Math.min(FLUSHES_MAX, FLUSHED_ALERTS_MAX / size);
    for (let i = 1; i < count; i++) {
      if (size > LARGE_GROUP_ALERTS || slicer.shouldYield()) await slicer.yield();
      // What is over leaves the group with its next flush.
      flushes.push(this.#forecastAt(firstMs + i * this.#route.groupIntervalMs, 'firing'));
    }
    return flushes;
  }

  /** What the flush at this time would hold, as of now. */
  #forecastAt(tickMs: number, which: 'all' | 'firing'): FlushForecast {
    const { muting, isOwed } = this.#deps;
    const route = this.#route;
    const subject = { ...this.#subject, endsAt: undefined };
    const groupKey = groupKeyFor(route, this.#labels);
    const held = (this.#group?.flush(this.#nowMs).alerts ?? []).filter(
      ({ endsAt }) => which === 'all' || endsAt === undefined,
    );
    const isJoining =
      !isResolvedAt(this.#subject, this.#nowMs) &&
      !held.some(({ fingerprint }) => fingerprint === subject.fingerprint);
    const { repeatIntervalMs } = route;
    const { flush, muted } = applyMuting(
      muting,
      {
        groupKey,
        groupLabels: this.#labels,
        alerts: isJoining ? [...held, subject] : held,
        tickMs,
        repeatIntervalMs,
      },
      route,
      (alert) => isOwed(route.receiver, groupKey, alert),
    );
    const fingerprints = (isResolved: boolean): string[] =>
      flush.alerts
        .filter(({ endsAt }) => (endsAt !== undefined) === isResolved)
        .map(({ fingerprint }) => fingerprint);
    const reason = muted.get(subject.fingerprint);
    return {
      tickMs,
      firing: fingerprints(false),
      resolved: fingerprints(true),
      coolMs: coolMsOf(flush.alerts, this.#deps.cooldownsMs ?? NO_COOLDOWNS),
      muted: reason && { reason, by: this.#muterText(reason, tickMs) },
    };
  }

  /** The first flush at which what mutes the alert has ended, and nothing else has begun. */
  async #firstUnmuted(last: FlushForecast): Promise<FlushForecast | undefined> {
    let forecast = last;
    for (let i = 0; i < MUTES_FOLLOWED_MAX && forecast.muted !== undefined; i++) {
      const endMs = await this.#endOfMute(forecast);
      if (endMs === undefined) return undefined;
      const { groupIntervalMs } = this.#route;
      const steps = Math.max(1, Math.ceil((endMs - forecast.tickMs) / groupIntervalMs));
      forecast = this.#forecastAt(forecast.tickMs + steps * groupIntervalMs, 'firing');
    }
    return forecast.muted === undefined ? forecast : undefined;
  }

  async #endOfMute({ muted, tickMs }: FlushForecast): Promise<number | undefined> {
    switch (muted?.reason) {
      case 'silence':
        return Math.max(...silencesAt(this.#deps, this.#subject, tickMs).map(({ endsAtMs }) => endsAtMs));
      case 'active_time_interval':
      case 'mute_time_interval':
        return (await this.#quietAt(tickMs))?.untilMs;
      case 'inhibition':
      case undefined:
        return undefined;
    }
  }

  async #quietAt(atMs: number): Promise<QuietSnapshot | undefined> {
    const { muting, slicer } = this.#deps;
    const quiet = muting.quietBy(this.#route, atMs);
    if (quiet === undefined) return undefined;
    // Time intervals begin and end with whole minutes.
    const firstMs = Math.ceil((atMs + 1) / MINUTE_MS) * MINUTE_MS;
    const lastMs = firstMs + QUIET_DAYS_MAX * 24 * 60 * MINUTE_MS;
    for (let ms = firstMs; ms <= lastMs; ms += MINUTE_MS) {
      if (slicer.shouldYield()) await slicer.yield();
      if (muting.quietBy(this.#route, ms) === undefined) return { ...quiet, untilMs: ms };
    }
    return { ...quiet, untilMs: undefined };
  }

  #integrations(failures: ReadonlyMap<string, Attempt>): readonly IntegrationSnapshot[] {
    const { log, receivers } = this.#deps;
    const groupKey = groupKeyFor(this.#route, this.#labels);
    return receivers
      .filter(({ name }) => name === this.#route.receiver)
      .map((receiver) => {
        const { logged, unconfirmed } = log.find(groupKey, receiver);
        return {
          receiver,
          logged,
          unconfirmed,
          retrying: log.findRetrying(groupKey, receiver),
          lastFailure: failures.get(failureKeyOf(groupKey, receiver)),
        };
      });
  }

  #muterText(reason: NonNullable<FlushForecast['muted']>['reason'], atMs: number): string {
    switch (reason) {
      case 'inhibition':
        return inhibitorText(inhibitorsOf(this.#deps, this.#subject));
      case 'silence':
        return silencesAt(this.#deps, this.#subject, atMs).map(silenceText).join(' and ');
      case 'active_time_interval':
      case 'mute_time_interval': {
        const names = this.#deps.muting.quietBy(this.#route, atMs)?.names ?? [];
        return names.map((name) => `time interval "${name}"`).join(', ');
      }
    }
  }
}

function silencesAt(
  { silences }: ExplainDeps,
  { fingerprint, labels }: Alert,
  atMs: number,
): readonly Silence[] {
  return silences.activeFor(fingerprint, labels, atMs).flatMap((id) => silences.get(id) ?? []);
}

function inhibitorsOf({ muting, findAlert }: ExplainDeps, subject: Alert): readonly ExplainedInhibitor[] {
  return muting.inhibitorsOf(subject).flatMap(({ fingerprint, rule }) => {
    const labels = findAlert(fingerprint)?.labels;
    return labels === undefined ? [] : [{ fingerprint, labels, rule }];
  });
}

function silenceText({ id, comment, createdBy, endsAtMs }: Silence): string {
  return `silence ${id} of ${createdBy} ("${comment}") until ${rfc3339Of(endsAtMs)}`;
}

function inhibitorText(inhibitors: readonly ExplainedInhibitor[]): string {
  const [first] = inhibitors;
  if (first === undefined) return 'an alert that is over by now';
  const rule = first.rule.name === '' ? 'an inhibit rule' : `the inhibit rule "${first.rule.name}"`;
  const more = inhibitors.length - 1;
  const others = more === 0 ? '' : ` and ${more} ${more === 1 ? 'other' : 'others'}`;
  return `${labelSetText(first.labels)}${others} (${rule})`;
}
