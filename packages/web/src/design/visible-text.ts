/**
 * Text that strangers chose (ids, names of actions, words of an appeal), made safe to look at.
 *
 * React escapes markup; what remains are characters that cannot be seen or that rearrange what stands around them:
 * control characters, marks that turn the direction of writing, invisible ones, halves of pairs. Each is shown as an
 * escape such as `\u{202e}`, in another colour, so that two ids that look alike do not read alike. So is a blank at
 * either end. Joiners within emoji are shown too: of an id one wants to know what it is, not how it was meant to look.
 */
export interface TextPart {
  readonly text: string;
  /** It stands for a character that would not be seen. */
  readonly isEscape: boolean;
}

/** Control, format, surrogate, private, unassigned characters, and the separators of lines and paragraphs. */
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}]|[^\S ]|^ +| +$/gu;

/** The parts of a text; `mayBreak` leaves line ends alone. */
export function visibleParts(text: string, mayBreak = false): TextPart[] {
  const parts: TextPart[] = [];
  let from = 0;
  for (const match of text.matchAll(UNSEEN)) {
    if (mayBreak && match[0] === '\n') continue;
    if (match.index > from) parts.push({ text: text.slice(from, match.index), isEscape: false });
    parts.push({ text: escapeOf(match[0]), isEscape: true });
    from = match.index + match[0].length;
  }
  if (from < text.length) parts.push({ text: text.slice(from), isEscape: false });
  return parts;
}

/** The same as one text, for names of buttons and titles. */
export function visibleText(text: string): string {
  return visibleParts(text)
    .map((part) => part.text)
    .join('');
}

function escapeOf(characters: string): string {
  return Array.from(
    characters,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}}`,
  ).join('');
}
