/**
 * Data for any dashboards: every selector of their expressions is read, and series are made that it finds.
 *
 * 1. Variables are filled with the values that their label will have (`$cluster` with `cluster-0`), so that a matcher
 *    of a variable wants a value of its label.
 * 2. Each metric gets three entities: entity `i` has the `i`-th value of every label that groups, joins, legends and
 *    variables want, so that labels that join are unique on both sides.
 * 3. Each selector adds its own fixed labels (`mode="idle"`) to its metric: one series per entity and set of them.
 * 4. What looks like a counter grows, buckets are cumulative in `le`, moments lie in the past, the rest swings.
 *
 * It knows no dashboard: what it cannot guess (a regular expression without literals) it tries from a list of words.
 */
import type { Dashboard } from '@vedette/dashboard';
import { childrenOf, parseExpr, selectorsOf, type Expr, type VectorSelector } from '@vedette/promql/parser';
import type { WrittenSeries } from '../support/remote-write-body.ts';

const ENTITIES = 3;

/** Labels that are one for a whole installation; the first of a variable's values is what a page shows. */
const SHARED_LABELS: ReadonlySet<string> = new Set(['cluster', 'namespace', 'job', 'environment', 'slo']);

/** Values for patterns without literals, until one is accepted. */
const WORDS = [
  '200', '404', '503', 'GET', '/', '/orders', 'eth0', 'sda', 'ext4', 'default', 'api', 'true', '0', '1', 'main',
  'a', 'error', 'kubelet', 'prometheus', 'node', 'app',
]; // prettier-ignore

const LE = ['0.005', '0.025', '0.1', '0.5', '2.5', '+Inf'];

interface Sampling {
  readonly fromMs: number;
  readonly toMs: number;
  readonly intervalMs: number;
}

type Wanted = Map<string, readonly string[]>;

interface MetricPlan {
  /** Labels that series must have whatever else they have. */
  readonly labels: Set<string>;
  /** Sets of fixed labels, by their text. */
  readonly fixed: Map<string, Wanted>;
  /** Values that it is compared with. */
  readonly values: Set<number>;
  isCounter: boolean;
}

type Plans = Map<string, MetricPlan>;

/** Series that answer what the dashboards ask, with a sample at both ends of the time. */
export function seriesFor(
  dashboards: readonly Dashboard[],
  { fromMs, toMs, intervalMs }: Sampling,
): readonly WrittenSeries[] {
  const plans: Plans = new Map();
  for (const { text, legend } of dashboards.flatMap(textsOf)) planExpr(text, legend, plans);
  const times = Array.from(
    { length: Math.floor((toMs - fromMs) / intervalMs) + 1 },
    (_, i) => fromMs + i * intervalMs,
  );
  return [...plans].flatMap(([name, plan]) => seriesOfMetric(name, plan, times));
}

interface AskedText {
  readonly text: string;
  /** Labels that its legend shows. */
  readonly legend: readonly string[];
}

const LABEL_VALUES = /label_values\((?:(.*),)?\s*(\w+)\s*\)/s;

function textsOf(dashboard: Dashboard): readonly AskedText[] {
  const panels = dashboard.panels.flatMap((panel) => [panel, ...(panel.row?.panels ?? [])]);
  const labelOf = new Map(
    dashboard.variables.flatMap(({ name, query }) => {
      const label = LABEL_VALUES.exec(query)?.[2];
      return label === undefined ? [] : [[name, label] as const];
    }),
  );
  const fill = (text: string): string => fillVariables(text, dashboard, labelOf);
  const asked = panels.flatMap(({ queries }) =>
    queries.map(({ expr, legend }) => ({
      text: fill(expr),
      legend: [...legend.matchAll(/{{\s*(\w+)\s*}}/g)].map(([, label = '']) => label),
    })),
  );
  const variables = dashboard.variables.flatMap(({ query }) => {
    const [, selector = '', label = ''] = LABEL_VALUES.exec(query) ?? [];
    return selector === '' ? [] : [{ text: fill(selector), legend: [label] }];
  });
  return [...asked, ...variables];
}

/** Macros become a minute, a variable of a label that label's first value, another the first of its own. */
function fillVariables(text: string, { variables }: Dashboard, labelOf: ReadonlyMap<string, string>): string {
  return text
    .replaceAll(/\$__(?:rate_interval|interval|range)\b|\${__(?:rate_interval|interval|range)[^}]*}/g, '1m')
    .replaceAll(/\$(?:{(\w+)[^}]*}|(\w+))|\[\[(\w+)\]\]/g, (_, a?: string, b?: string, c?: string) => {
      const name = a ?? b ?? c ?? '';
      const label = labelOf.get(name);
      if (label !== undefined) return valueOf(label, 0);
      const variable = variables.find((one) => one.name === name);
      return variable?.current[0] ?? variable?.query.split(',')[0]?.trim() ?? '1m';
    });
}

function planExpr(text: string, legend: readonly string[], plans: Plans): void {
  const expr = text.trim() === '' ? undefined : parsed(text);
  if (expr === undefined) return;
  const labels = new Set([...legend, ...labelsOf(expr)]);
  const [counters, alone] = [new Set<VectorSelector>(), new Set<VectorSelector>()];
  noteWithin(expr, RATES, counters);
  noteWithin(expr, SCALARS, alone);
  for (const selector of selectorsOf(expr)) {
    const name = nameOf(selector);
    if (name === undefined) continue;
    const plan = planOf(name, plans);
    if (!alone.has(selector)) for (const label of labels) plan.labels.add(label);
    plan.isCounter ||= counters.has(selector);
    const fixed = fixedOf(selector);
    plan.fixed.set(JSON.stringify([...fixed]), fixed);
  }
  noteCompared(expr, plans);
}

/** What is no PromQL stays unanswered: its panel must show the server's words. */
function parsed(text: string): Expr | undefined {
  try {
    return parseExpr(text);
  } catch {
    return undefined;
  }
}

function planOf(name: string, plans: Plans): MetricPlan {
  const plan = plans.get(name) ?? {
    labels: new Set(['instance', 'job']),
    fixed: new Map<string, Wanted>(),
    values: new Set<number>(),
    isCounter: false,
  };
  plans.set(name, plan);
  return plan;
}

/** Labels that an expression groups, joins or copies by. */
function labelsOf(expr: Expr): readonly string[] {
  const inner = childrenOf(expr).flatMap(labelsOf);
  if (expr.kind === 'aggregation' && !expr.isWithout) return [...expr.grouping, ...inner];
  if (expr.kind !== 'binary' || expr.matching === undefined) return inner;
  const { isOn, labels, include } = expr.matching;
  return [...(isOn ? labels : []), ...include, ...inner];
}

const RATES: ReadonlySet<string> = new Set(['rate', 'irate', 'increase']);

/** Of several series they make nothing. */
const SCALARS: ReadonlySet<string> = new Set(['scalar']);

/** The selectors that stand within a call of one of these functions. */
function noteWithin(expr: Expr, names: ReadonlySet<string>, found: Set<VectorSelector>): void {
  if (expr.kind === 'call' && names.has(expr.name))
    for (const selector of selectorsOf(expr)) found.add(selector);
  for (const child of childrenOf(expr)) noteWithin(child, names, found);
}

/** `up == 0` is only answered by a series that is 0. */
function noteCompared(expr: Expr, plans: Plans): void {
  if (expr.kind === 'binary' && expr.op === '==' && !expr.isBool && expr.right.kind === 'number')
    for (const selector of selectorsOf(expr.left)) {
      const name = nameOf(selector);
      if (name !== undefined) planOf(name, plans).values.add(expr.right.value);
    }
  for (const child of childrenOf(expr)) noteCompared(child, plans);
}

/** Of several names that a selector takes, one: they are what one metric was called at different times. */
function nameOf({ name, matchers }: VectorSelector): string | undefined {
  return name ?? matchers.find((one) => one.name === '__name__')?.literals?.[0];
}

/** What the matchers of a selector want of each label; an empty list: that it is absent. */
function fixedOf({ matchers }: VectorSelector): Wanted {
  const wanted: Wanted = new Map();
  for (const label of new Set(matchers.map(({ name }) => name))) {
    if (label === '__name__') continue;
    const own = matchers.filter(({ name }) => name === label);
    const accepts = (value: string): boolean => own.every((matcher) => matcher.matches(value));
    const usual = Array.from({ length: ENTITIES }, (_, i) => valueOf(label, i));
    const listed = own.flatMap(({ op, literals }) => (op === '=' || op === '=~' ? (literals ?? []) : []));
    const prefixed = own.flatMap(({ prefix }) => [prefix, `${prefix}a`, `${prefix}0`]);
    if (usual.every(accepts)) wanted.set(label, usual);
    else if (listed.length > 0)
      wanted.set(
        label,
        listed.filter((value) => value !== '' && accepts(value)),
      );
    else wanted.set(label, [...usual, ...WORDS, ...prefixed].filter(accepts).slice(0, 1));
  }
  return wanted;
}

function valueOf(label: string, entity: number): string {
  if (SHARED_LABELS.has(label)) return `${label}-0`;
  return label === 'instance' ? `host-${entity}:9100` : `${label}-${entity}`;
}

function seriesOfMetric(name: string, plan: MetricPlan, times: readonly number[]): readonly WrittenSeries[] {
  const made = new Map<string, WrittenSeries>();
  const isBucket = name.endsWith('_bucket');
  for (const fixed of plan.fixed.values())
    for (let entity = 0; entity < ENTITIES; entity++)
      for (const labels of labelSetsOf(plan, fixed, entity))
        for (const [i, le] of (isBucket ? LE : ['']).entries()) {
          const full = { __name__: name, ...labels, ...(isBucket ? { le } : {}) };
          const key = JSON.stringify(Object.entries(full).toSorted(([a], [b]) => (a < b ? -1 : 1)));
          const course = { name, plan, seed: made.size + 1, bucketCount: isBucket ? i + 1 : 1 };
          if (!made.has(key)) made.set(key, { labels: full, samples: samplesOf(course, times) });
        }
  return [...made.values()];
}

/** The labels of one entity, once for each of the values that a matcher lists. */
function labelSetsOf(plan: MetricPlan, fixed: Wanted, entity: number): Record<string, string>[] {
  let sets: Record<string, string>[] = [{}];
  for (const label of new Set([...plan.labels, ...fixed.keys()])) {
    if (label === 'le' || label === '__name__') continue;
    const listed = fixed.get(label);
    const usual = valueOf(label, entity);
    if (listed === undefined || listed.includes(usual)) for (const set of sets) set[label] = usual;
    else if (listed.length > 0)
      sets = sets.flatMap((set) => listed.slice(0, ENTITIES).map((value) => ({ ...set, [label]: value })));
  }
  return sets;
}

interface Course {
  readonly name: string;
  readonly plan: MetricPlan;
  readonly seed: number;
  /** Of a bucket: how many of the buckets it holds, itself included. */
  readonly bucketCount: number;
}

function samplesOf(
  { name, plan, seed, bucketCount }: Course,
  times: readonly number[],
): WrittenSeries['samples'] {
  const compared = [...plan.values];
  const last = times.at(-1) ?? 0;
  return times.map((timeMs, i) => {
    if (compared.length > 0) return [timeMs, compared[seed % compared.length] ?? 0];
    if (/_info$|^up$|_up$/.test(name)) return [timeMs, 1];
    if (/time_seconds$|timestamp_seconds$/.test(name)) return [timeMs, last / 1000 - 7200 * seed];
    if (plan.isCounter || /_(total|count|sum|bucket)$/.test(name))
      return [
        timeMs,
        Math.round((i + 10) * (2 + seed) * bucketCount * 1.7 + 3 * bucketCount * Math.sin(i / 7)),
      ];
    return [timeMs, Math.round(1000 * (40 + seed * 7 + 5 * Math.sin(i / 9 + seed))) / 1000];
  });
}
