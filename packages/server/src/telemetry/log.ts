/**
 * Structured logs. `fields` come first in the output's mind: a message is a constant sentence, what varies is a field.
 * A warning or error that repeats is throttled per area and message: see `log-throttle.ts`.
 */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A log whose lines carry `area`, such as `scrape` or `rules`. */
  child(area: string): Log;
}

/** An `error` field is printed with its causes; secrets must not be put in. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Says nothing; for tests. */
export const SILENT_LOG: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => SILENT_LOG,
};
