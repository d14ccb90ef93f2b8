import { timingSafeEqual } from 'node:crypto';
import { inspect } from 'node:util';

/** A secret from configuration. It cannot be printed by accident: strings, JSON and inspection show `<secret>`. */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The one way to the text; call it where the bytes leave for their receiver. */
  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return '<secret>';
  }

  toJSON(): string {
    return '<secret>';
  }

  [inspect.custom](): string {
    return '<secret>';
  }
}

/** Whether somebody shows what is wanted, in a time that tells nothing but the length of it. */
export function isSameSecret(shown: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(shown), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}

// A configuration is no deeper; what holds itself ends here.
const DEPTH_MAX = 20;

/** The texts of all secrets within a value, such as a whole configuration: for whoever has to cut them out of what leaves. */
export function secretsWithin(value: unknown, depth = 0): readonly string[] {
  if (value instanceof Secret) return [value.reveal()];
  if (typeof value !== 'object' || value === null || depth >= DEPTH_MAX) return [];
  return Object.values(value).flatMap((one) => secretsWithin(one, depth + 1));
}
