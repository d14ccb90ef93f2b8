/**
 * Computes pipelines: operands, fields, methods and calls, with the variables in sight.
 *
 * It follows Go's evaluator step by step, also in which node it holds for the current one, because that
 * is the place its messages show. Arguments are evaluated by the type of the parameter they are for: the
 * constant `1` is a float where a float is wanted, and an int where anything is.
 */
import type { AnyNode, CommandNode, IdentifierNode, OperandNode, PipeNode, TemplateTree } from './ast.ts';
import { nodeText } from './ast.ts';
import { BUILTINS } from './builtins.ts';
import { goDuration } from './go-duration.ts';
import { DEPTH_MAX, ERROR_CONTEXT_CHARACTERS_MAX } from './limits.ts';
import type { Meter } from './meter.ts';
import { placeOf } from './place.ts';
import { quoteGo } from './quote.ts';
import { CallError, LimitError, TemplateError } from './template-error.ts';
import {
  type FunctionTable,
  type GoFunction,
  type GoType,
  type GoValue,
  isTruthy,
  typeNameOf,
} from './value.ts';

/** What became of an asynchronous call in an earlier run. */
export type CallAnswer =
  | { readonly kind: 'value'; readonly value: GoValue }
  | { readonly kind: 'error'; readonly error: unknown };

/** Thrown through the interpreter when the next asynchronous call has no answer yet. Not an error: see execute.ts. */
export class Suspension extends Error {
  override readonly name = 'Suspension';
  readonly call: Promise<GoValue>;

  constructor(call: Promise<GoValue>) {
    super('the template waits for an asynchronous call');
    this.call = call;
  }
}

interface EvaluatorDeps {
  readonly functions: FunctionTable;
  readonly meter: Meter;
  readonly answers: readonly CallAnswer[];
}

interface Variable {
  readonly name: string;
  value: GoValue;
}

/** No value comes in from the stage before; nil is a value. */
const MISSING = Symbol('missing');
type Final = GoValue | typeof MISSING;

/** One call as it stands in the template. */
interface CallSite {
  readonly dot: GoValue;
  /** Current again when the call fails. */
  readonly node: AnyNode;
  readonly name: string;
  readonly operands: readonly OperandNode[];
  readonly final: Final;
}

export class Evaluator {
  readonly #deps: EvaluatorDeps;
  #tree: TemplateTree;
  #node: AnyNode;
  #variables: Variable[] = [];
  #depth = 0;
  #asyncCalls = 0;

  constructor(deps: EvaluatorDeps, tree: TemplateTree) {
    this.#deps = deps;
    this.#tree = tree;
    this.#node = tree.root;
  }

  /** Makes `node` the place of the next error, and counts a step. */
  at(node: AnyNode): void {
    this.#node = node;
    this.#deps.meter.addSteps(1);
  }

  /** Runs `work` inside another definition, whose only variable is `$`. */
  inTemplate(tree: TemplateTree, dot: GoValue, work: () => void): void {
    const outer = { tree: this.#tree, variables: this.#variables };
    this.#tree = tree;
    this.#variables = [{ name: '$', value: dot }];
    work();
    this.#tree = outer.tree;
    this.#variables = outer.variables;
  }

  /** Runs `work` and forgets the variables that it declares. Its own failure ends the execution, so nothing is restored then. */
  scoped<T>(work: () => T): T {
    const height = this.#variables.length;
    this.enter();
    const result = work();
    this.leave();
    this.#variables.length = height;
    return result;
  }

  enter(): void {
    this.#depth++;
    if (this.#depth > DEPTH_MAX) {
      throw new LimitError(`template is nested deeper than ${DEPTH_MAX} while executing`);
    }
  }

  leave(): void {
    this.#depth--;
  }

  /** Sets the variable that was declared `back` places before the newest (1 is the newest). */
  setNewest(back: number, value: GoValue): void {
    const variable = this.#variables.at(-back);
    if (variable !== undefined) variable.value = value;
  }

  assign(name: string, value: GoValue): void {
    const variable = this.#variables.findLast((candidate) => candidate.name === name);
    if (variable === undefined) this.fail(`undefined variable: ${name}`);
    variable.value = value;
  }

  /** The value of a pipeline; its variables are declared or assigned on the way. */
  pipeline(dot: GoValue, pipe: PipeNode): GoValue {
    this.at(pipe);
    this.enter();
    let value: Final = MISSING;
    for (const command of pipe.commands) value = this.#command(dot, command, value);
    const result = value === MISSING ? undefined : value;
    for (const name of pipe.variables) {
      if (pipe.isAssignment) this.assign(name, result);
      else this.#variables.push({ name, value: result });
    }
    this.leave();
    return result;
  }

  fail(message: string, cause?: unknown): never {
    this.#throw('execute', message, cause);
  }

  /** A limit that was passed, as the error of the place where it happened. */
  failLimit(error: LimitError): never {
    this.#throw('limit', error.message, error);
  }

  #throw(reason: 'execute' | 'limit', message: string, cause: unknown): never {
    const { name, sourceName, source } = this.#tree;
    const place = placeOf(source, this.#node.index);
    const where = `${sourceName}:${place.line}:${place.column}`;
    throw new TemplateError(
      reason,
      `template: ${where}: executing ${quoteGo(name)} at <${contextOf(this.#node)}>: ${message}`,
      { templateName: sourceName, ...place },
      { cause },
    );
  }

  #command(dot: GoValue, command: CommandNode, final: Final): GoValue {
    const [first, ...operands] = command.operands;
    switch (first.kind) {
      case 'field':
      case 'chain':
      case 'variable':
        return this.#path(dot, first, operands, final);
      case 'identifier':
        return this.#function({ dot, node: command, name: first.name, operands, final }, first);
      case 'pipe':
        this.#assertAlone(first, operands, final);
        return this.pipeline(dot, first);
      case 'nil':
        this.at(first);
        this.#assertAlone(first, operands, final);
        return this.fail('nil is not a command');
      case 'dot':
      case 'bool':
      case 'number':
      case 'string':
        this.at(first);
        this.#assertAlone(first, operands, final);
        return first.kind === 'dot' ? dot : this.#literal(first, 'any');
    }
  }

  #assertAlone(first: OperandNode, operands: readonly OperandNode[], final: Final): void {
    if (operands.length > 0 || final !== MISSING) {
      this.fail(`can't give argument to non-function ${nodeText(first)}`);
    }
  }

  /** `.a.b`, `$x.a`, `(…).a`: only the last name of the path gets the arguments. */
  #path(
    dot: GoValue,
    node: OperandNode & { kind: 'field' | 'chain' | 'variable' },
    operands: readonly OperandNode[],
    final: Final,
  ): GoValue {
    this.at(node);
    let receiver = this.#base(dot, node);
    const lastIndex = node.path.length - 1;
    if (lastIndex < 0) {
      this.#assertAlone(node, operands, final);
      return receiver;
    }
    // A nil that came out of a map of anything is an error in a path, no value at all is not.
    let isInterface = false;
    for (const [i, name] of node.path.entries()) {
      if (receiver === undefined && isInterface) this.fail(`nil pointer evaluating interface {}.${name}`);
      isInterface = typeof receiver === 'object' && receiver.kind === 'map' && receiver.zero === undefined;
      const isLast = i === lastIndex;
      receiver = this.#field(receiver, {
        dot,
        node,
        name,
        operands: isLast ? operands : [],
        final: isLast ? final : MISSING,
      });
    }
    return receiver;
  }

  #base(dot: GoValue, node: OperandNode & { kind: 'field' | 'chain' | 'variable' }): GoValue {
    switch (node.kind) {
      case 'field':
        return dot;
      case 'variable': {
        const variable = this.#variables.findLast((candidate) => candidate.name === node.name);
        return variable === undefined ? this.fail(`undefined variable: ${node.name}`) : variable.value;
      }
      case 'chain':
        if (node.base.kind === 'nil') this.fail(`indirection through explicit nil in ${nodeText(node)}`);
        return this.#argument(dot, 'any', node.base);
    }
  }

  #field(receiver: GoValue, site: CallSite): GoValue {
    if (receiver === undefined) return undefined;
    const hasArguments = site.operands.length > 0 || site.final !== MISSING;
    if (typeof receiver === 'object' && receiver.kind !== 'function') {
      const method = receiver.methods?.get(site.name);
      if (method !== undefined) return this.#call(method, site);
      if (receiver.kind === 'struct' && receiver.fields.has(site.name)) {
        if (hasArguments) this.fail(`${site.name} has arguments but cannot be invoked as function`);
        return receiver.fields.get(site.name);
      }
      if (receiver.kind === 'map') {
        if (hasArguments) this.fail(`${site.name} is not a method but has arguments`);
        return receiver.entries.has(site.name) ? receiver.entries.get(site.name) : receiver.zero;
      }
    }
    return this.fail(`can't evaluate field ${site.name} in type ${typeNameOf(receiver)}`);
  }

  #function(site: CallSite, identifier: IdentifierNode): GoValue {
    this.at(identifier);
    const given = this.#deps.functions.get(site.name);
    const callee = given ?? BUILTINS.get(site.name);
    if (callee === undefined) return this.fail(`${quoteGo(site.name)} is not a defined function`);
    if (given === undefined && (site.name === 'and' || site.name === 'or'))
      return this.#shortCircuit(callee, site);
    return this.#call(callee, site);
  }

  /** The first argument that decides, or else the last. */
  #shortCircuit(callee: GoFunction, site: CallSite): GoValue {
    this.#assertCount(callee, site);
    let value: GoValue;
    for (const operand of site.operands) {
      value = this.#argument(site.dot, 'any', operand);
      if (isTruthy(value) === (site.name === 'or')) return value;
    }
    return site.final === MISSING ? value : site.final;
  }

  #call(callee: GoFunction, site: CallSite): GoValue {
    this.#assertCount(callee, site);
    const typeOf = (index: number): GoType => callee.parameters[index] ?? callee.rest ?? 'any';
    const args = site.operands.map((operand, i) => this.#argument(site.dot, typeOf(i), operand));
    if (site.final !== MISSING) args.push(this.#checked(site.final, typeOf(args.length)));
    const [first, ...rest] = args;
    const isCall = site.name === 'call' && callee === BUILTINS.get('call');
    if (isCall && typeof first === 'object' && first.kind === 'function')
      return this.#callValue(first, rest, site);
    return this.#invoke(callee, args, site);
  }

  /** The builtin `call`: a function that is a value. */
  #callValue(callee: GoFunction, args: readonly GoValue[], site: CallSite): GoValue {
    const want = callee.parameters.length;
    if (callee.rest === undefined ? args.length !== want : args.length < want) {
      const least = callee.rest === undefined ? '' : 'at least ';
      this.#failCall(site, `wrong number of args: got ${args.length} want ${least}${want}`);
    }
    for (const [i, arg] of args.entries()) {
      const type = callee.parameters[i] ?? callee.rest ?? 'any';
      if (!isAssignable(arg, type))
        this.#failCall(site, `arg ${i}: value has type ${typeNameOf(arg)}; should be ${type}`);
    }
    return this.#invoke(callee, args, site);
  }

  #assertCount(callee: GoFunction, site: CallSite): void {
    const got = site.operands.length + (site.final === MISSING ? 0 : 1);
    const want = callee.parameters.length;
    if (callee.rest !== undefined && got < want) {
      this.fail(`wrong number of args for ${site.name}: want at least ${want} got ${site.operands.length}`);
    }
    if (callee.rest === undefined && got !== want) {
      this.fail(`wrong number of args for ${site.name}: want ${want} got ${got}`);
    }
  }

  #invoke(callee: GoFunction, args: readonly GoValue[], site: CallSite): GoValue {
    const { meter } = this.#deps;
    for (const arg of args) if (typeof arg === 'string') meter.addCharacters(arg.length);
    try {
      const result = callee.isAsync ? this.#answer(() => callee.call(args, meter)) : callee.call(args, meter);
      if (typeof result === 'string') meter.addResult(result);
      return result;
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      return this.#failCall(site, error.message, error);
    }
  }

  #failCall(site: CallSite, message: string, cause?: unknown): never {
    this.#node = site.node;
    this.fail(`error calling ${site.name}: ${message}`, cause);
  }

  #answer(call: () => Promise<GoValue>): GoValue {
    const { answers, meter } = this.#deps;
    const answer = answers[this.#asyncCalls++];
    if (answer?.kind === 'value') return answer.value;
    if (answer?.kind === 'error') throw answer.error;
    const { asyncCallsMax } = meter.limits;
    if (this.#asyncCalls > asyncCallsMax) {
      throw new LimitError(`template asks more than ${asyncCallsMax} queries (limit asyncCallsMax)`);
    }
    throw new Suspension(call());
  }

  #argument(dot: GoValue, type: GoType, operand: OperandNode): GoValue {
    this.at(operand);
    switch (operand.kind) {
      case 'dot':
        return this.#checked(dot, type);
      case 'nil':
        return isNilable(type) ? undefined : this.fail(`cannot assign nil to ${goTypeName(type)}`);
      case 'field':
      case 'chain':
      case 'variable':
        return this.#checked(this.#path(dot, operand, [], MISSING), type);
      case 'pipe':
        return this.#checked(this.pipeline(dot, operand), type);
      case 'identifier': {
        const site = { dot, node: operand, name: operand.name, operands: [], final: MISSING } as const;
        return this.#checked(this.#function(site, operand), type);
      }
      case 'bool':
      case 'string':
      case 'number':
        return this.#literal(operand, type);
    }
  }

  #literal(node: OperandNode & { kind: 'bool' | 'string' | 'number' }, type: GoType): GoValue {
    switch (type) {
      case 'any':
        if (node.kind !== 'number') return node.value;
        if (node.ideal === 'float64') return node.float;
        return node.int ?? this.fail(`${node.source} overflows int`);
      case 'string':
        return node.kind === 'string' ? node.value : this.fail(`expected string; found ${nodeText(node)}`);
      case 'bool':
        return node.kind === 'bool' ? node.value : this.fail(`expected bool; found ${nodeText(node)}`);
      case 'int':
        if (node.kind === 'number' && node.int !== undefined) return node.int;
        return this.fail(`expected integer; found ${nodeText(node)}`);
      case 'float64':
        return node.kind === 'number' ? node.float : this.fail(`expected float; found ${nodeText(node)}`);
      case 'time.Duration':
        // A constant is of any type of whole numbers.
        if (node.kind === 'number' && node.int !== undefined) return goDuration(node.int);
        return this.fail(`expected integer; found ${nodeText(node)}`);
      default:
        return this.fail(`can't handle ${nodeText(node)} for arg of type ${goTypeName(type)}`);
    }
  }

  #checked(value: GoValue, type: GoType): GoValue {
    if (isAssignable(value, type)) return value;
    if (value === undefined) return this.fail(`invalid value; expected ${goTypeName(type)}`);
    return this.fail(`wrong type for value; expected ${goTypeName(type)}; got ${typeNameOf(value)}`);
  }
}

function contextOf(node: AnyNode): string {
  const text = nodeText(node);
  return text.length <= ERROR_CONTEXT_CHARACTERS_MAX
    ? text
    : `${text.slice(0, ERROR_CONTEXT_CHARACTERS_MAX)}...`;
}

function isAssignable(value: GoValue, type: GoType): boolean {
  if (type === 'any') return true;
  if (value === undefined) return isNilable(type);
  const name = typeNameOf(value);
  // A pointer does for what it points to.
  return name === type || (typeof value === 'object' && value.kind === 'struct' && name === `*${type}`);
}

const NEVER_NIL: ReadonlySet<GoType> = new Set([
  'string',
  'bool',
  'int',
  'float64',
  'time.Time',
  'time.Duration',
]);

/** Parameters of other types are slices, maps, pointers and interfaces. */
function isNilable(type: GoType): boolean {
  return !NEVER_NIL.has(type);
}

function goTypeName(type: GoType): string {
  return type === 'any' ? 'interface {}' : type;
}
