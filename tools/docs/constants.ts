import { parseSync, type Comment, type Expression, type Node, type Program } from 'oxc-parser';

/**
 * Reads the constants of a module with their values and the comments above them, without running it.
 *
 * 1. Top-level `const NAME = …`, exported or not, and the entries of top-level `const NAME = { … }`,
 *    which are named `NAME.entry`.
 * 2. Values are evaluated when they are arithmetic on numbers and on constants of the same file.
 *    BigInts and calls are not: nothing that limits input is written with them.
 * 3. The comment is the one that ends on the line above. A constant directly below another one
 *    shares its comment, an entry has that of its table. The essay that opens a module is no comment
 *    on the constant that happens to stand below it.
 */
export interface Constant {
  readonly name: string;
  readonly value: number;
  /** From 1. */
  readonly line: number;
  /** Without the comment signs, on one line; empty without one. */
  readonly comment: string;
}

interface Declared {
  readonly name: string;
  readonly init: Expression;
  readonly start: number;
  /** Where the table begins whose entry this is. */
  readonly container?: number;
}

export function readConstants(file: string, text: string): Constant[] {
  const { program, comments } = parseSync(file, text);
  const commentOf = createCommentFinder(text, comments);
  const values = new Map<string, number>();
  const found: Constant[] = [];
  let above = { line: 0, comment: '' };
  for (const { name, init, start, container } of declaredIn(program)) {
    const { line, comment: own } = commentOf(start);
    const isBelow = container === undefined && above.line === line - 1;
    const comment =
      own !== ''
        ? own
        : container !== undefined
          ? commentOf(container).comment
          : isBelow
            ? above.comment
            : '';
    if (container === undefined) above = { line, comment };
    const value = evaluate(init, values);
    if (value === undefined) continue;
    values.set(name, value);
    found.push({ name, value, line, comment });
  }
  return found;
}

/** What the module says of its constant `name`: the comment above it, else the one that opens the module. */
export function findDescription(file: string, text: string, name: string): string | undefined {
  const { program, comments } = parseSync(file, text);
  const found = declaredIn(program).find((declared) => declared.name === name);
  if (found === undefined) return undefined;
  const above = comments.findLast(
    ({ end, type }) => type === 'Block' && end <= found.start && text.slice(end, found.start).trim() === '',
  );
  const comment = above ?? comments[0];
  return comment === undefined ? undefined : textOf(comment);
}

function declaredIn(program: Program): Declared[] {
  return program.body.flatMap((statement) => {
    const declaration = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement;
    if (declaration?.type !== 'VariableDeclaration' || declaration.kind !== 'const') return [];
    return declaration.declarations.flatMap(({ id, init }) => {
      if (id.type !== 'Identifier' || init === null) return [];
      const inner = withoutTypes(init);
      return [
        { name: id.name, init: inner, start: statement.start },
        ...(inner.type === 'ObjectExpression' ? entriesOf(id.name, inner, statement.start) : []),
      ];
    });
  });
}

type ObjectLiteral = Extract<Expression, { type: 'ObjectExpression' }>;

function entriesOf(name: string, object: ObjectLiteral, container: number): Declared[] {
  return object.properties.flatMap((property) => {
    if (property.type !== 'Property' || property.computed || property.key.type !== 'Identifier') return [];
    const init = withoutTypes(property.value);
    return [{ name: `${name}.${property.key.name}`, init, start: property.start, container }];
  });
}

function withoutTypes(expression: Expression): Expression {
  return expression.type === 'TSAsExpression' || expression.type === 'TSSatisfiesExpression'
    ? withoutTypes(expression.expression)
    : expression;
}

/** The number that an expression is; `undefined` for everything that is no arithmetic. */
function evaluate(node: Node, values: ReadonlyMap<string, number>): number | undefined {
  if (node.type === 'Literal') return typeof node.value === 'number' ? node.value : undefined;
  if (node.type === 'Identifier') return values.get(node.name);
  if (node.type === 'ParenthesizedExpression') return evaluate(node.expression, values);
  if (node.type === 'UnaryExpression') {
    const operand = evaluate(node.argument, values);
    return node.operator === '-' && operand !== undefined ? -operand : undefined;
  }
  if (node.type !== 'BinaryExpression') return undefined;
  const left = evaluate(node.left, values);
  const right = evaluate(node.right, values);
  return left === undefined || right === undefined ? undefined : OPERATORS[node.operator]?.(left, right);
}

const OPERATORS: Readonly<Record<string, (left: number, right: number) => number>> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / right,
  '**': (left, right) => left ** right,
};

// Above this a comment over the first statement of a module is about the module.
const ESSAY_LINES_MIN = 6;

function createCommentFinder(
  text: string,
  comments: readonly Comment[],
): (start: number) => { readonly line: number; readonly comment: string } {
  const lineStarts = [0, ...[...text.matchAll(/\n/g)].map((match) => match.index + 1)];
  const lineOf = (offset: number): number => lineStarts.findLastIndex((start) => start <= offset) + 1;
  const isAlone = ({ start }: Comment): boolean =>
    text.slice(lineStarts[lineOf(start) - 1], start).trim() === '';
  const isEssay = ({ start, end }: Comment): boolean =>
    lineOf(end - 1) - lineOf(start) + 1 >= ESSAY_LINES_MIN && comments.every((other) => other.start >= start);
  const byLastLine = new Map(
    comments
      .filter((comment) => isAlone(comment) && !isEssay(comment))
      .map((comment) => [lineOf(comment.end - 1), comment]),
  );
  return (start) => {
    const line = lineOf(start);
    const parts: string[] = [];
    for (let at = line - 1, found = byLastLine.get(at); found !== undefined; found = byLastLine.get(at)) {
      parts.unshift(textOf(found));
      at = lineOf(found.start) - 1;
    }
    return { line, comment: parts.join(' ') };
  };
}

function textOf({ value }: Comment): string {
  return value
    .split('\n')
    .map((line) => line.replace(/^\s*\*?\s*/, '').trim())
    .filter((line) => line !== '')
    .join(' ');
}
