/**
 * Whether a JSON value speaks of somebody: a string in it (a value or a key, however deep) that is one of the texts, or
 * has one in it as a word of its own. Words count from `WORD_CHARS_MIN` characters on; shorter ones between quotation
 * marks, as in the text of a label set.
 */
export function mentions(value: unknown, texts: readonly string[]): boolean {
  if (typeof value === 'string') return texts.some((text) => isIn(value, text));
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return value.some((entry) => mentions(entry, texts));
  return Object.entries(value).some(([key, entry]) => mentions(key, texts) || mentions(entry, texts));
}

/** The value with `[erased]` in place of each text in it that `mentions` finds; keys stay. */
export function withoutMentions<T>(value: T, texts: readonly string[]): T;
export function withoutMentions(value: unknown, texts: readonly string[]): unknown {
  if (typeof value === 'string')
    return texts.reduce((rest, text) => (isIn(rest, text) ? rest.replaceAll(text, '[erased]') : rest), value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((entry: unknown) => withoutMentions(entry, texts));
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]: [string, unknown]) => [key, withoutMentions(entry, texts)]),
  );
}

// A shorter id is in dates and numbers, and would take half of the state with it.
export const WORD_CHARS_MIN = 6;

function isIn(value: string, text: string): boolean {
  if (value === text) return true;
  if (text.length < WORD_CHARS_MIN) return value.includes(`"${text}"`);
  for (let at = value.indexOf(text); at >= 0; at = value.indexOf(text, at + 1))
    if (!isWordCharacter(value[at - 1]) && !isWordCharacter(value[at + text.length])) return true;
  return false;
}

function isWordCharacter(character: string | undefined): boolean {
  return character !== undefined && /[\p{L}\p{N}_-]/u.test(character);
}
