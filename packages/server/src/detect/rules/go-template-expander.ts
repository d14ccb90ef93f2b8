/**
 * Templates of rules through our Go template interpreter: parsed once per text, `query` answered by
 * PromQL at the evaluation's time, regular expressions by RE2.
 */
import { METRIC_NAME, type Labels, type QueryResult } from '@vedette/model';
import {
  expandRuleTemplate,
  parseRuleTemplate,
  TemplateError,
  type PrometheusEnvironment,
  type Template,
  type TemplateSample,
} from '@vedette/gotemplate';
import { compileTemplateRegex } from '../../lib/re2-template-regex.ts';
import type { PromQuery } from '../../query/metrics/port.ts';
import type { TemplateExpander } from './template-expander.ts';

// A thousand rules with four texts each fit; a set of rules beyond that is parsed again now and then.
const TEMPLATES_MAX = 5000;

export interface GoTemplateExpanderOptions {
  /** `$externalLabels`. */
  readonly externalLabels: Labels;
  /** `$externalURL` and links. */
  readonly externalUrl: string;
}

export function createGoTemplateExpander(
  deps: { readonly query: PromQuery },
  options: GoTemplateExpanderOptions,
): TemplateExpander {
  const parsed = new Map<string, Template>();
  const parse = (alertName: string, text: string): Template => {
    const key = `${alertName}\n${text}`;
    const known = parsed.get(key);
    if (known !== undefined) return known;
    const template = parseRuleTemplate(alertName, text);
    if (parsed.size >= TEMPLATES_MAX) parsed.clear();
    parsed.set(key, template);
    return template;
  };
  const externalLabels = labelMapOf(options.externalLabels);
  return {
    findFault: (alertName, text) => faultOf(() => parse(alertName, text)),
    expand: async ({ text, alertName, labels, value, atMs }, signal) => {
      const environment: PrometheusEnvironment = {
        timestampMs: atMs,
        externalUrl: options.externalUrl,
        query: async (expr) => samplesOf(await deps.query.instant({ expr, atMs }, signal)),
        compileRegex: compileTemplateRegex,
      };
      const context = { labels: labelMapOf(labels), externalLabels, externalUrl: options.externalUrl, value };
      try {
        return await expandRuleTemplate(parse(alertName, text), context, { environment, signal });
      } catch (error) {
        if (!(error instanceof TemplateError)) throw error;
        const step = error.reason === 'parse' ? 'parsing' : 'executing';
        throw new Error(`error ${step} template ${error.templateName}: ${error.message}`, { cause: error });
      }
    },
  };
}

/** Checks templates alone, for files that are not going to run. */
export function createGoTemplateFaultFinder(): TemplateExpander['findFault'] {
  return (alertName, text) => faultOf(() => parseRuleTemplate(alertName, text));
}

function faultOf(parse: () => unknown): string | undefined {
  try {
    parse();
    return undefined;
  } catch (error) {
    if (error instanceof TemplateError) return error.message;
    throw error;
  }
}

function labelMapOf(labels: Labels): ReadonlyMap<string, string> {
  const map = new Map<string, string>();
  for (let i = 0; i < labels.length; i += 2) map.set(labels[i] ?? METRIC_NAME, labels[i + 1] ?? '');
  return map;
}

/** A vector's floats, or the one value of a scalar; other answers have no samples, as in Prometheus. */
function samplesOf(result: QueryResult): readonly TemplateSample[] {
  if (result.kind === 'scalar') return [{ labels: new Map(), value: result.values[0] ?? NaN }];
  if (result.kind !== 'series') return [];
  return result.series.map((series) => ({
    labels: labelMapOf(series.labels),
    value: series.values[0] ?? NaN,
  }));
}
