import type { ComparisonOp } from '@vedette/promql/parser';
import { explainTreeOf, type ExplainNode } from '../explore/explain-tree.ts';
import { conditionsOf, type Condition, type ConditionRole } from './rule-conditions.ts';

/**
 * Why an alerting rule does not fire, from its expression as it stands now.
 *
 * 1. The expression is asked whole: how many series pass.
 * 2. Each of its conditions (`rule-conditions.ts`) is asked for the values before the comparison. The nearest to the
 *    threshold are kept, with what they miss it by.
 * 3. Where there are no values, the tree of the expression is descended along the steps that find nothing; the last of
 *    them is the cause, mostly a selector with a wrong name or label.
 *
 * Queries run at the present moment, the rule's own at its last evaluation: between two evaluations the answers may
 * differ by a scrape. Chosen before a trace kept by the rule engine, which would cost memory in every evaluation of
 * every rule for a question that is seldom asked.
 */
export interface Explained {
  /** Series that pass the whole expression now. */
  readonly passing: number;
  readonly conditions: readonly ExplainedCondition[];
  /** Steps that find nothing though no condition is to blame. */
  readonly emptySteps: readonly string[];
  /** Every condition that has to be met is met by some series, yet no series passes the whole. */
  readonly isUnmatched: boolean;
}

export interface ExplainedCondition {
  readonly kind: Condition['kind'];
  readonly role: ConditionRole;
  readonly text: string;
  /** Series that it looks at, and those that pass it. */
  readonly total: number;
  readonly passing: number;
  readonly op: ComparisonOp | undefined;
  readonly threshold: number | undefined;
  /** At most `NEAREST_MAX`: those that pass by most, then those that miss by least. */
  readonly nearest: readonly NearSeries[];
  /** Steps that find nothing, where `total` is 0. */
  readonly emptySteps: readonly string[];
}

export interface NearSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly isPassing: boolean;
  /** How far the value is from the threshold, on either side. NaN is no distance. */
  readonly distance: number;
}

export interface AskedSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Evaluates an expression now; a number is one series without labels. */
export type Ask = (expr: string) => Promise<readonly AskedSeries[]>;

/** Rows that are shown: whether something is near is seen from a few. */
const NEAREST_MAX = 5;

/** Series whose values are fetched to sort them here; of more the server picks the nearest. */
const FETCHED_MAX = 500;

export async function explainRule(expr: string, ask: Ask): Promise<Explained> {
  const conditions = conditionsOf(expr);
  const [passing, ...explained] = await Promise.all([
    countOf(expr, ask),
    ...conditions.map((condition) => explainCondition(condition, ask)),
  ]);
  const wanted = explained.filter(({ role }) => role !== 'excluded');
  const isMetAnywhere =
    wanted.every(({ role, passing: count }) => role === 'either' || count > 0) &&
    (wanted.length === 0 || wanted.some(({ passing: count }) => count > 0));
  const isUnexplained = passing === 0 && isMetAnywhere;
  return {
    passing,
    conditions: explained,
    emptySteps: isUnexplained ? await emptyStepsOf(expr, ask) : [],
    isUnmatched: isUnexplained && wanted.length > 0,
  };
}

async function explainCondition(condition: Condition, ask: Ask): Promise<ExplainedCondition> {
  const { kind, role, text } = condition;
  switch (kind) {
    case 'absent': {
      const total = (await ask(condition.count))[0]?.value ?? 0;
      const passing = total === 0 ? 1 : 0;
      return { ...NO_VALUES, kind, role, text, total, passing };
    }
    case 'threshold': {
      const [threshold] = await ask(condition.threshold);
      const asked = { expr: condition.left, op: condition.op, threshold: threshold?.value ?? NaN };
      return { kind, role, text, ...(await compared(asked, ask)) };
    }
    case 'difference':
      return {
        kind,
        role,
        text,
        ...(await compared({ expr: condition.difference, op: condition.op, threshold: 0 }, ask)),
      };
  }
}

const NO_VALUES = { op: undefined, threshold: undefined, nearest: [], emptySteps: [] } as const;

interface Comparison {
  readonly expr: string;
  readonly op: ComparisonOp;
  readonly threshold: number;
}

async function compared(
  { expr, op, threshold }: Comparison,
  ask: Ask,
): Promise<Omit<ExplainedCondition, 'kind' | 'role' | 'text'>> {
  const total = await countOf(expr, ask);
  if (total === 0)
    return { op, threshold, total, passing: 0, nearest: [], emptySteps: await emptyStepsOf(expr, ask) };
  const isFew = total <= FETCHED_MAX;
  const series = await ask(isFew ? expr : pickedOf({ expr, op, threshold }));
  const rated = series.map((one) => ({
    ...one,
    isPassing: isMet(one.value, op, threshold),
    distance: Math.abs(threshold - one.value),
  }));
  const passing = isFew
    ? rated.filter(({ isPassing }) => isPassing).length
    : await countOf(`(${expr}) ${op} ${promqlNumber(threshold)}`, ask);
  const nearest = rated.sort(byNearness).slice(0, NEAREST_MAX);
  return { op, threshold, total, passing, nearest, emptySteps: [] };
}

/** Lets the server choose, by the end that the comparison is about. Equality has no end: any few will do. */
function pickedOf({ expr, op }: Comparison): string {
  switch (op) {
    case '<':
    case '<=':
      return `bottomk(${NEAREST_MAX}, ${expr})`;
    case '>':
    case '>=':
    case '==':
    case '!=':
      return `topk(${NEAREST_MAX}, ${expr})`;
  }
}

/** Those that pass by most, then those that miss by least; NaN at the end. */
function byNearness(a: NearSeries, b: NearSeries): number {
  const rankOf = ({ isPassing, distance }: NearSeries): number => {
    if (Number.isNaN(distance)) return Infinity;
    return isPassing ? -distance : distance;
  };
  if (a.isPassing !== b.isPassing) return a.isPassing ? -1 : 1;
  const [first, second] = [rankOf(a), rankOf(b)];
  return first === second ? 0 : first - second;
}

function isMet(value: number, op: ComparisonOp, threshold: number): boolean {
  switch (op) {
    case '==':
      return value === threshold;
    case '!=':
      return value !== threshold;
    case '<':
      return value < threshold;
    case '<=':
      return value <= threshold;
    case '>':
      return value > threshold;
    case '>=':
      return value >= threshold;
  }
}

function promqlNumber(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}

async function countOf(expr: string, ask: Ask): Promise<number> {
  const counted = explainTreeOf(expr)?.countExpr ?? `count(${expr})`;
  return (await ask(counted))[0]?.value ?? 0;
}

/** The innermost steps that find nothing; at least the expression itself. */
async function emptyStepsOf(expr: string, ask: Ask): Promise<readonly string[]> {
  const tree = explainTreeOf(expr);
  return tree === undefined ? [expr] : emptyBelow(tree, ask);
}

async function emptyBelow(node: ExplainNode, ask: Ask): Promise<readonly string[]> {
  const counts = await Promise.all(
    node.children.map(async ({ countExpr }) =>
      countExpr === undefined ? 1 : ((await ask(countExpr))[0]?.value ?? 0),
    ),
  );
  const empty = node.children.filter((_, i) => counts[i] === 0);
  if (empty.length === 0) return [node.text];
  return (await Promise.all(empty.map((child) => emptyBelow(child, ask)))).flat();
}
