export type { NotificationAlert, NotificationData, TextRecord } from './alertmanager-data.ts';
export { executeTemplate, type ExecuteOptions } from './execute.ts';
export {
  DEFAULT_TEMPLATE_LIMITS,
  NOTIFICATION_TEMPLATE_LIMITS,
  RULE_TEMPLATE_LIMITS,
  type TemplateLimits,
} from './limits.ts';
export {
  createNotificationTemplates,
  findTemplateFileFaults,
  type NotificationTemplates,
  type NotificationTemplatesDeps,
  type NotificationTemplatesOptions,
  type TemplateFile,
} from './notification-templates.ts';
export { humanize, humanizeDuration, humanizePercentage } from './humanize.ts';
export { type ParseOptions, parseTemplate, type Template } from './parse.ts';
export {
  createPrometheusFunctions,
  PROMETHEUS_FUNCTION_NAMES,
  type PrometheusEnvironment,
  type TemplateSample,
} from './prometheus.ts';
export { unquoteGoBytes } from './quote.ts';
export type { RegexMatch, TemplateRegex } from './regex.ts';
export {
  expandRuleTemplate,
  parseRuleTemplate,
  type RuleTemplateContext,
  ruleTemplateErrorText,
} from './rule-template.ts';
export { CallError, TemplateError } from './template-error.ts';
export * from './value.ts';
