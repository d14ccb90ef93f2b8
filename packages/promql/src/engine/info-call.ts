import {
  bug,
  createMatcher,
  ExecutionError,
  isValidAt,
  labelsKeyOf,
  labelValueOf,
  METRIC_NAME,
  onlyLabels,
  withLabel,
  type Labels,
  type Matcher,
  type StepGrid,
} from '@vedette/model';
import { selectorsOf, type Call, type Expr, type VectorSelector } from '../syntax/ast.ts';
import { printLabels } from './binary-vector.ts';
import { collect, isEmpty, type Column, type ColumnStream } from './column.ts';
import { selectInstant } from './instant-selector.ts';
import { uniteEqual } from './label-drop.ts';
import type { Evaluator } from './query-context.ts';
import { setPoint } from './range-kernel.ts';

/**
 * info(v, {…}): adds the labels of info series to the series of `v`, by equal `job` and `instance`.
 *
 * 1. `v` is evaluated. Its series that are info series themselves pass as they are.
 * 2. The info series are read: those that the label selector names, `target_info` by default, with the
 *    identifying labels of the series of `v`, at the times that the first selector of `v` looks at.
 * 3. At each step a series takes, of each name of info series, the one with the newest sample; two equally
 *    new ones are an error. The labels that the selector names are added, all by default, save those
 *    that the series has already.
 * 4. A series without an info series is left out when the selector demands a label.
 */
export async function* evaluateInfo(evaluator: Evaluator, call: Call, grid: StepGrid): ColumnStream {
  const { context } = evaluator;
  const [vector = bug('info has an argument'), labelSelector] = call.args;
  const bases = await collect(evaluator.vector(vector, grid));
  const demand = demandOf(labelSelector);
  const isInfo = (base: Column): boolean => {
    const name = labelValueOf(base.labels, METRIC_NAME);
    return demand.names.length > 0 && demand.names.every((matcher) => matcher.matches(name));
  };
  const plain = bases.filter((base) => !isInfo(base));
  const infos = await readInfos(evaluator, vector, demand, plain, grid);
  const joined: Column[] = bases.filter(isInfo);
  if (bases.length > 0) checkConflicts(infos, bases, grid);
  for (const base of plain) {
    const group = infos.get(identityOf(base.labels)) ?? [];
    for (const column of enrich(evaluator, base, group, demand, grid)) joined.push(column);
    context.budget.giveBack(base);
    if (context.isPauseDue(grid.count * (group.length + 1))) await context.pause();
  }
  for (const group of infos.values()) for (const column of group) context.budget.giveBack(column);
  yield uniteEqual(context, joined);
}

/** What the label selector asks for. */
interface Demand {
  /** Conditions on the name of the info series. */
  readonly names: readonly Matcher[];
  readonly labels: readonly Matcher[];
  /** The labels that may be added; any when empty. */
  readonly wanted: ReadonlySet<string>;
}

const DEFAULT_NAME = createMatcher(METRIC_NAME, '=', 'target_info');

function demandOf(labelSelector: Expr | undefined): Demand {
  const matchers = labelSelector?.kind === 'vector' ? labelSelector.matchers : [DEFAULT_NAME];
  const labels = matchers.filter(({ name }) => name !== METRIC_NAME);
  const names = matchers.filter(({ name }) => name === METRIC_NAME);
  return { names, labels, wanted: new Set(labels.map(({ name }) => name)) };
}

const IDENTIFYING: ReadonlySet<string> = new Set(['instance', 'job']);

function identityOf(labels: Labels): string {
  return labelsKeyOf(onlyLabels(labels, IDENTIFYING));
}

/** The info series by their identity; the values are the times of their samples in seconds. */
async function readInfos(
  { context }: Evaluator,
  vector: Expr,
  { names, labels }: Demand,
  bases: readonly Column[],
  grid: StepGrid,
): Promise<ReadonlyMap<string, readonly Column[]>> {
  const identities = [...IDENTIFYING].flatMap((name) => oneOf(name, bases) ?? []);
  const groups = new Map<string, Column[]>();
  if (identities.length === 0) return groups;
  const [first] = selectorsOf(vector);
  const selector: VectorSelector = {
    kind: 'vector',
    position: vector.position,
    name: undefined,
    matchers: [...(names.length > 0 ? names : [DEFAULT_NAME]), ...identities, ...labels],
    extension: undefined,
    offsetMs: first?.offsetMs ?? 0,
    offsetExpr: undefined,
    at: first?.at,
  };
  for await (const batch of selectInstant(context, selector, grid, 'timestamps'))
    for (const column of batch) {
      const key = identityOf(column.labels);
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [column]);
      else group.push(column);
    }
  return groups;
}

/** Accepts the values that a label has in the columns; no pattern could hold thousands of instances. */
function oneOf(name: string, columns: readonly Column[]): Matcher | undefined {
  const values = new Set(columns.map(({ labels }) => labelValueOf(labels, name)));
  values.delete('');
  if (values.size === 0) return undefined;
  const matches = (value: string): boolean => values.has(value);
  return { name, op: '=~', value: `${values.size} values`, matches, literals: [...values], prefix: '' };
}

/** Two equally new info series of one name and identity are an error, at steps where `v` has anything. */
function checkConflicts(
  infos: ReadonlyMap<string, readonly Column[]>,
  bases: readonly Column[],
  grid: StepGrid,
): void {
  for (const group of infos.values()) {
    if (group.length < 2) continue;
    for (let step = 0; step < grid.count; step++)
      if (bases.some(({ validity }) => isValidAt(validity, step))) newestByName(group, step);
  }
}

function newestByName(group: readonly Column[], step: number): ReadonlyMap<string, Column> {
  const newest = new Map<string, Column>();
  for (const column of group) {
    if (!isValidAt(column.validity, step)) continue;
    const name = labelValueOf(column.labels, METRIC_NAME);
    const other = newest.get(name);
    const [time = 0, otherTime = -Infinity] = [column.values[step], other?.values[step]];
    if (other !== undefined && time === otherTime)
      throw new ExecutionError(
        'VED_QUERY_EXECUTION',
        `found duplicate series for info metric: existing ${printLabels(other.labels)} @ ${Math.round(otherTime * 1000)}, ` +
          `new ${printLabels(column.labels)} @ ${Math.round(time * 1000)}`,
      );
    if (time > otherTime) newest.set(name, column);
  }
  return newest;
}

/** One series with its labels added: as many columns as it has sets of labels over time. */
function enrich(
  { context }: Evaluator,
  base: Column,
  group: readonly Column[],
  demand: Demand,
  grid: StepGrid,
): readonly Column[] {
  const byLabels = new Map<string, Column>();
  const needsInfo = demand.labels.some((matcher) => !matcher.matches(''));
  for (let step = 0; step < grid.count; step++) {
    if (!isValidAt(base.validity, step)) continue;
    const infos = newestByName(group, step);
    if (infos.size === 0 && needsInfo) continue;
    const labels = joinLabels(base.labels, infos, demand);
    const key = labelsKeyOf(labels);
    let out = byLabels.get(key);
    if (out === undefined) {
      out = context.budget.takeColumn(labels, grid.count, base.isNameDropped);
      byLabels.set(key, out);
    }
    const histogram = base.histograms?.get(step);
    if (histogram !== undefined) context.budget.putHistogram(out, step, histogram);
    else setPoint(out, step, base.values[step] ?? 0);
  }
  return [...byLabels.values()].filter(({ validity }) => !isEmpty(validity));
}

function joinLabels(base: Labels, infos: ReadonlyMap<string, Column>, { wanted }: Demand): Labels {
  const added = new Map<string, string>();
  for (const { labels } of infos.values())
    for (let i = 0; i < labels.length; i += 2) {
      const [name = '', value = ''] = [labels[i], labels[i + 1]];
      if (name === METRIC_NAME || (wanted.size > 0 && !wanted.has(name))) continue;
      if ((added.get(name) ?? value) !== value)
        throw new ExecutionError('VED_QUERY_EXECUTION', `conflicting label: ${name}`);
      if (labelValueOf(base, name) === '') added.set(name, value);
    }
  let labels = base;
  for (const [name, value] of added) labels = withLabel(labels, name, value);
  return labels;
}
