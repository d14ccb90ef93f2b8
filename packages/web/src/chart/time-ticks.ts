import { zoneOffsetMs } from '../time/zone.ts';

const SECOND = 1000;
const DAY = 86_400 * SECOND;

const DISTANCES = [
  ...[1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200].map(
    (seconds) => seconds * SECOND,
  ),
  ...[1, 2, 7, 14, 30, 90, 365].map((days) => days * DAY),
];

/** Moments of an axis that we draw ourselves, at most `countMax`, and their distance in ms. */
export function timeTicksOf(
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
  countMax: number,
  zone: string | undefined,
): { readonly ticks: readonly number[]; readonly distanceMs: number } {
  const wanted = (toMs - fromMs) / Math.max(1, countMax);
  const distanceMs = DISTANCES.find((distance) => distance >= wanted) ?? 365 * DAY;
  // Days begin at the zone's midnight; hours are the same everywhere but in a few zones.
  const offsetMs = -zoneOffsetMs(fromMs, zone);
  const first = Math.ceil((fromMs - offsetMs) / distanceMs) * distanceMs + offsetMs;
  const count = Math.max(0, Math.floor((toMs - first) / distanceMs) + 1);
  return {
    ticks: Array.from({ length: Math.min(count, 1000) }, (_, i) => first + i * distanceMs),
    distanceMs,
  };
}
