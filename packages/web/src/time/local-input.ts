/** Local time in the form that `<input type="datetime-local">` reads: `2026-11-21T10:00:00`. */
export function localInputOf(timestampMs: number): string {
  const offsetMs = new Date(timestampMs).getTimezoneOffset() * 60_000;
  return new Date(timestampMs - offsetMs).toISOString().slice(0, 19);
}

/** The moment such a field names; `undefined` when it is empty or half filled in. */
export function parseLocalInput(local: string): number | undefined {
  const timestampMs = Date.parse(local);
  return Number.isNaN(timestampMs) ? undefined : timestampMs;
}
