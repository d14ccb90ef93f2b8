/**
 * What can be said about a password without knowing who will guess it. Length decides; then what programs
 * try first: few different characters, runs of the keyboard or the alphabet, well-known words, the name
 * beside it. No percentages and no "strong": we cannot know whether it is used elsewhere.
 */
export type PasswordJudgement =
  | { readonly kind: 'empty' }
  | { readonly kind: 'short'; readonly missing: number }
  | { readonly kind: 'long' }
  | { readonly kind: 'weak'; readonly why: 'repeated' | 'run' | 'known' | 'name' }
  | { readonly kind: 'fair' }
  | { readonly kind: 'good' };

/** The server's rule. */
export const PASSWORD_CHARS_MIN = 12;
const PASSWORD_CHARS_MAX = 256;

/** From here on guessing fails by length alone, when it is not of the kinds below: four words, say. */
const GOOD_CHARS_MIN = 16;

/** With fewer it is one character or two, over and over. */
const DISTINCT_CHARS_MIN = 6;

/** Rows of keyboards and the usual orders; a password is mostly made of pieces of them or it is not. */
const RUNS = [
  'abcdefghijklmnopqrstuvwxyz',
  '01234567890',
  'qwertyuiop',
  'asdfghjkl',
  'zxcvbnm',
  '1qaz2wsx3edc',
];
const RUN_CHARS_MIN = 4;

/** What lists of leaked passwords begin with. */
const KNOWN = /passw[o0]rd|welcome|letmein|iloveyou|admin|vedette|changeme|dragon|monkey/gi;

export function judgePassword(password: string, name: string): PasswordJudgement {
  const length = Array.from(password).length;
  if (length === 0) return { kind: 'empty' };
  if (length < PASSWORD_CHARS_MIN) return { kind: 'short', missing: PASSWORD_CHARS_MIN - length };
  if (password.length > PASSWORD_CHARS_MAX) return { kind: 'long' };
  if (new Set(password).size < DISTINCT_CHARS_MIN) return { kind: 'weak', why: 'repeated' };
  const isMostly = (rest: string): boolean => Array.from(rest).length < PASSWORD_CHARS_MIN / 2;
  if (name.length >= 3 && isMostly(password.toLowerCase().replaceAll(name.toLowerCase(), '')))
    return { kind: 'weak', why: 'name' };
  if (isMostly(withoutRuns(password.toLowerCase()))) return { kind: 'weak', why: 'run' };
  if (isMostly(password.replaceAll(KNOWN, ''))) return { kind: 'weak', why: 'known' };
  return { kind: length >= GOOD_CHARS_MIN ? 'good' : 'fair' };
}

/** What is left when pieces of known runs, forwards and backwards, are taken out. */
function withoutRuns(text: string): string {
  const runs = RUNS.flatMap((run) => [run, Array.from(run).reverse().join('')]);
  let rest = '';
  for (let i = 0; i < text.length;) {
    const length = longestRunAt(text, i, runs);
    if (length === 0) rest += text[i++] ?? '';
    else i += length;
  }
  return rest;
}

function longestRunAt(text: string, start: number, runs: readonly string[]): number {
  let longest = 0;
  for (let length = RUN_CHARS_MIN; start + length <= text.length; length++)
    if (runs.some((run) => run.includes(text.slice(start, start + length)))) longest = length;
  return longest;
}

/** Whether the server takes it. */
export function isTakenPassword(judgement: PasswordJudgement): boolean {
  return judgement.kind === 'weak' || judgement.kind === 'fair' || judgement.kind === 'good';
}
