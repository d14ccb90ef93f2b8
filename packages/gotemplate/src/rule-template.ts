/** Labels and annotations of alerting rules: texts that are templates over one alert. */
import { executeTemplate } from './execute.ts';
import { RULE_TEMPLATE_LIMITS, type TemplateLimits } from './limits.ts';
import { parseTemplate, type Template } from './parse.ts';
import {
  createPrometheusFunctions,
  PROMETHEUS_FUNCTION_NAMES,
  type PrometheusEnvironment,
} from './prometheus.ts';
import type { TemplateError } from './template-error.ts';
import { type GoStruct, type GoValue, goStringMap } from './value.ts';

/** Prometheus puts this before each text; positions in messages count it. */
const PRELUDE =
  '{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}{{$externalURL := .ExternalURL}}{{$value := .Value}}';

const DATA_TYPE =
  'struct { Labels map[string]string; ExternalLabels map[string]string; ExternalURL string; Value float64 }';

/** What a rule's text says about: one element of the expression's result. */
export interface RuleTemplateContext {
  /** Labels of the element with `__name__`, without the rule's own labels. */
  readonly labels: ReadonlyMap<string, string>;
  readonly externalLabels: ReadonlyMap<string, string>;
  /** `$externalURL`; empty when the server has none. */
  readonly externalUrl: string;
  readonly value: number;
}

/**
 * Parses a label or annotation of the rule `alertName`. Throws `TemplateError`; do it when the rules are
 * loaded, and keep the template for the evaluations.
 */
export function parseRuleTemplate(alertName: string, text: string): Template {
  return parseTemplate(`__alert_${alertName}`, PRELUDE + text, { functionNames: PROMETHEUS_FUNCTION_NAMES });
}

/** The text for one alert. Rejects with `TemplateError`; `errorTextOf` makes it what Prometheus would show. */
export async function expandRuleTemplate(
  template: Template,
  context: RuleTemplateContext,
  options: {
    readonly environment: PrometheusEnvironment;
    /** Instead of single ones of RULE_TEMPLATE_LIMITS. */
    readonly limits?: Partial<TemplateLimits> | undefined;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<string> {
  const { environment, signal } = options;
  const limits = { ...RULE_TEMPLATE_LIMITS, ...options.limits };
  const functions = createPrometheusFunctions(environment);
  return executeTemplate(template, ruleData(context), { functions, limits, signal });
}

/** What stands in place of a text that could not be expanded: the alert is sent all the same. */
export function ruleTemplateErrorText(error: TemplateError): string {
  const verb = error.reason === 'parse' ? 'parsing' : 'executing';
  return `<error expanding template: error ${verb} template ${error.templateName}: ${error.message}>`;
}

function ruleData(context: RuleTemplateContext): GoStruct {
  const fields = new Map<string, GoValue>([
    ['Labels', goStringMap(context.labels)],
    ['ExternalLabels', goStringMap(context.externalLabels)],
    ['ExternalURL', context.externalUrl],
    ['Value', context.value],
  ]);
  return { kind: 'struct', type: DATA_TYPE, fields };
}
