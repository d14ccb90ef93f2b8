import { compareUtf8, formatDurationMs } from '@vedette/model';
import type {
  Aggregation,
  Binary,
  DurationExpr,
  DurationOperand,
  Expr,
  FillValues,
  MatrixSelector,
  NumberLiteral,
  Subquery,
  TimeShift,
  VectorSelector,
} from './ast.ts';
import { quoteGo } from './go-quote.ts';
import { formatPlainNumber } from './numbers.ts';

/**
 * Prints an expression in one line, in the form that Prometheus prints. Parsing the text gives the
 * same tree again, positions aside.
 */
export function printExpr(expr: Expr): string {
  switch (expr.kind) {
    case 'number':
      return printNumber(expr);
    case 'string':
      return quoteGo(expr.value);
    case 'vector':
      return printSelector(expr) + printAt(expr) + printExtension(expr) + printOffset(expr);
    case 'matrix':
      return printMatrix(expr);
    case 'subquery':
      return printExpr(expr.expr) + printSubqueryTimes(expr);
    case 'call':
      return `${expr.name}(${expr.args.map(printExpr).join(', ')})`;
    case 'aggregation':
      return `${printAggregationHead(expr)}(${aggregationArgs(expr).map(printExpr).join(', ')})`;
    case 'binary':
      return printBinary(expr);
    case 'unary':
      return `${expr.op}${printExpr(expr.expr)}`;
    case 'paren':
      return `(${printExpr(expr.expr)})`;
  }
}

function printNumber({ value, isDuration }: NumberLiteral): string {
  if (!isDuration) return formatPlainNumber(value);
  return `${value < 0 ? '-' : ''}${formatDurationMs(Math.round(Math.abs(value) * 1000))}`;
}

const LEGACY_METRIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LEGACY_LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

function printSelector({ name, matchers }: VectorSelector): string {
  // The name written before the braces is the last matcher.
  const inBraces = name === undefined ? matchers : matchers.slice(0, -1);
  const parts = inBraces.map((matcher) => {
    const label = LEGACY_LABEL_NAME.test(matcher.name) ? matcher.name : quoteGo(matcher.name);
    return `${label}${matcher.op}${quoteGo(matcher.value)}`;
  });
  const braces = parts.length > 0 ? `{${parts.sort(compareUtf8).join(',')}}` : '';
  // Only the label selector of info may be empty.
  return `${name ?? ''}${braces}` || '{}';
}

function printMatrix({ selector, rangeMs, rangeExpr }: MatrixSelector): string {
  const times = printExtension(selector) + printAt(selector) + printOffset(selector);
  return `${printSelector(selector)}[${printDuration(rangeMs, rangeExpr)}]${times}`;
}

/** `[range:step] @ time offset duration` of a subquery. */
export function printSubqueryTimes(subquery: Subquery): string {
  const { rangeMs, rangeExpr, stepMs, stepExpr } = subquery;
  const step = stepMs === undefined && stepExpr === undefined ? '' : printDuration(stepMs ?? 0, stepExpr);
  return `[${printDuration(rangeMs, rangeExpr)}:${step}]${printAt(subquery)}${printOffset(subquery)}`;
}

function printExtension({ extension }: VectorSelector): string {
  return extension === undefined ? '' : ` ${extension}`;
}

function printAt({ at }: TimeShift): string {
  if (at === undefined) return '';
  return at.kind === 'time' ? ` @ ${(at.timestampMs / 1000).toFixed(3)}` : ` @ ${at.kind}()`;
}

function printOffset({ offsetMs, offsetExpr }: TimeShift): string {
  if (offsetExpr === undefined && offsetMs === 0) return '';
  return ` offset ${printDuration(offsetMs, offsetExpr)}`;
}

function printDuration(durationMs: number, expr: DurationExpr | undefined): string {
  if (expr !== undefined) return printOperand(expr);
  return `${durationMs < 0 ? '-' : ''}${formatDurationMs(Math.abs(durationMs))}`;
}

function printOperand(operand: DurationOperand): string {
  switch (operand.kind) {
    case 'number':
      return printNumber(operand);
    case 'duration-value':
      return `${operand.name}()`;
    case 'duration-extreme':
      return `${operand.name}(${printOperand(operand.left)}, ${printOperand(operand.right)})`;
    case 'duration-sign':
      return `-${printOperand(operand.expr)}`;
    case 'duration-binary':
      return `${printOperand(operand.left)} ${operand.op} ${printOperand(operand.right)}`;
    case 'duration-paren':
      return `(${printOperand(operand.expr)})`;
  }
}

/** The operator and its grouping: `sum by (job) `. */
export function printAggregationHead({ op, grouping, isWithout }: Aggregation): string {
  if (isWithout) return `${op} without ${printLabels(grouping)} `;
  return grouping.length > 0 ? `${op} by ${printLabels(grouping)} ` : op;
}

/** What stands between the brackets, in source order. */
export function aggregationArgs({ param, expr }: Aggregation): readonly Expr[] {
  return param === undefined ? [expr] : [param, expr];
}

function printBinary(node: Binary): string {
  const { left, right } = node;
  // With its sign it would be read as a sign before a power.
  const isInfiniteBase = node.op === '^' && left.kind === 'number' && left.value === Infinity;
  return `${isInfiniteBase ? 'Inf' : printExpr(left)} ${printOperator(node)} ${printExpr(right)}`;
}

/** The operator with its modifiers: `/ on (job) group_left ()`. */
export function printOperator({ op, isBool, matching }: Binary): string {
  const words = isBool ? [op, 'bool'] : [op];
  if (matching === undefined) return words.join(' ');
  const { cardinality, isOn, labels, include, fill } = matching;
  const isGrouped = cardinality === 'many-to-one' || cardinality === 'one-to-many';
  if (isOn || labels.length > 0 || isGrouped) words.push(isOn ? 'on' : 'ignoring', printLabels(labels));
  if (isGrouped)
    words.push(cardinality === 'many-to-one' ? 'group_left' : 'group_right', printLabels(include));
  return [...words, ...printFill(fill)].join(' ');
}

function printFill({ left, right }: FillValues): readonly string[] {
  if (left !== undefined && Object.is(left, right)) return [`fill (${formatPlainNumber(left)})`];
  const words = [];
  if (left !== undefined) words.push(`fill_left (${formatPlainNumber(left)})`);
  if (right !== undefined) words.push(`fill_right (${formatPlainNumber(right)})`);
  return words;
}

/** Names of labels may look like names of metrics here: `(a:b)`. */
function printLabels(names: readonly string[]): string {
  return `(${names.map((name) => (LEGACY_METRIC_NAME.test(name) ? name : quoteGo(name))).join(', ')})`;
}
