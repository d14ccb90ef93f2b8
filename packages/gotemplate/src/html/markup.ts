/** Steps through HTML itself: text, tags, attribute names and values that are nothing special. */
import { quoteGo } from '../quote.ts';
import { attributeKindOf } from './attribute-kind.ts';
import { type Context, errorContext, TEXT_CONTEXT, VALUE_STATES } from './context.ts';

/** The context after the first `length` characters of the text; at least one, or another state. */
export interface Step {
  readonly context: Context;
  readonly length: number;
}
export type Transition = (context: Context, text: string) => Step;

const ELEMENTS: Readonly<Record<string, Context['element']>> = {
  script: 'Script',
  style: 'Style',
  textarea: 'Textarea',
  title: 'Title',
};

const CONTENT_STATES = {
  None: 'Text',
  Script: 'JS',
  Style: 'CSS',
  Textarea: 'RCDATA',
  Title: 'RCDATA',
} as const;

// A colon or hyphen belongs to the name when a letter or digit follows it.
const TAG_NAME = /[A-Za-z](?:[A-Za-z\d]|[:-][A-Za-z\d])*/y;
const SPACES = /[ \t\n\f\r]*/y;

export const spacesLength = (text: string): number => matchLength(SPACES, text, 0);

function matchLength(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  return pattern.exec(text)?.[0].length ?? 0;
}

export const afterText: Transition = (context, text) => {
  for (let from = 0; ;) {
    const open = text.indexOf('<', from);
    if (open < 0 || open + 1 === text.length) return { context, length: text.length };
    if (text.startsWith('<!--', open)) {
      return { context: { ...TEXT_CONTEXT, state: 'HTMLCmt' }, length: open + 4 };
    }
    const isEnd = text[open + 1] === '/';
    const start = open + (isEnd ? 2 : 1);
    if (start === text.length) return { context, length: text.length };
    const nameLength = matchLength(TAG_NAME, text, start);
    if (nameLength > 0) {
      const name = text.slice(start, start + nameLength).toLowerCase();
      const element = isEnd ? 'None' : Object.hasOwn(ELEMENTS, name) ? (ELEMENTS[name] ?? 'None') : 'None';
      return { context: { ...TEXT_CONTEXT, state: 'Tag', element }, length: start + nameLength };
    }
    from = start;
  }
};

export const afterTag: Transition = (context, text) => {
  const start = spacesLength(text);
  if (start === text.length) return { context, length: text.length };
  const { element } = context;
  if (text[start] === '>') {
    return { context: { ...TEXT_CONTEXT, state: CONTENT_STATES[element], element }, length: start + 1 };
  }
  const end = attributeNameEnd(text, start);
  if (typeof end !== 'number') return { context: end, length: text.length };
  if (end === start) {
    const message = `expected space, attr name, or end of tag, but got ${quoteGo(text.slice(start))}`;
    return { context: errorContext(message), length: text.length };
  }
  const attr = attributeOf(text.slice(start, end).toLowerCase(), element);
  const state = end === text.length ? 'AttrName' : 'AfterName';
  return { context: { ...TEXT_CONTEXT, state, element, attr }, length: end };
};

function attributeOf(name: string, element: Context['element']): Context['attr'] {
  if (element === 'Script' && name === 'type') return 'ScriptType';
  switch (attributeKindOf(name)) {
    case 'url':
      return 'URL';
    case 'css':
      return 'Style';
    case 'js':
      return 'Script';
    case 'srcset':
      return 'Srcset';
    case 'plain':
    case 'unsafe':
    case 'html':
      return 'None';
  }
}

/** Quotes and `<` in a name mean that a quote is missing somewhere before it. */
function attributeNameEnd(text: string, start: number): number | Context {
  for (let i = start; i < text.length; i++) {
    const char = text.charAt(i);
    if (' \t\n\f\r=>'.includes(char)) return i;
    if (`'"<`.includes(char)) {
      const shown = quoteGo(Array.from(text.slice(0, 64)).slice(0, 32).join(''));
      return errorContext(`${quoteGo(char)} in attribute name: ${shown}`);
    }
  }
  return text.length;
}

export const afterAttributeName: Transition = (context, text) => {
  const end = attributeNameEnd(text, 0);
  if (typeof end !== 'number') return { context: end, length: text.length };
  return { context: end === text.length ? context : { ...context, state: 'AfterName' }, length: end };
};

export const afterName: Transition = (context, text) => {
  const start = spacesLength(text);
  if (start === text.length) return { context, length: text.length };
  // An attribute without value.
  if (text[start] !== '=') return { context: { ...context, state: 'Tag' }, length: start };
  return { context: { ...context, state: 'BeforeValue' }, length: start + 1 };
};

export const beforeValue: Transition = (context, text) => {
  const start = spacesLength(text);
  if (start === text.length) return { context, length: text.length };
  const quote = text[start];
  const delim = quote === '"' ? 'DoubleQuote' : quote === "'" ? 'SingleQuote' : 'SpaceOrTagEnd';
  const length = delim === 'SpaceOrTagEnd' ? start : start + 1;
  return { context: { ...context, state: VALUE_STATES[context.attr], delim }, length };
};

export const afterHtmlComment: Transition = (context, text) => {
  const end = text.indexOf('-->');
  return end < 0 ? { context, length: text.length } : { context: TEXT_CONTEXT, length: end + 3 };
};

/** Nothing in such text changes anything: what ends it is looked for elsewhere. */
export const unchanged: Transition = (context, text) => ({ context, length: text.length });

export const afterUrl: Transition = (context, text) => {
  if (/[#?]/.test(text)) return { context: { ...context, urlPart: 'QueryOrFrag' }, length: text.length };
  const isBegun = context.urlPart === 'None' && spacesLength(text) < text.length;
  return { context: isBegun ? { ...context, urlPart: 'PreQuery' } : context, length: text.length };
};
