/** Upper and lower case as Go has it: letter by letter. */

/** `ß` stays; JavaScript would make two letters of it. */
export function upper(text: string): string {
  return text.replace(/\P{ASCII}|[a-z]+/gu, (letters) => {
    const raised = letters.toUpperCase();
    return raised.length === letters.length ? raised : letters;
  });
}

/** A sigma at a word's end is not special, and a dotted capital I loses its dot. */
export function lower(text: string): string {
  return text.replace(/\P{ASCII}|[A-Z]+/gu, (letters) => {
    const lowered = letters.toLowerCase();
    return lowered.length === letters.length ? lowered : (lowered[0] ?? '');
  });
}

/** Go's `strings.Title`: the first letter of each word is raised, the others stay. Outside of ASCII only spaces part words. */
export function titleKeepingCase(text: string): string {
  return text.replace(
    /(^|[\0-/:-@[-^`{-\x7f]|\s)(\p{L})/gu,
    (_, before: string, letter: string) => before + upper(letter),
  );
}

// Letters, digits and underscores, and single marks between letters or digits (`it's`, `3.5`).
const WORD =
  /[\p{L}\p{M}\p{N}_]+(?:(?:(?<=[\p{L}\p{M}])['’.:·](?=\p{L})|(?<=\p{N})['’.,;](?=\p{N}))[\p{L}\p{M}\p{N}_]+)*/gu;

/** `title` of Alertmanager: the first letter of each word is raised, all others are lowered. */
export function titleLowering(text: string): string {
  return text.replace(WORD, (word) => {
    const first = /\p{L}/u.exec(word);
    if (first === null) return word;
    const { index } = first;
    // By the whole rules of Unicode here: `ß` becomes `Ss`.
    const [head = '', ...rest] = first[0].toUpperCase();
    const lowered = (rest.join('') + word.slice(index + first[0].length)).toLowerCase();
    return word.slice(0, index) + head + lowered;
  });
}
