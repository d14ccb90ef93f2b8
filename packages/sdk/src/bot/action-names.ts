/**
 * The names under which a bot's actions are counted. They become words of batches and labels of metrics, so they are
 * short, plain and few, whatever arrives in a postback or a command.
 */

// The wire takes 64 characters of an action; a platform's kind before it (`postback:`) takes up to 16.
export const ACTION_DETAIL_CHARS_MAX = 48;

// As the server's limit for a source.
export const ACTION_SOURCE_CHARS_MAX = 32;

// A bot has dozens of buttons. Whoever puts ids into `action` would have a series of metrics per id.
export const ACTION_DETAILS_MAX = 500;

const PLAIN_NAME = /^[A-Za-z0-9_.:/-]+$/;

/** `text` if it may stand for itself; `undefined` if it is empty, too long, or has characters that names do not have. */
export function plainName(text: unknown, charsMax: number): string | undefined {
  return typeof text === 'string' && text.length <= charsMax && PLAIN_NAME.test(text) ? text : undefined;
}

/** Remembers which details (`next_card`) a bot has; gives `other` for those that are no names, or one too many. */
export class ActionNames {
  readonly #known = new Set<string>();

  /** Such as `postback:next_card`, from `postback` and `next_card`. */
  nameOf(kind: string, detail: unknown): string {
    const plain = plainName(detail, ACTION_DETAIL_CHARS_MAX);
    return `${kind}:${plain !== undefined && this.#isKnown(`${kind}:${plain}`) ? plain : 'other'}`;
  }

  #isKnown(name: string): boolean {
    if (this.#known.has(name)) return true;
    if (this.#known.size >= ACTION_DETAILS_MAX) return false;
    this.#known.add(name);
    return true;
  }
}
