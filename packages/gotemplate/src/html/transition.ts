/** The escaper's automaton: which context follows a piece of literal text. */
import { quoteGo } from '../quote.ts';
import { isScriptType } from './attribute-kind.ts';
import {
  type Context,
  errorContext,
  isComment,
  isInScriptLiteral,
  type State,
  TEXT_CONTEXT,
} from './context.ts';
import { decodeEntities } from './entities.ts';
import {
  afterAttributeName,
  afterHtmlComment,
  afterName,
  afterTag,
  afterText,
  afterUrl,
  beforeValue,
  type Step,
  type Transition,
  unchanged,
} from './markup.ts';
import {
  afterBlockComment,
  afterLineComment,
  afterLiteral,
  afterScript,
  afterTemplateLiteral,
} from './script.ts';
import { afterStyle, afterStyleString } from './style.ts';

export const TRANSITIONS: Readonly<Record<State, Transition>> = {
  Text: afterText,
  Tag: afterTag,
  AttrName: afterAttributeName,
  AfterName: afterName,
  BeforeValue: beforeValue,
  HTMLCmt: afterHtmlComment,
  RCDATA: unchanged,
  Attr: unchanged,
  URL: afterUrl,
  Srcset: afterUrl,
  JS: afterScript,
  JSDqStr: afterLiteral,
  JSSqStr: afterLiteral,
  JSTmplLit: afterTemplateLiteral,
  JSRegexp: afterLiteral,
  JSBlockCmt: afterBlockComment,
  JSLineCmt: afterLineComment,
  JSHTMLOpenCmt: afterLineComment,
  JSHTMLCloseCmt: afterLineComment,
  CSS: afterStyle,
  CSSDqStr: afterStyleString,
  CSSSqStr: afterStyleString,
  CSSDqURL: afterStyleString,
  CSSSqURL: afterStyleString,
  CSSURL: afterStyleString,
  CSSBlockCmt: afterBlockComment,
  CSSLineCmt: afterLineComment,
  Error: unchanged,
  Dead: unchanged,
};

const VALUE_ENDS = { DoubleQuote: /"/, SingleQuote: /'/, SpaceOrTagEnd: /[ \t\n\f\r>]/ } as const;

/** One step through literal text. */
export function step(context: Context, text: string): Step {
  if (context.delim !== 'None') return stepInValue(context, text, VALUE_ENDS[context.delim]);
  const end = specialTagEnd(context, text);
  // An end tag is at hand: what it ends is over.
  if (end === 0) return { context: TEXT_CONTEXT, length: 0 };
  return TRANSITIONS[context.state](context, end < 0 ? text : text.slice(0, end));
}

const END_TAGS = {
  Script: /<\/script[> \t\n\f/]/i,
  Style: /<\/style[> \t\n\f/]/i,
  Textarea: /<\/textarea[> \t\n\f/]/i,
  Title: /<\/title[> \t\n\f/]/i,
} as const;

/** Where the end tag of the element around the text stands; -1 without one. In literals of a script there is none. */
function specialTagEnd({ element, state }: Context, text: string): number {
  if (element === 'None') return -1;
  if (element === 'Script' && (isInScriptLiteral(state) || isComment(state))) return -1;
  return text.search(END_TAGS[element]);
}

function stepInValue(context: Context, text: string, ends: RegExp): Step {
  const found = text.search(ends);
  const end = found < 0 ? text.length : found;
  const value = text.slice(0, end);
  if (context.delim === 'SpaceOrTagEnd') {
    // Browsers differ in what they make of these.
    const bad = /["'<=`]/.exec(value)?.[0];
    if (bad !== undefined) {
      const message = `${quoteGo(bad)} in unquoted attr: ${quoteGo(value)}`;
      return { context: errorContext(message), length: text.length };
    }
  }
  if (end === text.length) return { context: through(context, decodeEntities(text)), length: text.length };
  const isOtherScript =
    context.state === 'Attr' &&
    context.element === 'Script' &&
    context.attr === 'ScriptType' &&
    !isScriptType(value);
  const element = isOtherScript ? 'None' : context.element;
  const length = context.delim === 'SpaceOrTagEnd' ? end : end + 1;
  return { context: { ...TEXT_CONTEXT, state: 'Tag', element }, length };
}

/** The context after all of a value's text. */
function through(context: Context, value: string): Context {
  let current = context;
  for (let rest = value; rest !== '';) {
    const { context: next, length } = TRANSITIONS[current.state](current, rest);
    current = next;
    rest = rest.slice(length);
  }
  return current;
}
