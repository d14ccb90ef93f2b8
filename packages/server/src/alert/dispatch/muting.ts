/** Why an alert is not told although it is routed: inhibited by another alert, silenced, or outside of the hours of its route. */
import { isResolvedAt, type Alert, type GroupFlush } from '../alert.ts';
import type { Route } from '../route/route.ts';

/** In the order in which they are asked; the first that holds is the one that is counted. */
export type MuteReason = 'inhibition' | 'active_time_interval' | 'mute_time_interval' | 'silence';

/** What mutes one alert at one moment, its route aside. Both are empty: nothing does. */
export interface AlertMutes {
  /** Fingerprints of the sources. */
  readonly inhibitedBy: readonly string[];
  /** Ids. */
  readonly silencedBy: readonly string[];
}

export interface Muting {
  /** Whether a firing alert inhibits it. */
  isInhibited(alert: Alert): boolean;
  /** Ids of the active silences that match it. */
  silencedBy(alert: Alert, atMs: number): readonly string[];
  /** Names of the intervals that keep the route quiet, and whether by being inside (mute) or outside (active). */
  quietBy(
    route: Route,
    atMs: number,
  ): { readonly reason: MuteReason; readonly names: readonly string[] } | undefined;
}

export interface MutedFlush {
  /** What is left to tell. */
  readonly flush: GroupFlush;
  /** By fingerprint. */
  readonly muted: ReadonlyMap<string, MuteReason>;
}

/**
 * Takes out of a flush what is muted. A resolution of an alert that `isTold` passes all the same: whoever
 * was told that it fires wants to hear that it is over.
 */
export function applyMuting(
  muting: Muting,
  flush: GroupFlush,
  route: Route,
  isTold: (alert: Alert) => boolean,
): MutedFlush {
  const quiet = muting.quietBy(route, flush.tickMs);
  const muted = new Map<string, MuteReason>();
  for (const alert of flush.alerts) {
    const reason = reasonOf(muting, alert, quiet?.reason, flush.tickMs);
    if (reason === undefined) continue;
    if (isResolvedAt(alert, flush.tickMs) && isTold(alert)) continue;
    muted.set(alert.fingerprint, reason);
  }
  const alerts = flush.alerts.filter(({ fingerprint }) => !muted.has(fingerprint));
  return { flush: { ...flush, alerts }, muted };
}

function reasonOf(
  muting: Muting,
  alert: Alert,
  quiet: MuteReason | undefined,
  atMs: number,
): MuteReason | undefined {
  if (muting.isInhibited(alert)) return 'inhibition';
  if (quiet !== undefined) return quiet;
  return muting.silencedBy(alert, atMs).length > 0 ? 'silence' : undefined;
}
