/**
 * Runs unit tests of rules as promtool does, on the real engine and the real rule manager in virtual time.
 *
 * 1. The input series are laid out from the start of the test, one value per `interval`.
 * 2. Every group is evaluated at each `evaluation_interval` up to the last time that is asked for; the interval of
 *    a group does not count. Groups come in the order of `group_eval_order`, else in that of the files.
 * 3. Alerts are compared with those firing after the last evaluation at or before their time, expressions are asked
 *    when all is evaluated. A rule that cannot be evaluated fails the test.
 *
 * Each test has a world of its own. PromQL is that of Prometheus 3: a range leaves its older end out.
 */
import { ExpectedError, formatDurationMs, InputError, labelsKeyOf, type MemoryMetrics } from '@vedette/model';
import type { SeriesLine } from '@vedette/promql';
import type { RuleGroup, RuleManager } from '../../detect/index.ts';
import type { PromQuery } from '../../query/metrics/index.ts';
import { compareAlerts, compareSamples, type FiringAlert } from './compare.ts';
import type { RuleTest, RuleTestFile } from './rule-test-file.ts';

/** Evaluations of one test: two years of minutes, as of the values of a series. */
const EVALUATIONS_MAX = 1_000_000;

/** Storage, engine and rules of one test. */
export interface RuleTestWorld {
  readonly samples: MemoryMetrics;
  readonly query: PromQuery;
  readonly manager: RuleManager;
  close(): Promise<void>;
}

export interface RunRuleTestDeps {
  /** Makes an empty world whose templates know these labels and this URL. */
  readonly openWorld: (test: Pick<RuleTest, 'external_labels' | 'external_url'>) => RuleTestWorld;
}

/** Runs one test of a file; resolves with its failures in words. Rejects with `InputError` where a limit is passed. */
export async function runRuleTest(
  deps: RunRuleTestDeps,
  options: { readonly file: RuleTestFile; readonly test: RuleTest; readonly groups: readonly RuleGroup[] },
): Promise<readonly string[]> {
  const { file, test, groups } = options;
  const world = deps.openWorld(test);
  try {
    const stepMs = test.interval ?? file.evaluation_interval;
    for (const line of test.input_series) addSeries(world.samples, line, test.start_timestamp, stepMs);
    const settings = { evaluationIntervalMs: file.evaluation_interval, queryOffsetMs: 0 };
    await world.manager.apply(inOrder(groups, file.group_eval_order), settings);
    const failures = await evaluateRules(world, test, file.evaluation_interval);
    return [...failures, ...(await askExpressions(world, test, file.fuzzy_compare))];
  } finally {
    await world.close();
  }
}

function addSeries(samples: MemoryMetrics, line: SeriesLine, startMs: number, stepMs: number): void {
  for (const [i, value] of line.values.entries()) {
    const atMs = startMs + i * stepMs;
    if (value.kind === 'stale') samples.addStaleMarker(line.labels, atMs);
    else if (value.kind === 'float') samples.add(line.labels, atMs, value.value);
    else if (value.kind === 'histogram') samples.addHistogram(line.labels, atMs, value.histogram);
  }
}

/** As upstream: what the list does not name counts as its first. */
function inOrder(groups: readonly RuleGroup[], order: readonly string[]): readonly RuleGroup[] {
  const place = ({ name }: RuleGroup): number => Math.max(order.indexOf(name), 0);
  return groups.toSorted((a, b) => place(a) - place(b));
}

async function evaluateRules(
  { manager }: RuleTestWorld,
  test: RuleTest,
  intervalMs: number,
): Promise<readonly string[]> {
  const endMs = Math.max(0, ...[...test.alert_rule_test, ...test.promql_expr_test].map((at) => at.eval_time));
  if (endMs / intervalMs > EVALUATIONS_MAX)
    throw new InputError(
      'VED_RULES_INVALID',
      `cannot run test "${test.name}": it takes more than ${EVALUATIONS_MAX} evaluations; raise evaluation_interval`,
    );
  const failures: string[] = [];
  const faultyRules = new Set<string>();
  for (let atMs = 0; atMs <= endMs; atMs += intervalMs) {
    await manager.evaluate(test.start_timestamp + atMs, new AbortController().signal);
    failures.push(...newRuleFaults(manager, faultyRules, atMs));
    for (const asked of test.alert_rule_test) {
      if (asked.eval_time < atMs || asked.eval_time >= atMs + intervalMs) continue;
      const difference = compareAlerts(asked, firingOf(manager, asked.alertname));
      if (difference !== undefined)
        failures.push(
          `alertname: ${asked.alertname}, time: ${formatDurationMs(asked.eval_time)},\n    ${difference}`,
        );
    }
  }
  return failures;
}

/** The first fault of each rule. */
function newRuleFaults(manager: RuleManager, known: Set<string>, atMs: number): readonly string[] {
  return manager.groups().flatMap(({ file, name, rules }) =>
    rules.flatMap(({ rule, last }, i) => {
      const key = `${file};${name};${i}`;
      if (last.health !== 'err' || known.has(key)) return [];
      known.add(key);
      return [`rule: ${rule.name}, time: ${formatDurationMs(atMs)}, err: ${last.error ?? ''}`];
    }),
  );
}

function firingOf(manager: RuleManager, alertName: string): readonly FiringAlert[] {
  return manager
    .groups()
    .flatMap(({ rules }) => rules)
    .flatMap((status) => (status.kind === 'alerting' && status.rule.name === alertName ? status.alerts : []))
    .filter(({ state }) => state === 'firing')
    .toSorted((a, b) => (labelsKeyOf(a.labels) < labelsKeyOf(b.labels) ? -1 : 1));
}

async function askExpressions(
  { query }: RuleTestWorld,
  test: RuleTest,
  isFuzzy: boolean,
): Promise<readonly string[]> {
  const failures: string[] = [];
  for (const asked of test.promql_expr_test) {
    const where = `expr: ${JSON.stringify(asked.expr)}, time: ${formatDurationMs(asked.eval_time)},`;
    try {
      const request = { expr: asked.expr, atMs: test.start_timestamp + asked.eval_time };
      const answer = await query.instant(request, new AbortController().signal);
      const difference = compareSamples(asked, answer, isFuzzy);
      if (difference !== undefined) failures.push(`${where}\n    ${difference}`);
    } catch (error) {
      if (!(error instanceof ExpectedError)) throw error;
      failures.push(`${where} err: ${error.message}`);
    }
  }
  return failures;
}
