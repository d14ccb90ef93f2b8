/**
 * JSON that came from outside, as bytes: the one reader of bodies and files that are small enough to be parsed at once.
 *
 * `JSON.parse` alone would take too much: it is handed text in which bytes that are no UTF-8 have become question marks,
 * and it takes any depth, while what is done with the value afterwards (`JSON.stringify`, schemas, readers) calls itself
 * per level and ends with a full stack at some thousand. So both are looked at first, the depth by its brackets: that
 * costs 1 ms per megabyte, and no stack.
 */

// Grafana's dashboards, the deepest that anybody sends, stay below 20.
export const JSON_DEPTH_MAX = 100;

/** Throws `SyntaxError` whose message is the reason alone: for "cannot read …: REASON". */
export function parseJson(bytes: Uint8Array): unknown {
  if (bytes.length === 0) throw new SyntaxError('it is empty');
  if (isDeeperThan(bytes, JSON_DEPTH_MAX))
    throw new SyntaxError(`it is nested more than ${JSON_DEPTH_MAX} deep (JSON_DEPTH_MAX)`);
  return JSON.parse(textOf(bytes)) as unknown;
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new SyntaxError('it is not text in UTF-8');
  }
}

const [QUOTE, BACKSLASH] = [0x22, 0x5c];

/** Whether brackets and braces outside strings are open at one time more than `depthMax`. Right for JSON; for other text an answer, too. */
function isDeeperThan(bytes: Uint8Array, depthMax: number): boolean {
  let depth = 0;
  let isInString = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0;
    if (isInString && byte === BACKSLASH) i++;
    else if (byte === QUOTE) isInString = !isInString;
    else if (isInString) continue;
    // `[` and `{`, `]` and `}` differ in one bit.
    else if ((byte | 0x20) === 0x7b) depth++;
    else if ((byte | 0x20) === 0x7d) depth--;
    if (depth > depthMax) return true;
  }
  return false;
}
