/**
 * What mutes alerts, from the configuration and the silences in force: the `Muting` of a running pipeline.
 *
 * Inhibition is asked of an index that holds every alert which may inhibit, firing or not by now: an alert
 * that ends at a time of its own accord tells nobody. So its sources are looked up and asked.
 */
import type { Clock } from '@vedette/model';
import { isResolvedAt, type Alert } from '../alert.ts';
import { InhibitIndex, type Inhibitor, type InhibitRule } from '../inhibit/inhibit-index.ts';
import type { Route } from '../route/route.ts';
import type { SilenceBook } from '../silence/silence-book.ts';
import type { TimeInterval } from '../time-intervals/time-interval.ts';
import type { Muting, MuteReason } from './muting.ts';

/** Sources named for one alert: more than anybody reads. */
const INHIBITORS_MAX = 100;

export interface MutePolicy {
  readonly inhibitRules: readonly InhibitRule[];
  /** By name; a name stands for several intervals, any of which contains a time. */
  readonly timeIntervals: ReadonlyMap<string, readonly TimeInterval[]>;
}

export class PolicyMuting implements Muting {
  readonly #clock: Clock;
  readonly #silences: SilenceBook;
  readonly #policy: MutePolicy;
  readonly #sources: InhibitIndex;
  readonly #find: (fingerprint: string) => Alert | undefined;

  /** `find` gives what is known of an alert now. */
  constructor(
    deps: { clock: Clock; silences: SilenceBook; find: (fingerprint: string) => Alert | undefined },
    policy: MutePolicy,
  ) {
    this.#clock = deps.clock;
    this.#silences = deps.silences;
    this.#find = deps.find;
    this.#policy = policy;
    this.#sources = new InhibitIndex(policy.inhibitRules);
  }

  /** Called for every alert that comes or changes. */
  note(alert: Alert): void {
    if (isResolvedAt(alert, this.#clock.nowMs())) this.#sources.remove(alert.fingerprint, alert.labels);
    else this.#sources.add(alert.fingerprint, alert.labels);
  }

  /** The alert is gone. */
  forget({ fingerprint, labels }: Alert): void {
    this.#sources.remove(fingerprint, labels);
    this.#silences.forget(fingerprint);
  }

  isInhibited(alert: Alert): boolean {
    return this.#inhibitorsOf(alert, 1).length > 0;
  }

  /** The sources that mute it, with their rules. */
  inhibitorsOf(alert: Alert): readonly Inhibitor[] {
    return this.#inhibitorsOf(alert, INHIBITORS_MAX);
  }

  #inhibitorsOf({ labels }: Alert, countMax: number): readonly Inhibitor[] {
    const nowMs = this.#clock.nowMs();
    for (;;) {
      const sources = this.#sources.inhibitorsOf(labels, countMax);
      const over = sources.filter(({ fingerprint }) => this.#removeIfOver(fingerprint, nowMs));
      // A full page may hide one that still fires behind those that were over.
      if (over.length === 0 || sources.length < countMax)
        return sources.filter((source) => !over.includes(source));
    }
  }

  silencedBy({ fingerprint, labels }: Alert, atMs: number): readonly string[] {
    return this.#silences.activeFor(fingerprint, labels, atMs);
  }

  quietBy(
    { activeTimeIntervals, muteTimeIntervals }: Route,
    atMs: number,
  ): { readonly reason: MuteReason; readonly names: readonly string[] } | undefined {
    const contains = (name: string): boolean =>
      (this.#policy.timeIntervals.get(name) ?? []).some((interval) => interval.contains(atMs));
    if (activeTimeIntervals.length > 0 && !activeTimeIntervals.some(contains))
      return { reason: 'active_time_interval', names: activeTimeIntervals };
    const names = muteTimeIntervals.filter(contains);
    return names.length > 0 ? { reason: 'mute_time_interval', names } : undefined;
  }

  #removeIfOver(fingerprint: string, nowMs: number): boolean {
    const source = this.#find(fingerprint);
    if (source === undefined || !isResolvedAt(source, nowMs)) return false;
    this.#sources.remove(fingerprint, source.labels);
    return true;
  }
}
