// The wire's bound on the name of an action (guard/wire.ts).
const ACTION_CHARS_MAX = 64;

/** The action of a request: `GET /orders/:id`. */
export function actionOf(method: string, route: string | undefined): string {
  return fitAction(`${method} ${route === undefined || route === '' ? 'unknown' : route}`);
}

/**
 * An action that fits the wire. A longer one keeps its beginning and ends in a checksum of the whole, so that two long
 * templates stay two actions.
 */
export function fitAction(action: string): string {
  if (action.length <= ACTION_CHARS_MAX) return action;
  const sum = checksum(action).toString(16).padStart(8, '0');
  return `${action.slice(0, ACTION_CHARS_MAX - sum.length - 1).replace(HALF_A_PAIR, '')}~${sum}`;
}

/** What a cut leaves of a character of two UTF-16 units. */
const HALF_A_PAIR = /[\ud800-\udbff]$/;

/** FNV-1a, 32 bits. */
function checksum(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
