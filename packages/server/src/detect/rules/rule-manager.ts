/**
 * All rule groups of the server: which run, what they carry over, what they leave behind.
 *
 * `apply` compares the wanted groups with the running ones.
 * 1. A group that did not change keeps running untouched, slots and all.
 * 2. Of a changed group the rules that are the same (`ruleIdOf`) keep alerts, health and series.
 * 3. A rule that is gone resolves its firing alerts through the sink and ends its series; so does one
 *    that was removed while the process was down, whose alerts are found in the state store.
 */
import { labelsKeyOf, labelValueOf, type Clock, type MetricsWriter } from '@vedette/model';
import type { MetricsRegistry } from '@vedette/sdk';
import type { PromQuery } from '../../query/metrics/port.ts';
import type { StateStore } from '../../store/state/port.ts';
import type { Log } from '../../telemetry/log.ts';
import type { AlertSink } from '../alert-sink.ts';
import { AlertingRuntime } from './alerting-runtime.ts';
import type { Alert } from './alert-state.ts';
import { groupStatusOf, type RuleGroupStatus } from './group-status.ts';
import { RecordingRuntime } from './recording-runtime.ts';
import {
  groupKeyOf,
  NEVER_EVALUATED,
  RunningGroup,
  type RuleGroupDeps,
  type RunningRule,
} from './rule-group.ts';
import { createRuleMetrics } from './rule-metrics.ts';
import { loadRuleState, markStarted, ruleIdOf } from './rule-state.ts';
import type { Rule, RuleGroup } from './rule.ts';
import type { TemplateExpander } from './template-expander.ts';

export interface RuleManagerDeps {
  readonly clock: Clock;
  readonly query: PromQuery;
  readonly writer: MetricsWriter;
  readonly state: StateStore;
  readonly sink: AlertSink;
  readonly templates: TemplateExpander;
  readonly log: Log;
  readonly metrics: MetricsRegistry;
  /** The base of links in alerts, without a slash at the end. */
  readonly externalUrl: string;
}

export interface RuleSettings {
  /** For groups that name none; above 0. */
  readonly evaluationIntervalMs: number;
  /** For groups that name none; 0 asks at the slot itself. */
  readonly queryOffsetMs: number;
}

export interface RuleManager {
  /**
   * Makes these the rules, now and (once started) at work. Calls are carried out one after the other.
   * Rejects when the state of the rules cannot be read.
   */
  apply(groups: readonly RuleGroup[], settings: RuleSettings): Promise<void>;
  /**
   * For a change of what the sink adds to labels, by which alerts are known: ends every firing alert at
   * the sink as it is, awaits `change`, and lets the next evaluations post them anew. No state is lost.
   */
  repost(change: () => Promise<void>): Promise<void>;
  /** Lets applied groups evaluate; twice is safe. */
  start(): void;
  /**
   * Evaluates every group once at `atMs`, one after the other in the order applied: for unit tests of
   * rules and backtests, in place of `start`. Times must not decrease from call to call.
   */
  evaluate(atMs: number, signal: AbortSignal): Promise<void>;
  /** Cancels evaluations under way and ends all loops. State stays for the next start. */
  stop(): Promise<void>;
  /**
   * For a privacy request: lets go of alerts and series in whose labels `speaks` finds somebody, without telling of their
   * end. What the store still has of them brings them back with the next evaluation: delete it first.
   */
  forget(speaks: (value: unknown) => boolean): Promise<void>;
  /** A picture of everything, in the order applied. */
  groups(): readonly RuleGroupStatus[];
}

export function createRuleManager(deps: RuleManagerDeps): RuleManager {
  return new Manager({ ...deps, log: deps.log.child('rules') });
}

class Manager implements RuleManager {
  readonly #deps: RuleManagerDeps;
  readonly #groupDeps: RuleGroupDeps;
  #groups: readonly RunningGroup[] = [];
  /** What the store held for rules not seen yet; `undefined` until the first `apply`. */
  #restored: RestoredState | undefined;
  #isStarted = false;
  #applying: Promise<void> = Promise.resolve();

  constructor(deps: RuleManagerDeps) {
    this.#deps = deps;
    const { clock, writer, log } = deps;
    this.#groupDeps = { clock, writer, log, metrics: createRuleMetrics(deps.metrics) };
  }

  async apply(groups: readonly RuleGroup[], settings: RuleSettings): Promise<void> {
    await this.#inTurn(() => this.#applyNow(groups, settings));
  }

  async repost(change: () => Promise<void>): Promise<void> {
    await this.#inTurn(async () => {
      await Promise.all(this.#groups.map((group) => group.stop()));
      for (const { runtime } of this.#groups.flatMap(({ rules }) => rules))
        if (runtime instanceof AlertingRuntime)
          await this.#ending(() => runtime.withdraw(this.#deps.clock.nowMs()));
      try {
        await change();
      } finally {
        if (this.#isStarted) for (const group of this.#groups) group.start();
      }
    });
  }

  async forget(speaks: (value: unknown) => boolean): Promise<void> {
    await this.#inTurn(async () => {
      await Promise.all(this.#groups.map((group) => group.stop()));
      try {
        for (const group of this.#groups) await group.forget(speaks);
      } finally {
        if (this.#isStarted) for (const group of this.#groups) group.start();
      }
    });
  }

  start(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    for (const group of this.#groups) group.start();
  }

  async evaluate(atMs: number, signal: AbortSignal): Promise<void> {
    for (const group of this.#groups) await group.evaluate(atMs, signal);
  }

  async stop(): Promise<void> {
    this.#isStarted = false;
    await this.#applying;
    await Promise.all(this.#groups.map((group) => group.stop()));
  }

  groups(): readonly RuleGroupStatus[] {
    return this.#groups.map(groupStatusOf);
  }

  async #inTurn(change: () => Promise<void>): Promise<void> {
    const turn = this.#applying.then(change);
    this.#applying = turn.catch(() => undefined);
    await turn;
  }

  async #applyNow(wanted: readonly RuleGroup[], settings: RuleSettings): Promise<void> {
    const restored = (this.#restored ??= await loadRuleState(this.#deps.state));
    const running = new Map(this.#groups.map((group) => [group.key, group]));
    const unchanged = new Map<RuleGroup, RunningGroup>();
    for (const definition of wanted) {
      const group = running.get(groupKeyOf(definition));
      if (group !== undefined && isSameGroup(group, definition, settings)) unchanged.set(definition, group);
    }
    const kept = new Set(unchanged.values());
    const replaced = this.#groups.filter((group) => !kept.has(group));
    await Promise.all(replaced.map((group) => group.stop()));
    const carried = new Map(replaced.flatMap(({ rules }) => rules).map((rule) => [rule.runtime.id, rule]));
    this.#groups = wanted.map(
      (definition) => unchanged.get(definition) ?? this.#createGroup(definition, settings, carried, restored),
    );
    const ids = new Set(this.#groups.flatMap(({ rules }) => rules).map(({ runtime }) => runtime.id));
    for (const group of replaced) await this.#endGoneRules(group, ids);
    await this.#endForgottenRules(restored);
    if (!this.#isStarted) return;
    for (const group of this.#groups) if (!kept.has(group)) group.start();
  }

  #createGroup(
    definition: RuleGroup,
    settings: RuleSettings,
    carried: ReadonlyMap<string, RunningRule>,
    restored: RestoredState,
  ): RunningGroup {
    const occurrences = new Map<string, number>();
    const rules = definition.rules.map((rule) => {
      const base = ruleIdOf(definition, rule, 0);
      const occurrence = occurrences.get(base) ?? 0;
      occurrences.set(base, occurrence + 1);
      const id = ruleIdOf(definition, rule, occurrence);
      return this.#carry(carried.get(id), rule) ?? this.#createRule(id, rule, restored);
    });
    const intervalMs = definition.intervalMs ?? settings.evaluationIntervalMs;
    const queryOffsetMs = definition.queryOffsetMs ?? settings.queryOffsetMs;
    return new RunningGroup(this.#groupDeps, { definition, intervalMs, queryOffsetMs, rules });
  }

  #createRule(id: string, rule: Rule, restored: RestoredState): RunningRule {
    const runtime =
      rule.kind === 'recording'
        ? new RecordingRuntime(this.#deps, id, rule)
        : new AlertingRuntime(this.#deps, id, rule, takeAlerts(restored, id));
    const written = new Map(runtime.lastWritten().map((labels) => [labelsKeyOf(labels), labels]));
    return { rule, runtime, written, last: NEVER_EVALUATED };
  }

  /** The same rule in its new wording: expression, `for` and annotations may differ. */
  #carry(running: RunningRule | undefined, rule: Rule): RunningRule | undefined {
    if (running === undefined) return undefined;
    const { runtime } = running;
    if (rule.kind === 'recording')
      return { ...running, rule, runtime: new RecordingRuntime(this.#deps, runtime.id, rule) };
    if (runtime instanceof AlertingRuntime) runtime.adopt(rule);
    return { ...running, rule };
  }

  async #endGoneRules(group: RunningGroup, keptIds: ReadonlySet<string>): Promise<void> {
    const gone = group.rules.filter(({ runtime }) => !keptIds.has(runtime.id));
    for (const { runtime } of gone) if (runtime instanceof AlertingRuntime) await this.#retire(runtime);
    await group.endSeries(gone).catch((error: unknown) => {
      this.#deps.log.warn('series of removed rules cannot be ended', { group: group.key, error });
    });
  }

  /** Rules that were removed while the process was down: only their alerts on disk tell of them. */
  async #endForgottenRules(restored: RestoredState): Promise<void> {
    for (const [id, alerts] of restored.alerts) {
      const [first] = alerts.values();
      if (first === undefined) continue;
      const name = labelValueOf(first.labels, 'alertname');
      const expr = `ALERTS{alertname=${JSON.stringify(name)}}`;
      const rule: Rule = { ...FORGOTTEN, name, expr };
      await this.#retire(new AlertingRuntime(this.#deps, id, rule, alerts));
    }
    restored.alerts.clear();
    if (!restored.isFirstStart) return;
    restored.isFirstStart = false;
    await markStarted(this.#deps.state, this.#deps.clock.nowMs()).catch((error: unknown) => {
      this.#deps.log.error('the start of rule evaluation cannot be noted', { error });
    });
  }

  async #retire(runtime: AlertingRuntime): Promise<void> {
    await this.#ending(() => runtime.retire(this.#deps.clock.nowMs()));
  }

  async #ending(end: () => Promise<void>): Promise<void> {
    try {
      await end();
    } catch (error) {
      this.#deps.log.error('the end of alerts cannot be saved; the next start tries again', {
        error,
      });
    }
  }
}

type RestoredState = Awaited<ReturnType<typeof loadRuleState>>;

const FORGOTTEN = { kind: 'alerting', forMs: 0, keepFiringForMs: 0, labels: [], annotations: [] } as const;

/** `undefined`: the store never held rule state, so that the samples are asked. */
function takeAlerts(restored: RestoredState, id: string): ReadonlyMap<string, Alert> | undefined {
  const alerts = restored.alerts.get(id);
  restored.alerts.delete(id);
  return alerts ?? (restored.isFirstStart ? undefined : new Map());
}

function isSameGroup(group: RunningGroup, definition: RuleGroup, settings: RuleSettings): boolean {
  return (
    group.intervalMs === (definition.intervalMs ?? settings.evaluationIntervalMs) &&
    group.queryOffsetMs === (definition.queryOffsetMs ?? settings.queryOffsetMs) &&
    JSON.stringify(group.definition) === JSON.stringify(definition)
  );
}
