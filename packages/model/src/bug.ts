/**
 * Reports a programmer's mistake and never returns. The text names what must hold and what was got.
 * Call it from the failing branch only, so that the message is not built on the way past:
 *
 *     if (timestampMs <= lastMs) bug(`samples must increase; got ${timestampMs} after ${lastMs}`);
 */
export function bug(message: string): never {
  throw new BugError(message);
}

/** The error of `bug()`. It is never caught and continued: the operation dies loudly. */
export class BugError extends Error {
  constructor(message: string) {
    super(`BUG: ${message}`);
    this.name = 'BugError';
  }
}
