/**
 * Where in a page an action stands. The words are those of Go's html/template, because its messages and the
 * names it gives to templates called inside of tags show them.
 */
import type { AnyNode, TemplateTree } from '../ast.ts';

export type State =
  | 'Text'
  | 'Tag'
  | 'AttrName'
  | 'AfterName'
  | 'BeforeValue'
  | 'HTMLCmt'
  | 'RCDATA'
  | 'Attr'
  | 'URL'
  | 'Srcset'
  | 'JS'
  | 'JSDqStr'
  | 'JSSqStr'
  | 'JSTmplLit'
  | 'JSRegexp'
  | 'JSBlockCmt'
  | 'JSLineCmt'
  | 'JSHTMLOpenCmt'
  | 'JSHTMLCloseCmt'
  | 'CSS'
  | 'CSSDqStr'
  | 'CSSSqStr'
  | 'CSSDqURL'
  | 'CSSSqURL'
  | 'CSSURL'
  | 'CSSBlockCmt'
  | 'CSSLineCmt'
  | 'Error'
  /** After `break` or `continue`: nothing follows. */
  | 'Dead';

export interface Context {
  readonly state: State;
  /** What ends the attribute value that the place is in. */
  readonly delim: 'None' | 'DoubleQuote' | 'SingleQuote' | 'SpaceOrTagEnd';
  readonly urlPart: 'None' | 'PreQuery' | 'QueryOrFrag' | 'Unknown';
  /** What a slash in a script would begin. */
  readonly jsCtx: 'Regexp' | 'DivOp' | 'Unknown';
  /** Open braces of each `${…}` that the place is in, outermost first. */
  readonly jsBraceDepths: readonly number[];
  readonly attr: 'None' | 'Script' | 'ScriptType' | 'Style' | 'URL' | 'Srcset';
  readonly element: 'None' | 'Script' | 'Style' | 'Textarea' | 'Title';
  /** In state `Error`. */
  readonly fault?: EscapeFault | undefined;
}

/** Why a template cannot be escaped. Without a place, the fault is named after the whole template. */
export interface EscapeFault {
  readonly message: string;
  readonly at?: { readonly tree: TemplateTree; readonly node: AnyNode } | undefined;
  /** Only the line is known. */
  readonly line?: number | undefined;
}

export const TEXT_CONTEXT: Context = {
  state: 'Text',
  delim: 'None',
  urlPart: 'None',
  jsCtx: 'Regexp',
  jsBraceDepths: [],
  attr: 'None',
  element: 'None',
};

export function errorContext(message: string, at?: EscapeFault['at']): Context {
  return { ...TEXT_CONTEXT, state: 'Error', fault: { message, at } };
}

export function isEqualContext(a: Context, b: Context): boolean {
  return (
    a.state === b.state &&
    a.delim === b.delim &&
    a.urlPart === b.urlPart &&
    a.jsCtx === b.jsCtx &&
    a.attr === b.attr &&
    a.element === b.element &&
    a.fault === b.fault &&
    a.jsBraceDepths.join() === b.jsBraceDepths.join()
  );
}

/** As Go prints it in messages. */
export function contextText(c: Context): string {
  return `{state${c.state} delim${c.delim} urlPart${c.urlPart} jsCtx${c.jsCtx} attr${c.attr} element${c.element} <nil>}`;
}

/** The name of the copy of the template `name` that is escaped for `context`. */
export function nameInContext(name: string, c: Context): string {
  if (c.state === 'Text') return name;
  const parts = [`${name}$htmltemplate_state${c.state}`];
  if (c.delim !== 'None') parts.push(`delim${c.delim}`);
  if (c.urlPart !== 'None') parts.push(`urlPart${c.urlPart}`);
  if (c.jsCtx !== 'Regexp') parts.push(`jsCtx${c.jsCtx}`);
  if (c.jsBraceDepths.length > 0) parts.push(`jsBraceDepth${c.jsBraceDepths.join('.')}`);
  if (c.attr !== 'None') parts.push(`attr${c.attr}`);
  if (c.element !== 'None') parts.push(`element${c.element}`);
  return parts.join('_');
}

/** The state at the start of an attribute's value. */
export const VALUE_STATES: Readonly<Record<Context['attr'], State>> = {
  None: 'Attr',
  Script: 'JS',
  ScriptType: 'Attr',
  Style: 'CSS',
  URL: 'URL',
  Srcset: 'Srcset',
};

/** Where an action makes text begin: in a tag an attribute's name, after `=` a value without quotes. */
export function nudge(c: Context): Context {
  if (c.state === 'Tag') return { ...c, state: 'AttrName' };
  if (c.state === 'AfterName') return { ...c, state: 'AttrName', attr: 'None' };
  if (c.state !== 'BeforeValue') return c;
  return { ...c, state: VALUE_STATES[c.attr], delim: 'SpaceOrTagEnd', attr: 'None' };
}

export function isComment(state: State): boolean {
  return state.endsWith('Cmt');
}

/** Inside of a tag or one of its attributes, that is. */
export function isInTag(state: State): boolean {
  return ['Tag', 'AttrName', 'AfterName', 'BeforeValue', 'Attr'].includes(state);
}

export function isInScriptLiteral(state: State): boolean {
  return ['JSDqStr', 'JSSqStr', 'JSTmplLit', 'JSRegexp'].includes(state);
}
