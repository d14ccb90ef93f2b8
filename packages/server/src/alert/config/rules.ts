/** Rules that many parts of the configuration share, with Alertmanager's words. */
import type { z } from 'zod';

export type Payload<T> = z.core.ParsePayload<T>;

/** Adds a fault at a key of the value, or at the value itself. */
export function complain<T>(payload: Payload<T>, message: string, path: readonly PropertyKey[] = []): void {
  // Not the value: messages and reports must never show a secret.
  payload.issues.push({ code: 'custom', input: undefined, path: [...path], message });
}

/** Two ways to give one thing: `at most one of api_key & api_key_file must be configured`. */
export function atMostOne<K extends string>(
  first: K,
  second: K,
  prefix = '',
): (payload: Payload<{ readonly [key in K]?: unknown }>) => void {
  return (payload) => {
    if (isSet(payload.value[first]) && isSet(payload.value[second]))
      complain(payload, `at most one of ${prefix}${first} & ${second} must be configured`, [second]);
  };
}

/** One thing that must be given in one of two ways. */
export function oneOf<K extends string>(
  first: K,
  second: K,
): (payload: Payload<{ readonly [key in K]?: unknown }>) => void {
  return (payload) => {
    if (!isSet(payload.value[first]) && !isSet(payload.value[second]))
      complain(payload, `one of ${first} or ${second} must be configured`);
    atMostOne(first, second)(payload);
  };
}

/** Something must be given. */
export function needed<K extends string>(
  key: K,
  message: string,
): (payload: Payload<{ readonly [key in K]?: unknown }>) => void {
  return (payload) => {
    if (!isSet(payload.value[key])) complain(payload, message);
  };
}

/** An empty text is none. */
export function isSet(value: unknown): boolean {
  return value !== undefined && value !== '' && value !== 0;
}
