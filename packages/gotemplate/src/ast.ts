/** The tree of a parsed template, and its text: Go's error messages show the piece of the tree that failed. */
import { quoteGo } from './quote.ts';

interface Placed {
  /** Index into the text of the file the template came from. */
  readonly index: number;
}

export interface ListNode extends Placed {
  readonly kind: 'list';
  readonly nodes: Node[];
}
interface TextNode extends Placed {
  readonly kind: 'text';
  readonly text: string;
}
interface ActionNode extends Placed {
  readonly kind: 'action';
  readonly pipe: PipeNode;
}
export interface BranchNode extends Placed {
  readonly kind: 'if' | 'with' | 'range';
  readonly pipe: PipeNode;
  readonly list: ListNode;
  readonly elseList: ListNode | undefined;
}
export interface TemplateNode extends Placed {
  readonly kind: 'template';
  readonly name: string;
  readonly pipe: PipeNode | undefined;
}
interface JumpNode extends Placed {
  readonly kind: 'break' | 'continue';
}
/** Ends a list; never part of a finished tree. */
export type EndNode = Marker<'end'> | Marker<'else'>;

interface Marker<Kind extends string> extends Placed {
  readonly kind: Kind;
}
export interface PipeNode extends Placed {
  readonly kind: 'pipe';
  /** Variables with their dollar sign: at most two, and two only in `range`. */
  readonly variables: readonly string[];
  /** `=` instead of `:=`. */
  readonly isAssignment: boolean;
  readonly commands: readonly CommandNode[];
}
export interface CommandNode extends Placed {
  readonly kind: 'command';
  readonly operands: readonly [OperandNode, ...OperandNode[]];
}
interface FieldNode extends Placed {
  readonly kind: 'field';
  readonly path: readonly string[];
}
interface VariableNode extends Placed {
  readonly kind: 'variable';
  /** With its dollar sign. */
  readonly name: string;
  readonly path: readonly string[];
}
export interface ChainNode extends Placed {
  readonly kind: 'chain';
  readonly base: OperandNode;
  readonly path: readonly string[];
}
export interface IdentifierNode extends Placed {
  readonly kind: 'identifier';
  readonly name: string;
}
interface BoolNode extends Placed {
  readonly kind: 'bool';
  readonly value: boolean;
}
interface StringNode extends Placed {
  readonly kind: 'string';
  readonly source: string;
  readonly value: string;
}
export interface NumberNode extends Placed {
  readonly kind: 'number';
  readonly source: string;
  /** Absent when the constant is not a whole number within 64 bits. */
  readonly int: bigint | undefined;
  readonly float: number;
  /** What the constant is where any type will do. */
  readonly ideal: 'int' | 'float64';
}
type PlainNode = Marker<'dot'> | Marker<'nil'>;

export type OperandNode =
  | PipeNode
  | FieldNode
  | VariableNode
  | ChainNode
  | IdentifierNode
  | BoolNode
  | StringNode
  | NumberNode
  | PlainNode;

export type Node = TextNode | ActionNode | BranchNode | TemplateNode | JumpNode;
export type AnyNode = Node | ListNode | EndNode | CommandNode | OperandNode;

/** One definition: its body and the file text that positions refer to. */
export interface TemplateTree {
  readonly name: string;
  /** The name of the whole text, which Go prints before the position. */
  readonly sourceName: string;
  readonly source: string;
  readonly root: ListNode;
}

/** The node as Go would print it: normalised source text. */
export function nodeText(node: AnyNode): string {
  switch (node.kind) {
    case 'list':
      return node.nodes.map(nodeText).join('');
    case 'text':
      return node.text;
    case 'action':
      return `{{${nodeText(node.pipe)}}}`;
    case 'if':
    case 'with':
    case 'range':
      return branchText(node);
    case 'template':
      return `{{template ${quoteGo(node.name)}${node.pipe === undefined ? '' : ` ${nodeText(node.pipe)}`}}}`;
    case 'break':
    case 'continue':
    case 'end':
    case 'else':
      return `{{${node.kind}}}`;
    case 'command':
      return node.operands.map(operandText).join(' ');
    case 'pipe':
      return pipeText(node);
    case 'field':
      return pathText(node.path);
    case 'variable':
      return node.name + pathText(node.path);
    case 'chain':
      return operandText(node.base) + pathText(node.path);
    case 'identifier':
      return node.name;
    case 'bool':
      return String(node.value);
    case 'string':
    case 'number':
      return node.source;
    case 'dot':
      return '.';
    case 'nil':
      return 'nil';
  }
}

function branchText(node: BranchNode): string {
  const otherwise = node.elseList === undefined ? '' : `{{else}}${nodeText(node.elseList)}`;
  return `{{${node.kind} ${nodeText(node.pipe)}}}${nodeText(node.list)}${otherwise}{{end}}`;
}

function pipeText(node: PipeNode): string {
  const commands = node.commands.map(nodeText).join(' | ');
  if (node.variables.length === 0) return commands;
  return `${node.variables.join(', ')} ${node.isAssignment ? '=' : ':='} ${commands}`;
}

function operandText(node: OperandNode): string {
  return node.kind === 'pipe' ? `(${nodeText(node)})` : nodeText(node);
}

function pathText(path: readonly string[]): string {
  return path.map((name) => `.${name}`).join('');
}
