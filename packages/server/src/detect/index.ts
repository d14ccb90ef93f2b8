export type { AlertSink, PostedAlert } from './alert-sink.ts';
// What judges users is behind a door of its own, behaviour/index.ts.
export type { Behaviour, BehaviourDeps, BehaviourLimits, BehaviourOptions } from './behaviour/behaviour.ts';
export type { WatchReport } from './behaviour/watch.ts';
export { policyConfigs, type PolicyConfig } from './behaviour/config.ts';
export type { Crossing, CrossingEvidence, CrossingSink } from './behaviour/crossing-sink.ts';
export type { DynamicThresholds, LoadReader, LoadReading } from './behaviour/dynamic-thresholds.ts';
export type { Policy, PolicyMeasure, PolicyMode, PolicyStep } from './behaviour/policy.ts';
export { createEngineRules, retireEngineAlerts, type EngineRules } from './rules/engine-rules.ts';
export type { AlertingRuleStatus, AlertStatus, RuleGroupStatus, RuleStatus } from './rules/group-status.ts';
export { loadRuleFiles, type LoadRuleFilesOptions } from './rules/load-rule-files.ts';
export type { RuleGroup } from './rules/rule.ts';
export {
  createRuleManager,
  type RuleManager,
  type RuleManagerDeps,
  type RuleSettings,
} from './rules/rule-manager.ts';
export { withExternalLabels } from './rules/external-labels.ts';
export { createGoTemplateExpander, createGoTemplateFaultFinder } from './rules/go-template-expander.ts';
export type { TemplateExpander, TemplateRequest } from './rules/template-expander.ts';
