/** Steps through scripts: strings, comments, template literals, and whether a slash divides or begins an expression. */
import { quoteGo } from '../quote.ts';
import { type Context, errorContext, type State } from './context.ts';
import type { Step, Transition } from './markup.ts';

export const afterScript: Transition = (context, text) => {
  const i = text.search(/["`'/{}<\-#]/);
  if (i < 0) return { context: { ...context, jsCtx: slashAfter(text, context.jsCtx) }, length: text.length };
  const before: Context = { ...context, jsCtx: slashAfter(text.slice(0, i), context.jsCtx) };
  const enter = (state: State, length: number): Step => ({
    context: { ...before, state },
    length: i + length,
  });
  const stay: Step = { context: before, length: i + 1 };
  const literal = (state: State): Step => ({ context: { ...before, state, jsCtx: 'Regexp' }, length: i + 1 });
  switch (text.charAt(i)) {
    case '"':
      return literal('JSDqStr');
    case "'":
      return literal('JSSqStr');
    case '`':
      return literal('JSTmplLit');
    case '/':
      return afterSlash(before, text, i);
    // Browsers take these for comments, for the sake of pages from before there were scripts.
    case '<':
      return text.startsWith('<!--', i) ? enter('JSHTMLOpenCmt', 4) : stay;
    case '-':
      return text.startsWith('-->', i) ? enter('JSHTMLCloseCmt', 3) : stay;
    case '#':
      return text[i + 1] === '!' ? enter('JSLineCmt', 2) : stay;
    case '{':
      return { context: withBraces(before, 1), length: i + 1 };
    default:
      return { context: withBraces(before, -1), length: i + 1 };
  }
};

function afterSlash(context: Context, text: string, i: number): Step {
  const follower = text[i + 1];
  if (follower === '/') return { context: { ...context, state: 'JSLineCmt' }, length: i + 2 };
  if (follower === '*') return { context: { ...context, state: 'JSBlockCmt' }, length: i + 2 };
  switch (context.jsCtx) {
    case 'Regexp':
      return { context: { ...context, state: 'JSRegexp' }, length: i + 1 };
    case 'DivOp':
      return { context: { ...context, jsCtx: 'Regexp' }, length: i + 1 };
    case 'Unknown': {
      const shown = quoteGo(
        Array.from(text.slice(i, i + 64))
          .slice(0, 32)
          .join(''),
      );
      return { context: errorContext(`'/' could start a division or regexp: ${shown}`), length: text.length };
    }
  }
}

/** Braces count inside of `${…}` only, where the last one leads back into the literal. */
function withBraces(context: Context, change: 1 | -1): Context {
  const innermost = context.jsBraceDepths.at(-1);
  if (innermost === undefined) return context;
  const outer = context.jsBraceDepths.slice(0, -1);
  if (innermost + change < 0) return { ...context, state: 'JSTmplLit', jsBraceDepths: outer };
  return { ...context, jsBraceDepths: [...outer, innermost + change] };
}

export const afterTemplateLiteral: Transition = (context, text) => {
  const special = /\\|`|\$\{/g;
  for (let match = special.exec(text); match !== null; match = special.exec(text)) {
    if (match[0] === '`') return { context: { ...context, state: 'JS' }, length: special.lastIndex };
    if (match[0] === '${') {
      const jsBraceDepths = [...context.jsBraceDepths, 0];
      return { context: { ...context, state: 'JS', jsBraceDepths }, length: special.lastIndex };
    }
    if (special.lastIndex === text.length) return unfinishedEscape(text);
    special.lastIndex++;
  }
  return { context, length: text.length };
};

const LITERAL_ENDS = { JSDqStr: /[\\"]/g, JSSqStr: /[\\']/g, JSRegexp: /[\\/[\]]/g } as const;

/** Strings and regular expressions. A slash in a character class does not end the expression. */
export const afterLiteral: Transition = (context, text) => {
  const { state } = context;
  const special =
    state === 'JSSqStr'
      ? LITERAL_ENDS.JSSqStr
      : state === 'JSRegexp'
        ? LITERAL_ENDS.JSRegexp
        : LITERAL_ENDS.JSDqStr;
  special.lastIndex = 0;
  let isInClass = false;
  for (let match = special.exec(text); match !== null; match = special.exec(text)) {
    const char = match[0];
    if (char === '\\') {
      if (special.lastIndex === text.length) return unfinishedEscape(text);
      special.lastIndex++;
    } else if (char === '[') isInClass = true;
    else if (char === ']') isInClass = false;
    else if (!isInClass && !isScriptEndAt(text, match.index)) {
      return { context: { ...context, state: 'JS', jsCtx: 'DivOp' }, length: special.lastIndex };
    }
  }
  if (!isInClass) return { context, length: text.length };
  return { context: errorContext(`unfinished JS regexp charset: ${quoteGo(text)}`), length: text.length };
};

/** The slash of `</script`, which is going to be written in another way (escape-text.ts). */
function isScriptEndAt(text: string, slash: number): boolean {
  return text[slash] === '/' && text.slice(Math.max(slash - 1, 0), slash + 7).toLowerCase() === '</script';
}

function unfinishedEscape(text: string): Step {
  const message = `unfinished escape sequence in JS string: ${quoteGo(text)}`;
  return { context: errorContext(message), length: text.length };
}

export const afterBlockComment: Transition = (context, text) => {
  const end = text.indexOf('*/');
  if (end < 0) return { context, length: text.length };
  return { context: { ...context, state: context.state === 'CSSBlockCmt' ? 'CSS' : 'JS' }, length: end + 2 };
};

/** The end of the line is not part of the comment. */
export const afterLineComment: Transition = (context, text) => {
  const isStyle = context.state === 'CSSLineCmt';
  const end = text.search(isStyle ? /[\n\f\r]/ : /[\n\r\u2028\u2029]/);
  if (end < 0) return { context, length: text.length };
  return { context: { ...context, state: isStyle ? 'CSS' : 'JS' }, length: end };
};

const SPACES_AT_END = /[\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]$/;

const WORDS_BEFORE_EXPRESSION: ReadonlySet<string> = new Set(
  'break case continue delete do else finally in instanceof return throw try typeof void'.split(' '),
);

/**
 * What a slash after `text` means; `before` is what it meant before it. A `}` is taken for the end of a block:
 * dividing an object literal is the rarer case by far.
 */
function slashAfter(text: string, before: Context['jsCtx']): Context['jsCtx'] {
  let end = text.length;
  while (end > 0 && SPACES_AT_END.test(text.charAt(end - 1))) end--;
  if (end === 0) return before;
  const last = text.charAt(end - 1);
  if (last === '+' || last === '-') {
    let start = end;
    while (text[start - 1] === last) start--;
    // `++` ends a value, `+` and `+++` do not.
    return (end - start) % 2 === 1 ? 'Regexp' : 'DivOp';
  }
  if (last === '.') return /\d/.test(text.charAt(end - 2)) ? 'DivOp' : 'Regexp';
  if (',<>=*%&|^?!~([:;{}'.includes(last)) return 'Regexp';
  let wordStart = end;
  while (wordStart > 0 && /[\w$]/.test(text.charAt(wordStart - 1))) wordStart--;
  return WORDS_BEFORE_EXPRESSION.has(text.slice(wordStart, end)) ? 'Regexp' : 'DivOp';
}
