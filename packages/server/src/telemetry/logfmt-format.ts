/** Turns a JSON line into one of logfmt, `time=… level=info msg="…" key=value`, which is what Alertmanager writes. */
export function formatLogfmt(line: string): string {
  const { time, level, area, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const shown = { time, level, msg, ...(area === undefined ? {} : { component: area }), ...fields };
  const parts = Object.entries(shown).map(([key, value]) => `${key}=${quoted(value)}`);
  return `${parts.join(' ')}\n`;
}

/** Bare where that cannot be misread; control characters are always escaped, so that a field stays in its line. */
function quoted(value: unknown): string {
  const shown = messageOf(value);
  const text = typeof shown === 'string' ? shown : JSON.stringify(shown);
  return /^[^\s"=\\\p{C}]+$/u.test(text) ? text : JSON.stringify(text);
}

/** Of an error its messages: a stack is no field of one line. */
function messageOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('message' in value)) return value;
  const cause = 'cause' in value ? messageOf(value.cause) : undefined;
  return typeof cause === 'string' ? `${String(value.message)}: ${cause}` : value.message;
}
