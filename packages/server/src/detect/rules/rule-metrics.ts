import type { MetricsRegistry } from '@vedette/sdk';

/** The rule engine's own metrics, in Prometheus' vocabulary. Rule groups are as many as people wrote. */
export interface RuleMetrics {
  ruleEvaluated(group: string, tookMs: number, isOk: boolean): void;
  groupEvaluated(group: string, atMs: number, tookMs: number): void;
  /** One slot was used and `missed` passed while it was. */
  iteration(group: string, missed: number): void;
}

export function createRuleMetrics(registry: MetricsRegistry): RuleMetrics {
  const labelNames = ['rule_group'];
  const counter = (name: string, help: string) => registry.counter({ name, help, labelNames });
  const gauge = (name: string, help: string) => registry.gauge({ name, help, labelNames });
  const evaluations = counter('vedette_rule_evaluations_total', 'Rule evaluations.');
  const failures = counter('vedette_rule_evaluation_failures_total', 'Rule evaluations that failed.');
  const iterations = counter('vedette_rule_group_iterations_total', 'Slots of the group, missed ones too.');
  const missedTotal = counter('vedette_rule_group_iterations_missed_total', 'Slots that passed unused.');
  const lastAt = gauge('vedette_rule_group_last_evaluation_timestamp_seconds', 'Slot evaluated last.');
  const lastTook = gauge('vedette_rule_group_last_duration_seconds', 'How long the last evaluation took.');
  const duration = registry.histogram({
    name: 'vedette_rule_evaluation_duration_seconds',
    help: 'Duration of one rule evaluation.',
    // From a selector in the head to a rule that eats a whole 15 s interval.
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10],
  });
  return {
    ruleEvaluated: (group, tookMs, isOk) => {
      evaluations.inc(1, group);
      failures.inc(isOk ? 0 : 1, group);
      duration.observe(tookMs / 1000);
    },
    groupEvaluated: (group, atMs, tookMs) => {
      lastAt.set(atMs / 1000, group);
      lastTook.set(tookMs / 1000, group);
    },
    iteration: (group, missed) => {
      iterations.inc(1 + missed, group);
      missedTotal.inc(missed, group);
    },
  };
}
