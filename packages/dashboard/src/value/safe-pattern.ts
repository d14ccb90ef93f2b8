/**
 * Regular expressions out of dashboard files: the dialect is JavaScript's, since people write
 * lookaheads there, and its engine can be made to run for ever by a pattern such as `(a+)+$`.
 *
 * 1. `/body/flags` and a bare body are both taken.
 * 2. A group that repeats and is itself repeated without an end is refused: that is what takes
 *    exponential time. So is an alternation that is repeated without an end and has two ways that
 *    can begin alike, which is the other form of it.
 * 3. What remains is at worst polynomial in the subject, and subjects are cut at `SUBJECT_LENGTH_MAX`.
 *
 * Rejected: RE2 alone, which has no lookaheads; a worker with a time limit, since matching would be
 * asynchronous in the middle of drawing.
 */
export interface SafePattern {
  /** Groups of the first match in the subject; `undefined`: none. */
  match(subject: string): RegExpExecArray | undefined;
  /** Replaces the first match, or all when the flag `g` is set; `$1` and `$<name>` as in JavaScript. */
  replace(subject: string, replacement: string): string;
}

/** Longer ones are none that a person wrote. */
const PATTERN_LENGTH_MAX = 2000;

/** Names and label values are shorter; it bounds what a polynomial pattern may cost. */
const SUBJECT_LENGTH_MAX = 2000;

/** `undefined` when the text is no expression, or one that could run for ever. */
export function compilePattern(text: string): SafePattern | undefined {
  if (text.length > PATTERN_LENGTH_MAX) return undefined;
  const slashed = /^\/([\s\S]*)\/([a-z]*)$/.exec(text);
  const body = slashed?.[1] ?? text;
  const flags = (slashed?.[2] ?? '').replaceAll(/[^gimsu]/g, '');
  if (canRunForEver(body)) return undefined;
  const compiled = compile(body, flags);
  if (compiled === undefined) return undefined;
  return {
    match: (subject) => {
      compiled.lastIndex = 0;
      return compiled.exec(subject.slice(0, SUBJECT_LENGTH_MAX)) ?? undefined;
    },
    replace: (subject, replacement) => subject.slice(0, SUBJECT_LENGTH_MAX).replace(compiled, replacement),
  };
}

function compile(body: string, flags: string): RegExp | undefined {
  try {
    return new RegExp(body, flags);
  } catch {
    return undefined;
  }
}

/** What is open while reading a pattern: whether the group repeats inside, and whether it offers a choice. */
interface OpenGroup {
  hasRepeat: boolean;
  hasChoice: boolean;
}

/** Whether a repeated group repeats or chooses inside. Stricter than needed, never laxer for groups. */
export function canRunForEver(body: string): boolean {
  const open: OpenGroup[] = [{ hasRepeat: false, hasChoice: false }];
  for (let i = 0; i < body.length; i++) {
    const character = body[i];
    const group = open.at(-1);
    if (group === undefined) return false;
    if (character === '\\') i++;
    else if (character === '[') i = endOfClass(body, i);
    else if (character === '(') open.push({ hasRepeat: false, hasChoice: false });
    else if (character === '|') group.hasChoice = true;
    else if (character === ')') {
      open.pop();
      const isRepeated = repeatsAt(body, i + 1);
      if (isRepeated && (group.hasRepeat || group.hasChoice)) return true;
      const parent = open.at(-1);
      if (parent !== undefined) {
        parent.hasRepeat ||= group.hasRepeat || isRepeated;
        parent.hasChoice ||= group.hasChoice;
      }
    } else if (repeatsAt(body, i)) group.hasRepeat = true;
  }
  return false;
}

function endOfClass(body: string, start: number): number {
  for (let i = start + 1; i < body.length; i++) {
    if (body[i] === '\\') i++;
    else if (body[i] === ']') return i;
  }
  return body.length;
}

/** Most repeats of a counted group that are still a bounded matter. */
const COUNT_MAX = 10;

function repeatsAt(body: string, at: number): boolean {
  const character = body[at];
  if (character === '*' || character === '+') return true;
  if (character !== '{') return false;
  const counted = /^\{(\d{1,6})(,(\d{0,6}))?\}/.exec(body.slice(at, at + 16));
  if (counted === null) return false;
  const most = counted[2] === undefined ? counted[1] : counted[3];
  return most === '' || Number(most) > COUNT_MAX;
}
