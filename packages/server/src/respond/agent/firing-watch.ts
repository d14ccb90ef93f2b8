/**
 * Which alerts began to fire and were not analysed yet. It looks at the alert stage's list every few seconds: nothing in
 * the way of an alert waits for the agent, and what fired while the process was down is found as well.
 *
 * Alerts of one name in one group are one case. A case waits some seconds for its other alerts, and is not opened again
 * until a report on it is older than `keepMs`. Of too many cases the oldest are dropped: in a storm the newest are what
 * people are looking at, and each can still be analysed on demand.
 */
import { labelValueOf, type Clock, type Slicer } from '@vedette/model';
import { isResolved, relatingAlertsOf, type AgentAlert, type AgentAlerts } from './agent-world.ts';
import { severityWordOf } from './severity-words.ts';

/** A scrape and an evaluation make news every 15 s at most. */
export const WATCH_MS = 5000;

/** `group_wait` is 30 s by default: the report is there when the first message goes out. */
export const SETTLE_MS = 10_000;

// A hundred reports are half an hour of reading, and a minute of work.
export const CASES_WAITING_MAX = 100;

export interface WaitingCase {
  /** Of group and name. */
  readonly key: string;
  /** Not before; of the monotonic clock. */
  readonly dueMs: number;
}

export interface FiringWatchDeps {
  readonly clock: Clock;
  readonly slicer: Slicer;
  readonly alerts: AgentAlerts;
  /** Whether a report of this firing is kept. */
  readonly isAnalysed: (alert: AgentAlert) => boolean;
  readonly onDropped: () => void;
}

export class FiringWatch {
  readonly #deps: FiringWatchDeps;
  /** Alerts that fire and were seen, each with the start that was seen. */
  #seen = new Map<string, number>();
  /** In the order of their news. */
  readonly #waiting = new Map<string, WaitingCase>();
  /** When a case was opened last; of the monotonic clock. */
  readonly #openedMs = new Map<string, number>();

  constructor(deps: FiringWatchDeps) {
    this.#deps = deps;
  }

  get waitingCount(): number {
    return this.#waiting.size;
  }

  /** Looks at all alerts once. */
  async look(keepMs: number): Promise<void> {
    const { alerts, clock, slicer, isAnalysed } = this.#deps;
    const nowMs = clock.nowMs();
    const seen = new Map<string, number>();
    const news: AgentAlert[] = [];
    for (const alert of alerts.alerts()) {
      if (slicer.shouldYield()) await slicer.yield();
      if (isResolved(alert, nowMs)) continue;
      const { fingerprint, startsAt } = alert;
      const isNews = this.#seen.get(fingerprint) !== startsAt.ms && !isAnalysed(alert);
      if (isNews && this.#isQuiet(alert)) continue;
      seen.set(fingerprint, startsAt.ms);
      if (isNews) news.push(alert);
    }
    this.#seen = seen;
    if (news.length > 0) this.#enqueue(news, keepMs);
    this.#forgetOld(keepMs);
  }

  /** The next case whose time has come; it waits no longer. */
  take(): string | undefined {
    const nowMs = this.#deps.clock.monotonicMs();
    for (const { key, dueMs } of this.#waiting.values()) {
      if (dueMs > nowMs) continue;
      this.#waiting.delete(key);
      this.#openedMs.set(key, nowMs);
      return key;
    }
    return undefined;
  }

  /** Alerts of a case that fire now, and all alerts of its group. */
  alertsOf(key: string): { readonly own: readonly AgentAlert[]; readonly group: readonly AgentAlert[] } {
    const nowMs = this.#deps.clock.nowMs();
    for (const group of this.#deps.alerts.groups()) {
      const own = group.alerts.filter(
        (alert) => caseKeyOf(group.key, alert) === key && !isResolved(alert, nowMs),
      );
      if (own.length > 0) return { own, group: relatingAlertsOf(group) };
    }
    return { own: [], group: [] };
  }

  forget(speaks: (value: unknown) => boolean): void {
    for (const key of this.#waiting.keys()) if (speaks(key)) this.#waiting.delete(key);
    for (const key of this.#openedMs.keys()) if (speaks(key)) this.#openedMs.delete(key);
  }

  /** Not for people, or nobody is to be told of it now; it is looked at again when that ends. */
  #isQuiet(alert: AgentAlert): boolean {
    if (severityWordOf(alert.labels) === 'none') return true;
    const { silencedBy, inhibitedBy } = this.#deps.alerts.mutesOf(alert);
    return silencedBy.length > 0 || inhibitedBy.length > 0;
  }

  #enqueue(news: readonly AgentAlert[], keepMs: number): void {
    const nowMs = this.#deps.clock.monotonicMs();
    const fresh = new Set(news.map(({ fingerprint }) => fingerprint));
    for (const { key: groupKey, alerts } of this.#deps.alerts.groups())
      for (const alert of alerts) {
        // An alert that goes to several receivers is of several groups: the first one is its case.
        if (!fresh.delete(alert.fingerprint)) continue;
        const key = caseKeyOf(groupKey, alert);
        if (this.#waiting.has(key)) continue;
        const openedMs = this.#openedMs.get(key);
        const dueMs = Math.max(nowMs + SETTLE_MS, openedMs === undefined ? 0 : openedMs + keepMs);
        this.#waiting.set(key, { key, dueMs });
        if (this.#waiting.size > CASES_WAITING_MAX) this.#drop();
      }
    // Of no group yet: they are news again at the next look.
    for (const fingerprint of fresh) this.#seen.delete(fingerprint);
  }

  #drop(): void {
    const [oldest] = this.#waiting.keys();
    if (oldest === undefined) return;
    this.#waiting.delete(oldest);
    this.#deps.onDropped();
  }

  #forgetOld(keepMs: number): void {
    const oldestMs = this.#deps.clock.monotonicMs() - keepMs;
    for (const [key, atMs] of this.#openedMs) if (atMs < oldestMs) this.#openedMs.delete(key);
  }
}

/** Alerts of different names are different cases, though a route may put all of them into one message. */
function caseKeyOf(groupKey: string, { labels }: AgentAlert): string {
  return `${groupKey}\u0000${labelValueOf(labels, 'alertname')}`;
}
