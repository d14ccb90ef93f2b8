/** Literal text of a template: what context follows it, and what of it is written. */
import type { Meter } from '../meter.ts';
import { type Context, isComment, isInScriptLiteral } from './context.ts';
import { step } from './transition.ts';

/**
 * Follows `text` from `context` on. Comments are left out, a `<` that begins no tag becomes `&lt;`, and inside
 * of a script's literals the words that browsers take for the end of the script are written in another way.
 */
export function escapeLiteralText(
  text: string,
  context: Context,
  meter: Meter,
): { readonly context: Context; readonly text: string } {
  let current = context;
  let written = '';
  for (let rest = text; rest !== '';) {
    const { context: next, length } = step(current, rest);
    // Inside of a script or style the search for its end tag reads on to the end of the text, at each step.
    meter.addCharacters(current.element === 'None' ? length : rest.length);
    meter.addSteps(1);
    const piece = rest.slice(0, length);
    written += pieceWithout(comment(current, next, piece), piece, current, next);
    current = next;
    rest = rest.slice(length);
  }
  // After an error nothing is written anyway.
  return { context: current, text: written };
}

/** What of `piece` belongs to a comment: all, the opening at its end, or nothing. */
function comment(
  before: Context,
  after: Context,
  piece: string,
): { readonly keep: number; readonly instead: string } {
  if (isComment(before.state) && before.delim === 'None') {
    return { keep: 0, instead: insteadOfComment(before, after, piece) };
  }
  if (before.state !== after.state && isComment(after.state) && after.delim === 'None') {
    return { keep: piece.length - openingLength(after.state), instead: '' };
  }
  return { keep: piece.length, instead: '' };
}

function openingLength(state: Context['state']): number {
  if (state === 'HTMLCmt' || state === 'JSHTMLOpenCmt') return 4;
  return state === 'JSHTMLCloseCmt' ? 3 : 2;
}

/** A comment parts words like a space, and like a line's end when it has one. */
function insteadOfComment(before: Context, after: Context, piece: string): string {
  if (before.state === after.state) return '';
  if (before.state === 'JSBlockCmt') return /[\n\r\u2028\u2029]/.test(piece) ? '\n' : ' ';
  return before.state === 'CSSBlockCmt' ? ' ' : '';
}

function pieceWithout(
  { keep, instead }: { readonly keep: number; readonly instead: string },
  piece: string,
  before: Context,
  after: Context,
): string {
  const kept = piece.slice(0, keep);
  if (before.state === 'Text' || before.state === 'RCDATA')
    return withoutLooseBrackets(kept, before, after) + instead;
  if (isInScriptLiteral(before.state)) {
    return kept.replace(/<(?=script|\/script|!--)/gi, '\\x3C') + instead;
  }
  return kept + instead;
}

/** Every `<` but that of the tag at the end, and of a document type. */
function withoutLooseBrackets(kept: string, before: Context, after: Context): string {
  const tag = after.state === 'Tag' && before.state !== 'Tag' ? kept.lastIndexOf('<') : kept.length;
  return kept.slice(0, tag).replace(/<(?!!doctype)/gi, '&lt;') + kept.slice(tag);
}
