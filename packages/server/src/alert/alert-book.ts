/**
 * All alerts that are known, by fingerprint, and their copies on disk.
 *
 * 1. A post is merged into what is known (`mergeAlert`). Beyond a limit it is refused, counted, logged.
 * 2. What says something new to people is written down; that a firing alert goes on is not: its sender
 *    says so every minute, and a restart lets it fire for resolve_timeout until the sender speaks again.
 *    Webhooks repeat every few hours: of their alerts each new end is written down.
 * 3. A resolved alert stays for a while, since its sender repeats that, and until every group has told it.
 */
import { labelValueOf, type Clock } from '@vedette/model';
import { TimeSlicer } from '../lib/time-slicer.ts';
import type { DocumentWrite, StateStore } from '../store/state/port.ts';
import type { Log } from '../telemetry/log.ts';
import { deleteAlert, loadAlerts, putAlert } from './alert-documents.ts';
import type { AlertLimit, AlertMetrics } from './alert-metrics.ts';
import {
  alertOf,
  isResolvedAt,
  isSameNews,
  isStaleAt,
  mergeAlert,
  type Alert,
  type AlertPost,
} from './alert.ts';
import { rfc3339Of } from './go-text.ts';
import type { AlertPipelineLimits } from './pipeline-limits.ts';
import { Refusals } from './refusals.ts';

/** Alerts held at a time: at 2 kB each 40 MB, and far more than anybody reads. */
export const ALERTS_MAX = 20_000;

/** Labels and annotations of one alert, in UTF-16 units: a page of text, and a body that webhooks still take. */
export const ALERT_CHARS_MAX = 65_536;

/** Until the next shift has seen which alerts of webhooks ended without a word. */
const STALE_LIFE_MS = 24 * 3_600_000;

export interface AlertBookDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: AlertMetrics;
}

type AlertBookLimits = Pick<AlertPipelineLimits, 'resolvedLifeMs' | 'alertsPerNameMax'>;

export interface MergedPosts {
  readonly all: readonly Alert[];
  /** Those of them that say something new. */
  readonly news: ReadonlySet<Alert>;
}

export class AlertBook {
  readonly #deps: AlertBookDeps;
  readonly #limits: AlertBookLimits;
  readonly #alerts = new Map<string, Alert>();
  /** What is on disk of each. */
  readonly #saved = new Map<string, Alert>();
  /** Gone from here and maybe still on disk, where some of them fire: a restart must not bring them back. */
  readonly #undeleted = new Set<string>();

  constructor(deps: AlertBookDeps, limits: AlertBookLimits) {
    this.#deps = deps;
    this.#limits = limits;
  }

  /**
   * Alerts that somebody has to repeat fire for `graceMs` more: nobody could repeat them while we were down. Not
   * those of webhooks, whose hours bridge that; else each restart would bring back what is stale.
   */
  async load(state: StateStore, graceMs: number): Promise<readonly Alert[]> {
    const nowMs = this.#deps.clock.nowMs();
    for (const saved of await loadAlerts(state)) {
      const isTimed =
        saved.endsAt !== undefined && saved.source === undefined && saved.endsAt.ms > saved.updatedAt.ms;
      const isShort = isTimed && saved.endsAt.ms < nowMs + graceMs;
      const endsAt = isShort ? { ms: nowMs + graceMs, text: rfc3339Of(nowMs + graceMs) } : saved.endsAt;
      this.#alerts.set(saved.fingerprint, { ...saved, endsAt });
      this.#saved.set(saved.fingerprint, saved);
    }
    return [...this.#alerts.values()];
  }

  /** What will be known after these posts, refused ones aside; `put` makes it so. */
  async merge(posts: readonly AlertPost[]): Promise<MergedPosts> {
    const refused = new Refusals();
    const merged = new Map<string, Alert>();
    let newCount = 0;
    const firing = this.#firingByName();
    const slicer = new TimeSlicer(this.#deps.clock);
    for (const post of posts) {
      if (slicer.shouldYield()) await slicer.yield();
      this.#deps.metrics.received(post.status);
      const posted = alertOf(post, this.#deps.clock.nowMs());
      const known = merged.get(posted.fingerprint) ?? this.#alerts.get(posted.fingerprint);
      const limit =
        this.#limitAgainst(posted, known === undefined ? newCount : -Infinity) ??
        this.#nameLimitAgainst(posted, firing);
      if (limit !== undefined) refused.add(limit, posted);
      else {
        if (known === undefined) newCount++;
        merged.set(posted.fingerprint, mergeAlert(known, posted));
      }
    }
    refused.report(this.#deps.log, this.#deps.metrics);
    const all = [...merged.values()];
    const nowMs = this.#deps.clock.nowMs();
    const isNews = (alert: Alert): boolean => {
      const known = this.#alerts.get(alert.fingerprint);
      return known === undefined || !isSameNews(known, alert, nowMs);
    };
    return { all, news: new Set(all.filter(isNews)) };
  }

  put(alerts: readonly Alert[]): void {
    for (const alert of alerts) {
      this.#alerts.set(alert.fingerprint, alert);
      this.#undeleted.delete(alert.fingerprint);
    }
  }

  /** The writes that bring the disk to what is known of these, and what to call when they are done. */
  writesOf(alerts: readonly Alert[]): { writes: readonly DocumentWrite[]; readonly written: () => void } {
    const nowMs = this.#deps.clock.nowMs();
    const changed = alerts.filter((alert) => {
      const saved = this.#saved.get(alert.fingerprint);
      return saved === undefined || !isSameNews(saved, alert, nowMs) || isProlonged(saved, alert);
    });
    return {
      writes: changed.map(putAlert),
      written: () => {
        for (const alert of changed) this.#saved.set(alert.fingerprint, alert);
      },
    };
  }

  /** Lets go of what is over for long enough and held by no group; returns it. */
  collect(isHeld: (fingerprint: string) => boolean): readonly Alert[] {
    const isFull = this.#alerts.size >= ALERTS_MAX;
    const nowMs = this.#deps.clock.nowMs();
    const lifeOf = (alert: Alert): number =>
      isStaleAt(alert, nowMs) ? STALE_LIFE_MS : this.#limits.resolvedLifeMs;
    const isOver = (alert: Alert): boolean =>
      alert.endsAt !== undefined && alert.endsAt.ms <= (isFull ? nowMs : nowMs - lifeOf(alert));
    const gone = this.all().filter((alert) => isOver(alert) && !isHeld(alert.fingerprint));
    for (const { fingerprint } of gone) {
      this.#alerts.delete(fingerprint);
      this.#saved.delete(fingerprint);
      // A disk that is full for days costs memory for as many as are held at most.
      if (this.#undeleted.size < ALERTS_MAX) this.#undeleted.add(fingerprint);
    }
    return gone;
  }

  /** Lets go of alerts that speak of somebody; returns them. */
  forget(speaks: (value: unknown) => boolean): readonly Alert[] {
    const gone = this.all().filter(({ labels, annotations, generatorUrl }) =>
      speaks([labels, annotations, generatorUrl]),
    );
    for (const { fingerprint } of gone) {
      this.#alerts.delete(fingerprint);
      this.#saved.delete(fingerprint);
      this.#undeleted.add(fingerprint);
    }
    return gone;
  }

  /** The writes that remove from the disk what was let go of, and what to call when they are done. */
  deletes(): { writes: readonly DocumentWrite[]; readonly written: () => void } {
    return { writes: [...this.#undeleted].map(deleteAlert), written: () => this.#undeleted.clear() };
  }

  get size(): number {
    return this.#alerts.size;
  }

  find(fingerprint: string): Alert | undefined {
    return this.#alerts.get(fingerprint);
  }

  all(): readonly Alert[] {
    return [...this.#alerts.values()];
  }

  /** The limit that keeps an alert out; `newCount` have come in since the last `put`. */
  #limitAgainst({ labels, annotations }: Alert, newCount: number): AlertLimit | undefined {
    if (this.#alerts.size + newCount >= ALERTS_MAX) return 'alerts';
    const chars = [...labels, ...annotations].reduce((sum, part) => sum + part.length, 0);
    return chars > ALERT_CHARS_MAX ? 'bytes' : undefined;
  }
  /** Fingerprints by alertname, when their number is limited. */
  #firingByName(): Map<string, Set<string>> {
    const firing = new Map<string, Set<string>>();
    if (this.#limits.alertsPerNameMax === 0) return firing;
    const nowMs = this.#deps.clock.nowMs();
    for (const alert of this.#alerts.values())
      if (!isResolvedAt(alert, nowMs)) setOf(firing, alert).add(alert.fingerprint);
    return firing;
  }

  /** What is over takes no place, and neither does another word on what fires. */
  #nameLimitAgainst(posted: Alert, firing: Map<string, Set<string>>): AlertLimit | undefined {
    const { alertsPerNameMax } = this.#limits;
    if (alertsPerNameMax === 0 || isResolvedAt(posted, posted.updatedAt.ms)) return undefined;
    const others = setOf(firing, posted);
    if (!others.has(posted.fingerprint) && others.size >= alertsPerNameMax) return 'alertname';
    others.add(posted.fingerprint);
    return undefined;
  }
}

function setOf(firing: Map<string, Set<string>>, { labels }: Alert): Set<string> {
  const name = labelValueOf(labels, 'alertname');
  const known = firing.get(name) ?? new Set();
  firing.set(name, known);
  return known;
}

/** Whether an alert of a webhook has another end, or another source, than what is on disk of it. */
function isProlonged(saved: Alert, alert: Alert): boolean {
  return (
    alert.source !== saved.source || (alert.source !== undefined && alert.endsAt?.ms !== saved.endsAt?.ms)
  );
}
