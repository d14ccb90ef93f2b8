import type { Expr } from './ast.ts';
import {
  aggregationArgs,
  printAggregationHead,
  printExpr,
  printOperator,
  printSubqueryTimes,
} from './print.ts';

/**
 * Prints an expression over several lines, as Prometheus' `format_query` does.
 *
 * 1. What fits into one line stays in one line, whatever its depth.
 * 2. A longer call, aggregation or bracket puts each argument on lines of its own, two blanks deeper.
 * 3. A longer binary expression puts its operator on a line of its own, its sides two blanks deeper.
 *
 * Selectors, numbers and strings are never split.
 */
export function prettyPrintExpr(expr: Expr): string {
  return pretty(expr, 0);
}

/** Of the one-line form in UTF-8 bytes, its indentation left out: the width of a narrow window. Prometheus' number. */
const LINE_BYTES_MAX = 100;

const INDENT = '  ';

const utf8 = new TextEncoder();

function pretty(expr: Expr, level: number): string {
  const indent = INDENT.repeat(level);
  const line = printExpr(expr);
  if (utf8.encode(line).length <= LINE_BYTES_MAX) return indent + line;
  switch (expr.kind) {
    case 'number':
    case 'string':
    case 'vector':
    case 'matrix':
      return indent + line;
    case 'subquery':
      return pretty(expr.expr, level) + printSubqueryTimes(expr);
    case 'call':
      return bracketed(expr.name, expr.args, level);
    case 'aggregation':
      return bracketed(printAggregationHead(expr), aggregationArgs(expr), level);
    case 'binary':
      return [pretty(expr.left, level + 1), indent + printOperator(expr), pretty(expr.right, level + 1)].join(
        '\n',
      );
    case 'unary':
      return indent + expr.op + pretty(expr.expr, level).trim();
    case 'paren':
      return bracketed('', [expr.expr], level);
  }
}

function bracketed(head: string, args: readonly Expr[], level: number): string {
  const indent = INDENT.repeat(level);
  return `${indent}${head}(\n${args.map((arg) => pretty(arg, level + 1)).join(',\n')}\n${indent})`;
}
