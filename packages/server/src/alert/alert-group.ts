import { NO_LABELS, onlyLabels, type Labels, type Timer } from '@vedette/model';
import { compareAlerts, type Alert, type GroupFlush } from './alert.ts';
import { labelSetText } from './go-text.ts';

/** Alerts that share the values of the labels in `group_by`, with the timer that flushes them. */
export class AlertGroup {
  readonly labels: Labels;
  readonly key: string;
  readonly #alerts = new Map<string, Alert>();
  /** The next flush, wall clock; for the state store and for people. The timer itself is monotonic. */
  nextFlushMs: number;
  timer: Timer | undefined;

  constructor(labels: Labels, nextFlushMs: number) {
    this.labels = labels;
    this.key = groupKeyOf(labels);
    this.nextFlushMs = nextFlushMs;
  }

  get size(): number {
    return this.#alerts.size;
  }

  put(alert: Alert): void {
    this.#alerts.set(alert.fingerprint, alert);
  }

  /** Sorted as notifications show them. */
  alerts(): readonly Alert[] {
    return [...this.#alerts.values()].sort(compareAlerts);
  }

  flush(tickMs: number): GroupFlush {
    return { groupKey: this.key, groupLabels: this.labels, alerts: this.alerts(), tickMs };
  }

  /** Lets go of the resolved alerts of a flush that everybody was told; one that fires again meanwhile stays. */
  dropTold(flush: GroupFlush): readonly Alert[] {
    const dropped = flush.alerts.filter(
      (alert) => alert.endsAt !== undefined && this.#alerts.get(alert.fingerprint) === alert,
    );
    for (const { fingerprint } of dropped) this.#alerts.delete(fingerprint);
    return dropped;
  }
}

/** `group_by`: label names, or `...` alone for all labels. A label the alert lacks is left out. */
export function groupLabelsOf(labels: Labels, groupBy: readonly string[]): Labels {
  if (groupBy.includes('...')) return labels;
  return groupBy.length === 0 ? NO_LABELS : onlyLabels(labels, new Set(groupBy));
}

/** Matchers of the route, `:`, labels of the group: Alertmanager's group key. The one route has no matchers. */
export function groupKeyOf(labels: Labels): string {
  return `{}:${labelSetText(labels)}`;
}
