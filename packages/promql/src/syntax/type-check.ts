import {
  isComparison,
  isSetOp,
  type Aggregation,
  type Binary,
  type Call,
  type Expr,
  type Position,
  type Subquery,
  type Unary,
  type ValueType,
} from './ast.ts';
import { quoteGo } from './go-quote.ts';
import { SIGNATURES, type Signature } from './signatures.ts';
import { syntaxError } from './syntax-error.ts';

/** The rules on types, applied to each node as the parser makes it. Texts are upstream's. */

/** The type an expression evaluates to. */
export function typeOf(expr: Expr): ValueType {
  switch (expr.kind) {
    case 'number':
      return 'scalar';
    case 'string':
      return 'string';
    case 'vector':
    case 'aggregation':
      return 'vector';
    case 'matrix':
    case 'subquery':
      return 'matrix';
    case 'call':
      return SIGNATURES.get(expr.name)?.returns ?? 'vector';
    case 'paren':
    case 'unary':
      return typeOf(expr.expr);
    case 'binary':
      return typeOf(expr.left) === 'scalar' && typeOf(expr.right) === 'scalar' ? 'scalar' : 'vector';
  }
}

/** A type in upstream's words. */
function documentedType(type: ValueType): string {
  return type === 'vector' ? 'instant vector' : type === 'matrix' ? 'range vector' : type;
}

export function checkCall(call: Call): void {
  const signature = SIGNATURES.get(call.name);
  if (signature === undefined)
    throw syntaxError(call.position, `unknown function with name ${quoteGo(call.name)}`);
  checkArgumentCount(call, signature);
  for (const [i, arg] of call.args.entries()) {
    const want = signature.args[Math.min(i, signature.args.length - 1)] ?? 'vector';
    expectType(arg, want, `call to function ${quoteGo(call.name)}`);
  }
}

function checkArgumentCount(call: Call, { args, optional }: Signature): void {
  const got = call.args.length;
  const tail = `argument(s) in call to ${quoteGo(call.name)}, got ${got}`;
  if (optional === 0 && got !== args.length)
    throw syntaxError(call.position, `expected ${args.length} ${tail}`);
  if (optional > 0 && got < args.length - 1)
    throw syntaxError(call.position, `expected at least ${args.length - 1} ${tail}`);
  const countMax = args.length - 1 + optional;
  if (optional > 0 && got > countMax)
    throw syntaxError(call.position, `expected at most ${countMax} ${tail}`);
}

export function checkAggregation(node: Aggregation): void {
  expectType(node.expr, 'vector', 'aggregation expression');
  if (node.param === undefined) return;
  expectType(node.param, node.op === 'count_values' ? 'string' : 'scalar', 'aggregation parameter');
}

export function checkUnary(node: Unary): void {
  const type = typeOf(node.expr);
  if (type === 'scalar' || type === 'vector') return;
  throw syntaxError(
    node.position,
    `unary expression only allowed on expressions of type scalar or instant vector, got ${quoteGo(documentedType(type))}`,
  );
}

export function checkSubquery(node: Subquery): void {
  const type = typeOf(node.expr);
  if (type === 'vector') return;
  throw syntaxError(node.position, `subquery is only allowed on instant vector, got ${documentedType(type)}`);
}

/** Checks a binary expression and drops a matching clause that means nothing between scalars. */
export function checkBinary(node: Binary, opPosition: Position): Binary {
  const left = typeOf(node.left);
  const right = typeOf(node.right);
  if (node.isBool && !isComparison(node.op))
    throw syntaxError(opPosition, 'bool modifier can only be used on comparison operators');
  if (isComparison(node.op) && !node.isBool && left === 'scalar' && right === 'scalar')
    throw syntaxError(opPosition, 'comparisons between scalars must use BOOL modifier');
  checkMatchingLabels(node, opPosition);
  for (const side of [node.left, node.right])
    if (typeOf(side) !== 'scalar' && typeOf(side) !== 'vector')
      throw syntaxError(side.position, 'binary expression must contain only scalar and instant vector types');
  if (left === 'vector' && right === 'vector') return checkSetOperation(node, opPosition);
  if ((node.matching?.labels.length ?? 0) > 0)
    throw syntaxError(opPosition, 'vector matching only allowed between instant vectors');
  if (isSetOp(node.op))
    throw syntaxError(opPosition, `set operator ${quoteGo(node.op)} not allowed in binary scalar expression`);
  return { ...node, matching: undefined };
}

function checkMatchingLabels({ matching }: Binary, opPosition: Position): void {
  if (matching === undefined || !matching.isOn) return;
  for (const label of matching.labels)
    if (matching.include.includes(label))
      throw syntaxError(opPosition, `label ${quoteGo(label)} must not occur in ON and GROUP clause at once`);
}

function checkSetOperation(node: Binary, opPosition: Position): Binary {
  if (!isSetOp(node.op)) return node;
  const cardinality = node.matching?.cardinality;
  if (cardinality === 'many-to-one' || cardinality === 'one-to-many')
    throw syntaxError(opPosition, `no grouping allowed for ${quoteGo(node.op)} operation`);
  return node;
}

function expectType(expr: Expr, want: ValueType, context: string): void {
  const got = typeOf(expr);
  if (got !== want)
    throw syntaxError(
      expr.position,
      `expected type ${documentedType(want)} in ${context}, got ${documentedType(got)}`,
    );
}
