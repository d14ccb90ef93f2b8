import { formatDurationMs, METRIC_NAME } from '@vedette/model';
import type { Aggregation, Binary, Expr, NumberLiteral, TimeShift, VectorSelector } from './ast.ts';
import { quoteGo } from './go-quote.ts';
import { formatPlainNumber } from './numbers.ts';

/**
 * Prints an expression in one line, as upstream's `format_query` would for a short one. Parsing the
 * text gives the same tree again, positions aside.
 */
export function printExpr(expr: Expr): string {
  switch (expr.kind) {
    case 'number':
      return printNumber(expr);
    case 'string':
      return quoteGo(expr.value);
    case 'vector':
      return printSelector(expr) + printShift(expr);
    case 'matrix':
      return `${printSelector(expr.selector)}[${formatDurationMs(expr.rangeMs)}]${printShift(expr.selector)}`;
    case 'subquery': {
      const step = expr.stepMs === undefined ? '' : formatDurationMs(expr.stepMs);
      return `${printExpr(expr.expr)}[${formatDurationMs(expr.rangeMs)}:${step}]${printShift(expr)}`;
    }
    case 'call':
      return `${expr.name}(${expr.args.map(printExpr).join(', ')})`;
    case 'aggregation':
      return printAggregation(expr);
    case 'binary':
      return printBinary(expr);
    case 'unary':
      return `${expr.op}${printExpr(expr.expr)}`;
    case 'paren':
      return `(${printExpr(expr.expr)})`;
  }
}

function printNumber({ value, isDuration }: NumberLiteral): string {
  // With a sign it would be read as a sign before a number, which binds less tightly than `^`.
  if (value === Infinity) return 'Inf';
  if (!isDuration) return formatPlainNumber(value);
  return `${value < 0 ? '-' : ''}${formatDurationMs(Math.round(Math.abs(value) * 1000))}`;
}

const LEGACY_METRIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LEGACY_LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

function printSelector({ name, matchers }: VectorSelector): string {
  const isPlain = name === undefined || (LEGACY_METRIC_NAME.test(name) && !/^(inf|nan)$/i.test(name));
  const parts = isPlain ? [] : [quoteGo(name)];
  for (const matcher of matchers) {
    if (name !== undefined && matcher.name === METRIC_NAME) continue;
    parts.push(`${printLabelName(matcher.name)}${matcher.op}${quoteGo(matcher.value)}`);
  }
  const braces = parts.length === 0 ? '' : `{${parts.join(',')}}`;
  return `${isPlain ? (name ?? '') : ''}${braces}`;
}

function printLabelName(name: string): string {
  return LEGACY_LABEL_NAME.test(name) ? name : quoteGo(name);
}

function printShift({ offsetMs, at }: TimeShift): string {
  let text = '';
  if (at?.kind === 'time') text += ` @ ${(at.timestampMs / 1000).toFixed(3)}`;
  else if (at !== undefined) text += ` @ ${at.kind}()`;
  if (offsetMs > 0) text += ` offset ${formatDurationMs(offsetMs)}`;
  if (offsetMs < 0) text += ` offset -${formatDurationMs(-offsetMs)}`;
  return text;
}

function printAggregation({ op, expr, param, grouping, isWithout }: Aggregation): string {
  const labels = grouping.map(printLabelName).join(', ');
  const modifier = isWithout ? ` without (${labels}) ` : grouping.length > 0 ? ` by (${labels}) ` : '';
  const args = param === undefined ? printExpr(expr) : `${printExpr(param)}, ${printExpr(expr)}`;
  return `${op}${modifier}(${args})`;
}

function printBinary({ op, left, right, isBool, matching }: Binary): string {
  return `${printExpr(left)} ${op}${isBool ? ' bool' : ''}${printMatching(matching)} ${printExpr(right)}`;
}

function printMatching(matching: Binary['matching']): string {
  if (matching === undefined) return '';
  const { cardinality, isOn, labels, include } = matching;
  const isGrouped = cardinality === 'many-to-one' || cardinality === 'one-to-many';
  if (!isOn && labels.length === 0 && !isGrouped) return '';
  const list = (names: readonly string[]): string => `(${names.map(printLabelName).join(', ')})`;
  const grouping = isGrouped
    ? ` ${cardinality === 'many-to-one' ? 'group_left' : 'group_right'} ${list(include)}`
    : '';
  return ` ${isOn ? 'on' : 'ignoring'} ${list(labels)}${grouping}`;
}
