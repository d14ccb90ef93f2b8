/** Steps through style sheets: strings, comments, and URLs in `url(…)`. */
import { quoteGo } from '../quote.ts';
import { errorContext, type State } from './context.ts';
import { afterUrl, type Step, type Transition } from './markup.ts';

export const afterStyle: Transition = (context, text) => {
  const special = /[("'/]/g;
  const enter = (state: State, length: number): Step => ({ context: { ...context, state }, length });
  for (let match = special.exec(text); match !== null; match = special.exec(text)) {
    const { index } = match;
    switch (match[0]) {
      case '"':
        return enter('CSSDqStr', index + 1);
      case "'":
        return enter('CSSSqStr', index + 1);
      case '(':
        if (isUrlBefore(text, index)) return afterUrlParenthesis(text, index + 1, enter);
        break;
      default:
        if (text[index + 1] === '/') return enter('CSSLineCmt', index + 2);
        if (text[index + 1] === '*') return enter('CSSBlockCmt', index + 2);
    }
  }
  return { context, length: text.length };
};

/** `url`, not the end of a longer name; a space may come before the parenthesis. */
function isUrlBefore(text: string, parenthesis: number): boolean {
  let end = parenthesis;
  while ('\t\n\f\r '.includes(text.charAt(end - 1)) && end > 0) end--;
  if (text.slice(Math.max(end - 3, 0), end).toLowerCase() !== 'url') return false;
  return !/[\w\-\u0080-\uffff]$/.test(text.slice(Math.max(end - 4, 0), end - 3));
}

function afterUrlParenthesis(
  text: string,
  start: number,
  enter: (state: State, length: number) => Step,
): Step {
  let i = start;
  while ('\t\n\f\r '.includes(text.charAt(i)) && i < text.length) i++;
  if (text[i] === '"') return enter('CSSDqURL', i + 1);
  if (text[i] === "'") return enter('CSSSqURL', i + 1);
  return enter('CSSURL', i);
}

function endOf(state: State): RegExp {
  if (state === 'CSSDqStr' || state === 'CSSDqURL') return /[\\"]/g;
  // A URL without quotes ends at a space or parenthesis.
  return state === 'CSSURL' ? /[\\\t\n\f\r )]/g : /[\\']/g;
}

/** Strings are followed as URLs, too: `@import "…"` has one. */
export const afterStyleString: Transition = (context, text) => {
  const special = endOf(context.state);
  let current = context;
  let from = 0;
  for (let match = special.exec(text); match !== null; match = special.exec(text)) {
    if (match[0] !== '\\') return { context: { ...current, state: 'CSS' }, length: match.index + 1 };
    if (special.lastIndex === text.length) {
      const message = `unfinished escape sequence in CSS string: ${quoteGo(text)}`;
      return { context: errorContext(message), length: text.length };
    }
    special.lastIndex++;
    current = afterUrl(current, decodeStyle(text.slice(from, special.lastIndex))).context;
    from = special.lastIndex;
  }
  return { context: afterUrl(current, decodeStyle(text.slice(from))).context, length: text.length };
};

/** Replaces CSS escapes: `\3c ` and `\<` are both `<`. */
export function decodeStyle(text: string): string {
  return text.replace(
    /\\(?:([\da-fA-F]{1,6})(?:\r\n|[\t\n\f\r ])?|(.)|$)/gsu,
    (_, hex: string | undefined, letter: string | undefined) => {
      if (hex === undefined) return letter ?? '';
      const codePoint = Number.parseInt(hex, 16);
      if (codePoint <= 0x10ffff) return String.fromCodePoint(codePoint);
      return String.fromCodePoint(codePoint >> 4) + hex.slice(-1);
    },
  );
}
