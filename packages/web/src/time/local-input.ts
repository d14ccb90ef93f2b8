import { shownZone, zoneOffsetMs } from './zone.ts';

/** A moment in the form that `<input type="datetime-local">` reads, on the clocks of a zone: `2026-11-21T10:00:00`. */
export function localInputOf(timestampMs: number, zone: string | undefined = shownZone()): string {
  return new Date(timestampMs + zoneOffsetMs(timestampMs, zone)).toISOString().slice(0, 19);
}

/**
 * The moment that such a field names; `undefined` when it is empty or half filled in. Of an hour that
 * clocks show twice it is the later one, as everywhere with clocks that were set back.
 */
export function parseLocalInput(local: string, zone: string | undefined = shownZone()): number | undefined {
  const wallMs = Date.parse(`${local}Z`);
  if (Number.isNaN(wallMs)) return undefined;
  // The offset before a change of the clocks and the one after it can both lead to the same wall clock.
  const candidates = [wallMs - 86_400_000, wallMs + 86_400_000].map(
    (nearMs) => wallMs - zoneOffsetMs(nearMs, zone),
  );
  const right = candidates.filter((momentMs) => momentMs + zoneOffsetMs(momentMs, zone) === wallMs);
  return right.length === 0 ? candidates[0] : Math.max(...right);
}
