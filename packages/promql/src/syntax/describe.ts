import type { Matcher } from '@vedette/model';
import type { Binary, Call, Expr, TimeShift, ValueType, VectorSelector } from './ast.ts';
import { formatPlainNumber } from './numbers.ts';
import { SIGNATURES } from './signatures.ts';

/**
 * The tree of an expression as plain JSON, field by field as `/api/v1/parse_query` of Prometheus has it.
 * Times are in ms. A duration that is an expression stands as 0: its value belongs to a query.
 */
export function describeExpr(expr: Expr): unknown {
  switch (expr.kind) {
    case 'number':
      return { type: 'numberLiteral', val: formatPlainNumber(expr.value) };
    case 'string':
      return { type: 'stringLiteral', val: expr.value };
    case 'vector':
      return { type: 'vectorSelector', ...describeSelector(expr) };
    case 'matrix':
      return { type: 'matrixSelector', ...describeSelector(expr.selector), range: expr.rangeMs };
    case 'subquery':
      return {
        type: 'subquery',
        expr: describeExpr(expr.expr),
        range: expr.rangeMs,
        step: expr.stepMs ?? 0,
        ...describeShift(expr),
      };
    case 'call':
      return describeCall(expr);
    case 'aggregation':
      return {
        type: 'aggregation',
        op: expr.op,
        expr: describeExpr(expr.expr),
        param: expr.param === undefined ? null : describeExpr(expr.param),
        grouping: expr.grouping,
        without: expr.isWithout,
      };
    case 'binary':
      return describeBinary(expr);
    case 'unary':
      return { type: 'unaryExpr', op: expr.op, expr: describeExpr(expr.expr) };
    case 'paren':
      return { type: 'parenExpr', expr: describeExpr(expr.expr) };
  }
}

function describeSelector(selector: VectorSelector): Readonly<Record<string, unknown>> {
  return {
    name: selector.name ?? '',
    matchers: selector.matchers.map(describeMatcher),
    ...describeShift(selector),
    anchored: selector.extension === 'anchored',
    smoothed: selector.extension === 'smoothed',
  };
}

function describeMatcher({ name, value, op }: Matcher): unknown {
  return { name, value, type: op };
}

function describeShift({ offsetMs, at }: TimeShift): Readonly<Record<string, unknown>> {
  return {
    offset: offsetMs,
    timestamp: at?.kind === 'time' ? at.timestampMs : null,
    startOrEnd: at === undefined || at.kind === 'time' ? null : at.kind,
  };
}

function describeCall({ name, args }: Call): unknown {
  const signature = SIGNATURES.get(name);
  const optional = signature?.optional ?? 0;
  return {
    type: 'call',
    func: {
      name,
      argTypes: signature?.args ?? ([] satisfies ValueType[]),
      variadic: optional === Infinity ? -1 : optional,
      returnType: signature?.returns ?? 'vector',
    },
    args: args.map(describeExpr),
  };
}

function describeBinary({ op, left, right, isBool, matching }: Binary): unknown {
  return {
    type: 'binaryExpr',
    op,
    lhs: describeExpr(left),
    rhs: describeExpr(right),
    matching:
      matching === undefined
        ? null
        : {
            card: matching.cardinality,
            labels: matching.labels,
            on: matching.isOn,
            include: matching.include,
            fillValues: { lhs: matching.fill.left ?? null, rhs: matching.fill.right ?? null },
          },
    bool: isBool,
  };
}
