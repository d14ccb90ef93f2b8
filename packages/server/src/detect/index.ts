export type { AlertSink, PostedAlert } from './alert-sink.ts';
export {
  createBehaviour,
  type Behaviour,
  type BehaviourDeps,
  type BehaviourLimits,
  type BehaviourOptions,
} from './behaviour/behaviour.ts';
export { policyConfigs, type PolicyConfig } from './behaviour/config.ts';
export type { Crossing, CrossingEvidence, CrossingSink } from './behaviour/crossing-sink.ts';
export {
  createProcessLoadReader,
  type DynamicThresholds,
  type LoadReader,
  type LoadReading,
} from './behaviour/dynamic-thresholds.ts';
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
