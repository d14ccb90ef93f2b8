import { METRIC_NAME } from '@vedette/model';
import {
  hasFill,
  isComparison,
  isSetOp,
  type Aggregation,
  type Binary,
  type Call,
  type Expr,
  type Subquery,
  type Unary,
  type ValueType,
  type VectorSelector,
} from './ast.ts';
import { quoteGo } from './go-quote.ts';
import { SIGNATURES, type Signature } from './signatures.ts';
import { syntaxError } from './syntax-error.ts';

/**
 * The rules on types, applied to a whole tree: children first, left to right, so that the first fault
 * reported is the one that Prometheus reports. Texts are upstream's.
 */

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

/** Checks a tree and drops matching clauses that mean nothing between scalars. Throws at the first fault. */
export function checkTypes(expr: Expr): Expr {
  switch (expr.kind) {
    case 'number':
    case 'string':
      return expr;
    case 'vector':
      checkSelector(expr);
      return expr;
    case 'matrix':
      checkSelector(expr.selector);
      return expr;
    case 'subquery':
      return checkSubquery({ ...expr, expr: checkTypes(expr.expr) });
    case 'call':
      return checkCall(expr);
    case 'aggregation':
      return checkAggregation(expr);
    case 'binary':
      return checkBinary({ ...expr, left: checkTypes(expr.left), right: checkTypes(expr.right) });
    case 'unary':
      return checkUnary({ ...expr, expr: checkTypes(expr.expr) });
    case 'paren':
      return { ...expr, expr: checkTypes(expr.expr) };
  }
}

function checkSelector({ name, matchers, position }: VectorSelector): void {
  if (name === undefined) {
    if (matchers.every((matcher) => matcher.matches('')))
      throw syntaxError(position, 'vector selector must contain at least one non-empty matcher');
    return;
  }
  const again = matchers.slice(0, -1).find((matcher) => matcher.name === METRIC_NAME);
  if (again !== undefined)
    throw syntaxError(
      position,
      `metric name must not be set twice: ${quoteGo(name)} or ${quoteGo(again.value)}`,
    );
}

function checkCall(call: Call): Call {
  const signature = SIGNATURES.get(call.name);
  if (signature === undefined)
    throw syntaxError(call.position, `unknown function with name ${quoteGo(call.name)}`);
  checkArgumentCount(call, signature);
  const [, labelSelector] = call.args;
  if (call.name === 'info' && labelSelector !== undefined) checkLabelSelector(call, labelSelector);
  const context = `call to function ${quoteGo(call.name)}`;
  const args = call.args.map((arg, i) => {
    if (call.name === 'info' && i === 1) return arg;
    return expectType(arg, signature.args[Math.min(i, signature.args.length - 1)] ?? 'vector', context);
  });
  return { ...call, args };
}

/** The second argument of info: only braces, which may be empty. */
function checkLabelSelector(call: Call, arg: Expr): void {
  if (typeOf(arg) !== 'vector')
    throw syntaxError(
      call.position,
      `expected type instant vector in call to function "info", got ${documentedType(typeOf(arg))}`,
    );
  if (arg.kind !== 'vector') throw syntaxError(arg.position, 'expected label selectors only');
  if (arg.name !== undefined)
    throw syntaxError(arg.position, 'expected label selectors only, got vector selector instead');
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

function checkAggregation(node: Aggregation): Aggregation {
  const expr = expectType(node.expr, 'vector', 'aggregation expression');
  if (node.param === undefined) return { ...node, expr };
  const wanted = node.op === 'count_values' ? 'string' : 'scalar';
  return { ...node, expr, param: expectType(node.param, wanted, 'aggregation parameter') };
}

function checkUnary(node: Unary): Unary {
  const type = typeOf(node.expr);
  if (type === 'scalar' || type === 'vector') return node;
  throw syntaxError(
    node.position,
    `unary expression only allowed on expressions of type scalar or instant vector, got ${quoteGo(documentedType(type))}`,
  );
}

function checkSubquery(node: Subquery): Subquery {
  const type = typeOf(node.expr);
  if (type === 'vector') return node;
  throw syntaxError(node.position, `subquery is only allowed on instant vector, got ${type} instead`);
}

function checkBinary(node: Binary): Binary {
  const left = typeOf(node.left);
  const right = typeOf(node.right);
  if (node.isBool && !isComparison(node.op))
    throw syntaxError(node.opPosition, 'bool modifier can only be used on comparison operators');
  if (isComparison(node.op) && !node.isBool && left === 'scalar' && right === 'scalar')
    throw syntaxError(node.opPosition, 'comparisons between scalars must use BOOL modifier');
  checkMatchingLabels(node);
  for (const side of [node.left, node.right])
    if (typeOf(side) !== 'scalar' && typeOf(side) !== 'vector')
      throw syntaxError(side.position, 'binary expression must contain only scalar and instant vector types');
  if (left === 'vector' && right === 'vector') return checkSetOperation(node);
  if ((node.matching?.labels.length ?? 0) > 0)
    throw syntaxError(node.position, 'vector matching only allowed between instant vectors');
  if (hasFill(node))
    throw syntaxError(node.position, 'filling in missing series only allowed between instant vectors');
  if (isSetOp(node.op))
    throw syntaxError(
      node.position,
      `set operator ${quoteGo(node.op)} not allowed in binary scalar expression`,
    );
  return { ...node, matching: undefined };
}

function checkMatchingLabels({ matching, opPosition }: Binary): void {
  if (matching === undefined || !matching.isOn) return;
  for (const label of matching.labels)
    if (matching.include.includes(label))
      throw syntaxError(opPosition, `label ${quoteGo(label)} must not occur in ON and GROUP clause at once`);
}

function checkSetOperation(node: Binary): Binary {
  if (!isSetOp(node.op)) return node;
  if (node.matching?.cardinality !== 'many-to-many')
    throw syntaxError(node.position, `no grouping allowed for ${quoteGo(node.op)} operation`);
  if (hasFill(node))
    throw syntaxError(node.position, 'filling in missing series not allowed for set operators');
  return node;
}

function expectType(expr: Expr, want: ValueType, context: string): Expr {
  const checked = checkTypes(expr);
  const got = typeOf(checked);
  if (got === want) return checked;
  throw syntaxError(
    expr.position,
    `expected type ${documentedType(want)} in ${context}, got ${documentedType(got)}`,
  );
}
