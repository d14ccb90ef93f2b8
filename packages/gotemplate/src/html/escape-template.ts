/**
 * Contextual escaping, as html/template does it: each action is escaped for the place where it stands.
 *
 * 1. The text of a template is followed by an automaton (transition.ts), so that at each action it is known
 *    whether it stands in text, in an attribute, a URL, a script or a style sheet.
 * 2. Escapers for that place are put at the end of the action's pipeline (escaped-pipeline.ts), and the tree
 *    with them is executed like any other. Nothing is decided at run time.
 * 3. The branches of a condition must end in the same context, and a loop in the one it began in. Contexts
 *    that differ in one detail join with that detail unknown, which only matters when something depends on it.
 * 4. A template that is called inside of a tag is escaped once more for that place, under a name of its own.
 *    One that calls itself is escaped on the assumption that it ends where it begins, and again on the
 *    assumption that it ends where that led; if neither holds it is refused.
 *
 * Loop bodies are followed twice, so that loops inside each other cost a power of two: a meter stops it.
 *
 * Trees are never changed; escaping makes new ones. Work on an assumption happens in a `Findings` of its own,
 * which is taken over or dropped.
 */
import type { BranchNode, ListNode, Node, PipeNode, TemplateNode, TemplateTree } from '../ast.ts';
import { nodeText } from '../ast.ts';
import { HTML_DEPTH_MAX } from '../limits.ts';
import type { Meter } from '../meter.ts';
import type { Template } from '../parse.ts';
import { placeOf } from '../place.ts';
import { quoteGo } from '../quote.ts';
import { LimitError, TemplateError } from '../template-error.ts';
import {
  type Context,
  contextText,
  errorContext,
  type EscapeFault,
  isEqualContext,
  nameInContext,
  nudge,
  TEXT_CONTEXT,
} from './context.ts';
import { escapeLiteralText } from './escape-text.ts';
import { chooseEscapers, misplacedEscaper, withEscapers } from './escaped-pipeline.ts';
import { joinContexts } from './join-contexts.ts';

/**
 * The template with escapers in every pipeline that its text reaches; call with `ESCAPER_FUNCTIONS` among the
 * functions. Throws `TemplateError` (reason `escape`, or `limit`).
 */
export function escapeTemplate(template: Template, meter: Meter): Template {
  const { name } = template;
  const escaper = new Escaper(template, meter);
  try {
    const findings = newFindings();
    const { context } = escaper.callTemplate(findings, TEXT_CONTEXT, name);
    const fault = context.fault ?? endFault(context);
    if (fault !== undefined) throw escapeError(fault, name);
    return { name, trees: findings.trees };
  } catch (error) {
    if (!(error instanceof LimitError)) throw error;
    const place = { templateName: name, line: 1, column: 0 };
    throw new TemplateError('limit', `html/template:${name}: ${error.message}`, place, { cause: error });
  }
}

function endFault(context: Context): EscapeFault | undefined {
  if (context.state === 'Text') return undefined;
  return { message: `ends in a non-text context: ${contextText(context)}` };
}

function escapeError({ message, at, line }: EscapeFault, name: string): TemplateError {
  if (at !== undefined) {
    const { sourceName, source } = at.tree;
    const place = placeOf(source, at.node.index);
    const where = `${sourceName}:${place.line}:${place.column}`;
    return new TemplateError('escape', `html/template:${where}: ${message}`, {
      templateName: sourceName,
      ...place,
    });
  }
  const where = line === undefined ? name : `${name}:${line}`;
  const prefix = where === '' ? 'html/template' : `html/template:${where}`;
  return new TemplateError('escape', `${prefix}: ${message}`, {
    templateName: name,
    line: line ?? 1,
    column: 0,
  });
}

/** What is known so far. Names are those of `nameInContext`. */
interface Findings {
  /** The context after each template. */
  readonly ends: Map<string, Context>;
  readonly trees: Map<string, TemplateTree>;
  readonly called: Set<string>;
}

function newFindings(from?: Findings): Findings {
  return { ends: new Map(from?.ends), trees: new Map(from?.trees), called: new Set() };
}

/** The loop around a place: where its jumps leave from. */
interface Loop {
  readonly jumps: {
    readonly kind: 'break' | 'continue';
    readonly context: Context;
    readonly place: NonNullable<EscapeFault['at']>;
  }[];
}

/** Where a walk is. */
interface Scope {
  readonly findings: Findings;
  readonly tree: TemplateTree;
  readonly loop: Loop | undefined;
}

interface Escaped<T> {
  readonly context: Context;
  readonly node: T;
}

class Escaper {
  readonly #template: Template;
  readonly #meter: Meter;
  #depth = 0;

  constructor(template: Template, meter: Meter) {
    this.#template = template;
    this.#meter = meter;
  }

  /** Escapes `name` for the context it is called in, if that is not done yet. */
  callTemplate(
    findings: Findings,
    context: Context,
    name: string,
    at?: EscapeFault['at'],
  ): { readonly context: Context; readonly name: string } {
    const ownName = nameInContext(name, context);
    findings.called.add(ownName);
    const known = findings.ends.get(ownName);
    if (known !== undefined) return { context: known, name: ownName };
    const tree = this.#template.trees.get(name);
    if (tree === undefined)
      return { context: errorContext(`no such template ${quoteGo(name)}`, at), name: ownName };
    return { context: this.#body(findings, context, { ...tree, name: ownName }), name: ownName };
  }

  #body(findings: Findings, context: Context, tree: TemplateTree): Context {
    const first = this.#assuming(findings, { start: context, end: context, tree });
    if (first.isRight || first.context.state === 'Error') return first.context;
    // Go begins the second attempt in the assumed context, too, though the text does not stand there.
    const second = this.#assuming(findings, { start: context, end: first.context, tree });
    if (second.isRight) return second.context;
    return errorContext(`cannot compute output context for template ${tree.name}`, { tree, node: tree.root });
  }

  /** Escapes a template's body; where it calls itself, `end` is taken for what follows. */
  #assuming(
    findings: Findings,
    { start, end, tree }: { readonly start: Context; readonly end: Context; readonly tree: TemplateTree },
  ): { readonly context: Context; readonly isRight: boolean } {
    findings.ends.set(tree.name, end);
    const trial = this.#trial(findings);
    const scope: Scope = { findings: trial, tree, loop: undefined };
    const { context, node } = this.#list(scope, start, tree.root);
    const isRight =
      context.state !== 'Error' && (!trial.called.has(tree.name) || isEqualContext(end, context));
    if (isRight) {
      for (const [name, known] of trial.ends) findings.ends.set(name, known);
      for (const [name, known] of trial.trees) findings.trees.set(name, known);
      for (const name of trial.called) findings.called.add(name);
      findings.ends.set(tree.name, context);
      findings.trees.set(tree.name, { ...tree, root: node });
    }
    return { context, isRight };
  }

  /** Copying is work, too. */
  #trial(findings: Findings): Findings {
    this.#meter.addSteps(findings.ends.size + findings.trees.size);
    return newFindings(findings);
  }

  #list(scope: Scope, start: Context, list: ListNode): Escaped<ListNode> {
    this.#depth++;
    if (this.#depth > HTML_DEPTH_MAX) {
      throw new LimitError(`templates and blocks are nested deeper than ${HTML_DEPTH_MAX} while escaping`);
    }
    let context = start;
    const nodes: Node[] = [];
    for (const node of list.nodes) {
      const escaped = this.#node(scope, context, node);
      nodes.push(escaped.node);
      context = escaped.context;
      if (context.state === 'Dead') break;
    }
    this.#depth--;
    return { context, node: { ...list, nodes } };
  }

  #node(scope: Scope, context: Context, node: Node): Escaped<Node> {
    this.#meter.addSteps(1);
    if (context.state === 'Error') return { context, node };
    switch (node.kind) {
      case 'text': {
        const escaped = escapeLiteralText(node.text, context, this.#meter);
        return { context: escaped.context, node: { ...node, text: escaped.text } };
      }
      case 'action':
        return this.#action(scope, context, node);
      case 'if':
      case 'with':
      case 'range':
        return this.#branch(scope, context, node);
      case 'template':
        return this.#call(scope, context, node);
      case 'break':
      case 'continue': {
        scope.loop?.jumps.push({ kind: node.kind, context, place: { tree: scope.tree, node } });
        return { context: { ...TEXT_CONTEXT, state: 'Dead' }, node };
      }
    }
  }

  #action(
    scope: Scope,
    before: Context,
    node: Node & { readonly pipe: PipeNode; readonly kind: 'action' },
  ): Escaped<Node> {
    if (node.pipe.variables.length > 0) return { context: before, node };
    const context = nudge(before);
    const fail = (message: string): Escaped<Node> => ({
      context: errorContext(message, { tree: scope.tree, node }),
      node,
    });
    const misplaced = misplacedEscaper(node.pipe, context);
    if (misplaced !== undefined)
      return fail(`predefined escaper ${quoteGo(misplaced)} disallowed in template`);
    const choice = chooseEscapers(context);
    if (choice.kind === 'ambiguousUrl')
      return fail(`${nodeText(node)} appears in an ambiguous context within a URL`);
    return { context: choice.context, node: { ...node, pipe: withEscapers(node.pipe, choice.escapers) } };
  }

  #call(scope: Scope, context: Context, node: TemplateNode): Escaped<Node> {
    const called = this.callTemplate(scope.findings, context, node.name, { tree: scope.tree, node });
    return { context: called.context, node: { ...node, name: called.name } };
  }

  #branch(scope: Scope, before: Context, node: BranchNode): Escaped<Node> {
    const place = { tree: scope.tree, node };
    const body =
      node.kind === 'range' ? this.#loop(scope, before, node) : this.#list(scope, before, node.list);
    if (node.kind === 'range' && body.context.state === 'Error') return { context: body.context, node };
    const otherwise = node.elseList === undefined ? undefined : this.#list(scope, before, node.elseList);
    const context = joinContexts(body.context, otherwise?.context ?? before, { place, keyword: node.kind });
    return { context, node: { ...node, list: body.node, elseList: otherwise?.node } };
  }

  /** The body of a `range`: run any number of times it must lead back to its beginning. */
  #loop(outer: Scope, before: Context, node: BranchNode): Escaped<ListNode> {
    const once = this.#turn(outer, before, node);
    if (once.context.state === 'Error') return once;
    const trial: Scope = { ...outer, findings: this.#trial(outer.findings) };
    const loop: Loop = { jumps: [] };
    const again = this.#list({ ...trial, loop }, once.context, node.list);
    const place = { tree: outer.tree, node };
    const joined = joinContexts(once.context, again.context, { place, keyword: 'range' });
    if (joined.fault !== undefined) {
      const { line } = placeOf(outer.tree.source, node.index);
      const fault = { ...joined.fault, line, message: `on range loop re-entry: ${joined.fault.message}` };
      return { context: { ...joined, fault }, node: once.node };
    }
    return { context: this.#afterJumps(joined, loop), node: once.node };
  }

  /** One turn, with the jumps that leave it. */
  #turn(outer: Scope, before: Context, node: BranchNode): Escaped<ListNode> {
    const loop: Loop = { jumps: [] };
    const body = this.#list({ ...outer, loop }, before, node.list);
    return { context: this.#afterJumps(body.context, loop), node: body.node };
  }

  /** All ways out of a turn must agree. */
  #afterJumps(end: Context, loop: Loop): Context {
    if (end.state === 'Error') return end;
    let context = end;
    const byKind = [...loop.jumps.filter(isBreak), ...loop.jumps.filter((jump) => !isBreak(jump))];
    for (const jump of byKind) {
      context = joinContexts(context, jump.context, { place: jump.place, keyword: 'range' });
      if (context.fault !== undefined) {
        const fault = {
          ...context.fault,
          message: `at range loop ${jump.kind}: ${context.fault.message}`,
        };
        return { ...context, fault };
      }
    }
    return context;
  }
}

function isBreak(jump: Loop['jumps'][number]): boolean {
  return jump.kind === 'break';
}
