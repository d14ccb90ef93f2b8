/**
 * Fills placeholders of shell commands. Whoever reads an alert must be able to copy a command without looking for a trap in
 * it, though anybody may have chosen the label values: a target's name, a user's id, a path.
 *
 * 1. A value of letters, digits and `. _ : / @ , + -` that does not begin like an option stands for itself anywhere outside
 *    of quotes.
 * 2. Any other value is put into single quotes, where nothing but a single quote has a meaning, and that one leaves
 *    them for a moment ('\''). Only where the word stands outside of quotes, or is all that quotes hold. One with a backslash
 *    is not: fish reads an escape there.
 * 3. Within a longer quoted text another language may read it (SQL, awk, sed, a regular expression): there only letters,
 *    digits and `. _ : -` are inserted, and `/ @ , +` in what is an address.
 * 4. A command that is hard to read right (substitution, here-documents, escapes, comments), or that has its text read by
 *    a second shell (ssh, scp, eval, xargs), takes plain values only.
 *
 * What cannot be inserted stays a word in capitals, for the reader to fill in.
 */
import { FILLED_CHARS_MAX, type Filled } from './fill-promql.ts';
import { isKnownPlaceholder, placeholdersIn, valueOf } from './placeholders.ts';

const PLAIN = /^[\w./:@,+-]+$/;
const PLAIN_WITHIN_TEXT = /^[\w.:-]+$/;

/** Would be an option, the name of a file to read, or a way out of a directory. */
const MISLEADING = /^[-@+~]|(?:^|\/)\.\.(?:\/|$)/;

/** See 4. */
const HARD = /[`\\#]|\$[({'"]|<<|\(\(|\[\[/;
const READS_AGAIN =
  /(?<![.\w-])(?:ssh|scp|rsync|sshpass|pdsh|ansible|doas|runuser|flock|tmux|screen|eval|xargs|watch|parallel|su|sudo|env|trap|source|alias|let|declare|typeset|local|export|readonly|read|unset|test|printf|(?:ba|z|da|k|a|fi)?sh)(?![\w-])/;

export function fillShell(command: string, labels: Readonly<Record<string, string>>): Filled {
  const isHard = HARD.test(command) || READS_AGAIN.test(command);
  const quotes = quotesOf(command);
  const open = new Set<string>();
  let filled = '';
  let from = 0;
  for (const { word, index } of placeholdersIn(command)) {
    const value = valueOf(word, labels);
    const quoted = quotes.find((one) => one.from < index && index < one.until);
    const inserted =
      value === undefined ? undefined : insertedAt(command, { index, word, quoted, isHard }, value);
    if (inserted === undefined) {
      if (isKnownPlaceholder(word)) open.add(word);
      continue;
    }
    filled += command.slice(from, index - inserted.cut) + inserted.text;
    from = index + word.length + inserted.cut;
  }
  filled += command.slice(from);
  if (filled.length <= FILLED_CHARS_MAX || filled === command) return { text: filled, open: [...open] };
  const words = placeholdersIn(command).map(({ word }) => word);
  return { text: command, open: [...new Set(words)].filter(isKnownPlaceholder) };
}

interface Place {
  readonly index: number;
  readonly word: string;
  readonly quoted: Quotes | undefined;
  readonly isHard: boolean;
}

/** `cut`: characters on either side that the text replaces, too. `undefined` where the value cannot stand. */
function insertedAt(
  command: string,
  { index, word, quoted, isHard }: Place,
  written: string,
): { readonly text: string; readonly cut: number } | undefined {
  // Exporters differ in whether a device is a path.
  const value = command.slice(0, index).endsWith('/dev/') ? written.replace(/^\/dev\//, '') : written;
  if (MISLEADING.test(value)) return undefined;
  const isAlone = quoted?.from === index - 1 && quoted.until === index + word.length;
  if (quoted === undefined || isAlone) {
    if (PLAIN.test(value)) return { text: value, cut: 0 };
    return isHard || value.includes('\\') ? undefined : { text: inSingleQuotes(value), cut: isAlone ? 1 : 0 };
  }
  const isAddress = command.slice(quoted.from, index).includes('://');
  return (isAddress ? PLAIN : PLAIN_WITHIN_TEXT).test(value) ? { text: value, cut: 0 } : undefined;
}

/** Where a quoted text begins and ends: the indexes of its quotes. */
interface Quotes {
  readonly from: number;
  readonly until: number;
}

/** As a shell reads it where nothing hard is in it; a last one that is not closed goes to the end. */
function quotesOf(command: string): readonly Quotes[] {
  const quotes: Quotes[] = [];
  for (let at = 0; at < command.length; at++) {
    const char = command[at];
    if (char !== '"' && char !== "'") continue;
    const end = command.indexOf(char, at + 1);
    const until = end < 0 ? command.length : end;
    quotes.push({ from: at, until });
    at = until;
  }
  return quotes;
}

function inSingleQuotes(value: string): string {
  return `'${value.replaceAll("'", String.raw`'\''`)}'`;
}
