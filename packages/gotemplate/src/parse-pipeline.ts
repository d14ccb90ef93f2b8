/** The inside of actions: pipelines, their declarations, commands and operands. */
import type { ChainNode, CommandNode, OperandNode, PipeNode } from './ast.ts';
import { nodeText } from './ast.ts';
import { NESTING_MAX, VARIABLES_MAX } from './limits.ts';
import type { Token, TokenKind } from './lex.ts';
import { readNumber } from './number-literal.ts';
import { quoteGo } from './quote.ts';
import type { TokenStream } from './token-stream.ts';

interface PipelineRequest {
  /** What Go calls the place in its messages. */
  readonly context: string;
  readonly end: 'rightDelimiter' | 'rightParen';
  /** Variables in sight; declarations are added. */
  readonly variables: string[];
}

const OPERAND_STARTS = [
  'bool',
  'charConstant',
  'complex',
  'dot',
  'field',
  'identifier',
  'number',
  'nil',
  'rawString',
  'string',
  'variable',
  'leftParen',
] as const satisfies TokenKind[];

function isOperandStart(kind: TokenKind): kind is (typeof OPERAND_STARTS)[number] {
  return (OPERAND_STARTS as readonly TokenKind[]).includes(kind);
}

/** Operands that cannot take the value of the stage before. */
const NOT_EXECUTABLE: ReadonlySet<string> = new Set(['bool', 'dot', 'nil', 'number', 'string']);

export class PipelineParser {
  readonly #tokens: TokenStream;
  readonly #functionNames: ReadonlySet<string>;
  #nesting = 0;

  constructor(tokens: TokenStream, functionNames: ReadonlySet<string>) {
    this.#tokens = tokens;
    this.#functionNames = functionNames;
  }

  /** Reads up to and including the `end` token. */
  parse(request: PipelineRequest): PipeNode {
    const { index } = this.#tokens.peekNonSpace();
    const { variables, isAssignment } = this.#declarations(request);
    const commands: CommandNode[] = [];
    for (;;) {
      const token = this.#tokens.nextNonSpace();
      if (token.kind === request.end) break;
      if (!isOperandStart(token.kind)) this.#tokens.unexpected(token, request.context);
      this.#tokens.push(token);
      commands.push(this.#command(request.variables));
    }
    this.#assertExecutable(commands, request.context);
    return { kind: 'pipe', index, variables, isAssignment, commands };
  }

  #assertExecutable(commands: readonly CommandNode[], context: string): void {
    if (commands.length === 0) this.#tokens.fail(`missing value for ${context}`);
    for (const [i, command] of commands.entries()) {
      if (i > 0 && NOT_EXECUTABLE.has(command.operands[0].kind)) {
        this.#tokens.fail(`non executable command in pipeline stage ${i + 1}`);
      }
    }
  }

  /** `$x :=`, `$x =`, and in `range` also `$i, $x :=`. */
  #declarations(request: PipelineRequest): { variables: string[]; isAssignment: boolean } {
    const variables: string[] = [];
    for (;;) {
      const variable = this.#tokens.peekNonSpace();
      if (variable.kind !== 'variable') return { variables, isAssignment: false };
      this.#tokens.next();
      const follower = this.#tokens.peek();
      const operator = this.#tokens.peekNonSpace();
      if (operator.kind === 'assign' || operator.kind === 'declare') {
        this.#tokens.nextNonSpace();
        variables.push(variable.text);
        this.#declare(request, variable.text);
        return { variables, isAssignment: operator.kind === 'assign' };
      }
      if (operator.kind !== 'char' || operator.text !== ',') {
        // No declaration after all: the variable is the first operand, and the space after it matters.
        if (follower.kind === 'space') this.#tokens.push(follower);
        this.#tokens.push(variable);
        return { variables, isAssignment: false };
      }
      this.#tokens.nextNonSpace();
      variables.push(variable.text);
      this.#declare(request, variable.text);
      this.#assertAnotherVariable(request.context, variables.length);
    }
  }

  #declare(request: PipelineRequest, name: string): void {
    if (request.variables.length >= VARIABLES_MAX) {
      this.#tokens.failLimit(`more than ${VARIABLES_MAX} variables are in sight`);
    }
    request.variables.push(name);
  }

  #assertAnotherVariable(context: string, count: number): void {
    if (context !== 'range' || count >= 2) this.#tokens.fail(`too many declarations in ${context}`);
    const { kind } = this.#tokens.peekNonSpace();
    if (kind !== 'variable' && kind !== 'rightDelimiter' && kind !== 'rightParen') {
      this.#tokens.fail('range can only initialize variables');
    }
  }

  /** Operands up to `|` or the end of the pipeline, which is left in place. */
  #command(variables: string[]): CommandNode {
    const { index } = this.#tokens.peekNonSpace();
    const operands: OperandNode[] = [];
    for (;;) {
      this.#tokens.peekNonSpace();
      const operand = this.#operand(variables);
      if (operand !== undefined) operands.push(operand);
      const token = this.#tokens.next();
      if (token.kind === 'space') continue;
      if (token.kind === 'rightDelimiter' || token.kind === 'rightParen') this.#tokens.push(token);
      else if (token.kind !== 'pipe') this.#tokens.unexpected(token, 'operand');
      break;
    }
    const [first, ...rest] = operands;
    if (first === undefined) return this.#tokens.fail('empty command');
    return { kind: 'command', index, operands: [first, ...rest] };
  }

  /** A term and the fields after it: `.a.b`, `$x.a`, `(pipeline).a`. */
  #operand(variables: string[]): OperandNode | undefined {
    const term = this.#term(variables);
    if (term === undefined || this.#tokens.peek().kind !== 'field') return term;
    const { index } = this.#tokens.peek();
    const path: string[] = [];
    while (this.#tokens.peek().kind === 'field') path.push(this.#tokens.next().text.slice(1));
    switch (term.kind) {
      case 'field':
        return { ...term, index, path: [...term.path, ...path] };
      case 'variable':
        return { ...term, index, path };
      case 'bool':
      case 'string':
      case 'number':
      case 'nil':
      case 'dot':
        return this.#tokens.fail(`unexpected . after term ${quoteGo(nodeText(term))}`);
      case 'pipe':
      case 'identifier':
      case 'chain':
        return { kind: 'chain', index, base: term, path } satisfies ChainNode;
    }
  }

  #term(variables: string[]): OperandNode | undefined {
    const token = this.#tokens.nextNonSpace();
    const { kind, index, text } = token;
    if (!isOperandStart(kind)) {
      this.#tokens.push(token);
      return undefined;
    }
    switch (kind) {
      case 'identifier':
        if (!this.#functionNames.has(text)) this.#tokens.fail(`function ${quoteGo(text)} not defined`);
        return { kind: 'identifier', index, name: text };
      case 'dot':
      case 'nil':
        return { kind, index };
      case 'variable':
        if (!variables.includes(text)) this.#tokens.fail(`undefined variable ${quoteGo(text)}`);
        return { kind: 'variable', index, name: text, path: [] };
      case 'field':
        return { kind: 'field', index, path: [text.slice(1)] };
      case 'bool':
        return { kind: 'bool', index, value: text === 'true' };
      case 'charConstant':
      case 'complex':
      case 'number':
        return this.#number(token);
      case 'leftParen':
        return this.#parenthesized(variables);
      case 'string':
      case 'rawString':
        return { kind: 'string', index, source: text, value: this.#tokens.unquote(token) };
    }
  }

  #number(token: Token): OperandNode {
    const number = readNumber(token.text);
    if (typeof number === 'string') return this.#tokens.fail(number);
    return { kind: 'number', index: token.index, source: token.text, ...number };
  }

  #parenthesized(variables: string[]): OperandNode {
    this.#nesting++;
    if (this.#nesting > NESTING_MAX)
      this.#tokens.failLimit(`parentheses are nested deeper than ${NESTING_MAX}`);
    const pipe = this.parse({ context: 'parenthesized pipeline', end: 'rightParen', variables });
    this.#nesting--;
    return pipe;
  }
}
