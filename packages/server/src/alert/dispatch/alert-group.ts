import type { Labels, Timer } from '@vedette/model';
import { compareAlerts, isResolvedAt, type Alert, type GroupFlush } from '../alert.ts';
import { labelSetText } from '../go-text.ts';
import { groupKeyFor, type Route } from '../route/route.ts';

/** Alerts that came by one route and share the values of the labels in its `group_by`, with the timer that flushes them. */
export class AlertGroup {
  readonly route: Route;
  readonly labels: Labels;
  /** Matchers of the route, `:`, labels of the group: Alertmanager's group key. Equal for equal siblings. */
  readonly key: string;
  /** Unique among the groups of all routes. */
  readonly id: string;
  readonly #alerts = new Map<string, Alert>();
  /** The next flush, wall clock; for the state store and for people. The timer itself is monotonic. */
  nextFlushMs: number;
  /** Until the first flush an alert that is older than group_wait makes it due at once. */
  hasFlushed: boolean;
  timer: Timer | undefined;

  constructor(
    route: Route,
    labels: Labels,
    next: { readonly flushMs: number; readonly hasFlushed: boolean },
  ) {
    this.route = route;
    this.labels = labels;
    this.key = groupKeyFor(route, labels);
    this.id = groupIdOf(route.id, labels);
    this.nextFlushMs = next.flushMs;
    this.hasFlushed = next.hasFlushed;
  }

  get size(): number {
    return this.#alerts.size;
  }

  put(alert: Alert): void {
    this.#alerts.set(alert.fingerprint, alert);
  }

  has(fingerprint: string): boolean {
    return this.#alerts.has(fingerprint);
  }

  remove(fingerprint: string): void {
    this.#alerts.delete(fingerprint);
  }

  fingerprints(): readonly string[] {
    return [...this.#alerts.keys()];
  }

  /** Sorted as notifications show them. */
  alerts(): readonly Alert[] {
    return [...this.#alerts.values()].sort(compareAlerts);
  }

  /** As of now: what is not over by now fires. */
  flush(tickMs: number): GroupFlush {
    const alerts = this.alerts().map((alert) =>
      alert.endsAt === undefined || isResolvedAt(alert, tickMs) ? alert : { ...alert, endsAt: undefined },
    );
    const { repeatIntervalMs } = this.route;
    return { groupKey: this.key, groupLabels: this.labels, alerts, tickMs, repeatIntervalMs };
  }

  /** Lets go of the resolved alerts of a flush that everybody was told; one that fires again meanwhile stays. */
  dropTold(flush: GroupFlush): void {
    for (const alert of flush.alerts)
      if (alert.endsAt !== undefined && this.#alerts.get(alert.fingerprint) === alert)
        this.#alerts.delete(alert.fingerprint);
  }
}

/** A group's place in the state store and in memory, over restarts and reloads. */
export function groupIdOf(routeId: string, labels: Labels): string {
  return `${routeId}:${labelSetText(labels)}`;
}
