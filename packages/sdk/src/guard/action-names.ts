// What the wire takes (`ActionCount`).
const ACTION_CHARS_MAX = 64;
const SOURCE_CHARS_MAX = 32;

// Actions and sources are templates; who puts ids into them pays for each anew, but fills no memory.
const NAMES_CACHED_MAX = 2000;

// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;

/** Names as the wire takes them: cut, well-formed, without control characters. Each is looked at once. */
export class ActionNames {
  readonly #actions = new Map<string, string>();
  readonly #sources = new Map<string, string>();

  /** Empty when the text names nothing. */
  actionOf(text: string): string {
    return this.#actions.get(text) ?? clean(this.#actions, text, ACTION_CHARS_MAX);
  }

  sourceOf(text: string): string {
    return this.#sources.get(text) ?? clean(this.#sources, text, SOURCE_CHARS_MAX);
  }
}

function clean(cache: Map<string, string>, text: unknown, charsMax: number): string {
  if (typeof text !== 'string') return '';
  const name = text.slice(0, charsMax).toWellFormed().replace(CONTROL, '_').trim();
  if (cache.size < NAMES_CACHED_MAX && text.length <= charsMax) cache.set(text, name);
  return name;
}
