/**
 * Which escapers a pipeline needs where it stands, and the pipeline with them at its end.
 *
 * Templates from before the escaping end in `html` or `urlquery` by themselves. Where one of the escapers
 * to be added does the same work, theirs takes its place.
 */
import type { CommandNode, IdentifierNode, PipeNode } from '../ast.ts';
import type { Context } from './context.ts';
import { EVAL_ARGS, type EscaperName, identifierOf } from './escapers.ts';

/** What an action makes of its context: the escapers it needs, and the context after it. */
export type EscaperChoice =
  | { readonly kind: 'chosen'; readonly escapers: readonly EscaperName[]; readonly context: Context }
  | { readonly kind: 'ambiguousUrl' };

/** `context` is nudged already. */
export function chooseEscapers(context: Context): EscaperChoice {
  const inner = innerEscapers(context);
  if (inner === undefined) return { kind: 'ambiguousUrl' };
  const outer: EscaperName[] =
    context.delim === 'None' ? [] : [context.delim === 'SpaceOrTagEnd' ? 'nospaceescaper' : 'attrescaper'];
  return { kind: 'chosen', escapers: [...inner, ...outer], context: contextAfterAction(context) };
}

function contextAfterAction(context: Context): Context {
  if (context.state === 'JS') return { ...context, jsCtx: 'DivOp' };
  return context.state === 'Tag' ? { ...context, state: 'AttrName' } : context;
}

function innerEscapers(context: Context): EscaperName[] | undefined {
  switch (context.state) {
    case 'URL':
    case 'CSSDqStr':
    case 'CSSSqStr':
    case 'CSSDqURL':
    case 'CSSSqURL':
    case 'CSSURL':
      return urlEscapers(context);
    case 'JS':
      return ['jsvalescaper'];
    case 'JSDqStr':
    case 'JSSqStr':
      return ['jsstrescaper'];
    case 'JSTmplLit':
      return ['jstmpllitescaper'];
    case 'JSRegexp':
      return ['jsregexpescaper'];
    case 'CSS':
      return ['cssvaluefilter'];
    case 'Text':
      return ['htmlescaper'];
    case 'RCDATA':
      return ['rcdataescaper'];
    case 'Tag':
    case 'AttrName':
      return ['htmlnamefilter'];
    case 'Srcset':
      return ['srcsetescaper'];
    case 'HTMLCmt':
    case 'JSBlockCmt':
    case 'JSLineCmt':
    case 'JSHTMLOpenCmt':
    case 'JSHTMLCloseCmt':
    case 'CSSBlockCmt':
    case 'CSSLineCmt':
      return ['commentescaper'];
    // What the delimiter asks for is all that a plain value needs; the others are never met here.
    case 'Attr':
    case 'AfterName':
    case 'BeforeValue':
    case 'Error':
    case 'Dead':
      return [];
  }
}

function urlEscapers({ state, urlPart }: Context): EscaperName[] | undefined {
  const whole = state === 'CSSDqStr' || state === 'CSSSqStr' ? 'cssescaper' : 'urlnormalizer';
  switch (urlPart) {
    case 'None':
      return ['urlfilter', whole];
    case 'PreQuery':
      return [whole];
    case 'QueryOrFrag':
      return ['urlescaper'];
    case 'Unknown':
      return undefined;
  }
}

/** Functions of the language that do an escaper's work. */
const EQUIVALENT: Readonly<Partial<Record<EscaperName, string>>> = {
  attrescaper: 'html',
  htmlescaper: 'html',
  rcdataescaper: 'html',
  urlescaper: 'urlquery',
  urlnormalizer: 'urlquery',
};

const PREDEFINED: ReadonlySet<string> = new Set(['html', 'urlquery']);

/** The name of a predefined escaper that stands where its work would be undone or fall short. */
export function misplacedEscaper(pipe: PipeNode, context: Context): string | undefined {
  const isUnquoted = context.state === 'Attr' && context.delim === 'SpaceOrTagEnd';
  for (const [i, command] of pipe.commands.entries()) {
    const name = identifierIn(command);
    if (name === undefined || !PREDEFINED.has(name)) continue;
    if (i < pipe.commands.length - 1 || (isUnquoted && name === 'html')) return name;
  }
  return undefined;
}

function identifierIn(command: CommandNode | undefined): string | undefined {
  const first = command?.operands[0];
  return first?.kind === 'identifier' ? first.name : undefined;
}

export function withEscapers(pipe: PipeNode, escapers: readonly EscaperName[]): PipeNode {
  const names = escapers.map(identifierOf);
  const own = [...pipe.commands];
  const last = own.at(-1);
  const predefined = identifierIn(last);
  if (last !== undefined && predefined !== undefined && PREDEFINED.has(predefined)) {
    if (own.length === 1 && last.operands.length > 1) {
      own.splice(0, 1, printing(last), commandOf(predefined, last.index));
    }
    const twin = escapers.findIndex((escaper) => EQUIVALENT[escaper] === predefined);
    if (twin >= 0) {
      names[twin] = predefined;
      own.pop();
    }
  }
  return { ...pipe, commands: [...own, ...names.map((name) => commandOf(name, pipe.index))] };
}

/** `html 1 2` as a command that gives the printed arguments on. */
function printing(command: CommandNode): CommandNode {
  const [first, ...rest] = command.operands;
  return { ...command, operands: [identifier(EVAL_ARGS, first.index), ...rest] };
}

function commandOf(name: string, index: number): CommandNode {
  return { kind: 'command', index, operands: [identifier(name, index)] };
}

function identifier(name: string, index: number): IdentifierNode {
  return { kind: 'identifier', index, name };
}
