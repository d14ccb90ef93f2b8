/**
 * promtool's files of unit tests for rules, as its documentation has them. Scalars are read as the text that stands
 * in the file (`values: 0x10` is ten zeros more, not sixteen), an unknown key is an error, and so is a series that
 * cannot be read.
 */
import {
  InputError,
  labelsOf,
  NO_LABELS,
  parseDurationMs,
  type Labels,
  type NativeHistogram,
} from '@vedette/model';
import { isScriptNumber, parseScriptNumber, parseSeriesLine, type SeriesLine } from '@vedette/promql';
import { parse, YAMLError } from 'yaml';
import { z } from 'zod';

/** Parses, or leaves the reason of an `InputError` as the fault of this place. */
function readAs<T>(read: (text: string) => T) {
  return (text: string, context: z.RefinementCtx): T => {
    try {
      return read(text);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      context.addIssue({ code: 'custom', message: error.message });
      return z.NEVER;
    }
  };
}

const fault = (message: string): InputError => new InputError('VED_RULES_INVALID', message);

const durationMs = z.string().transform(
  readAs((text) => {
    const ms = text === '0' ? 0 : parseDurationMs(text);
    if (ms === undefined) throw fault(`must be a duration such as 5m; got "${text}"`);
    return ms;
  }),
);

const stepMs = durationMs.refine((ms) => ms > 0, 'must be longer than 0');

const number = z.string().transform(
  readAs((text) => {
    if (!isScriptNumber(text)) throw fault(`must be a number; got "${text}"`);
    return parseScriptNumber(text);
  }),
);

const histogram = z.string().transform(
  readAs((text): NativeHistogram => {
    const [value] = parseSeriesLine(`x ${text}`).values;
    if (value?.kind !== 'histogram') throw fault(`must be a histogram such as {{count:1}}; got "${text}"`);
    return value.histogram;
  }),
);

const metric = z
  .string()
  .transform(readAs((text): Labels => (text === '' ? NO_LABELS : parseSeriesLine(text).labels)));

/** Seconds since 1970, or RFC 3339. */
const time = z.string().transform(
  readAs((text) => {
    const ms = isScriptNumber(text) ? parseScriptNumber(text) * 1000 : Date.parse(text);
    if (Number.isNaN(ms)) throw fault(`must be seconds since 1970 or RFC 3339; got "${text}"`);
    return ms;
  }),
);

const flag = z.enum(['true', 'false']).transform((text) => text === 'true');

/** A key without a value is an empty list, or no labels. */
const listOf = <T extends z.ZodType>(item: T) =>
  z.preprocess((value) => (value === '' ? [] : value), z.array(item)).default([]);
const labels = z.preprocess(
  (value) => (value === '' ? {} : value),
  z.record(z.string(), z.string()).default({}),
);

const inputSeries = z
  .strictObject({ series: z.string(), values: z.string() })
  .transform(({ series, values }) => `${series} ${values}`)
  .transform(readAs((line): SeriesLine => parseSeriesLine(line)));

const alertTest = z.strictObject({
  eval_time: durationMs.default(0),
  alertname: z.string().min(1),
  exp_alerts: listOf(z.strictObject({ exp_labels: labels, exp_annotations: labels })),
});

const exprTest = z.strictObject({
  expr: z.string(),
  eval_time: durationMs.default(0),
  exp_samples: listOf(
    z.strictObject({
      labels: metric.default(NO_LABELS),
      value: number.default(0),
      histogram: histogram.optional(),
    }),
  ),
});

const ruleTest = z.strictObject({
  name: z.string().default(''),
  interval: stepMs.optional(),
  start_timestamp: time.default(0),
  input_series: listOf(inputSeries),
  alert_rule_test: listOf(alertTest),
  promql_expr_test: listOf(exprTest),
  external_labels: labels.transform((record) => labelsOf(record)),
  external_url: z.string().default(''),
});

const ruleTestFile = z.strictObject({
  rule_files: listOf(z.string()),
  evaluation_interval: stepMs.default(60_000),
  group_eval_order: listOf(z.string()),
  fuzzy_compare: flag.default(false),
  tests: listOf(ruleTest),
});

export type RuleTestFile = z.output<typeof ruleTestFile>;
export type RuleTest = z.output<typeof ruleTest>;
export type AlertTest = z.output<typeof alertTest>;
export type ExprTest = z.output<typeof exprTest>;

/** Throws `InputError` (VED_RULES_INVALID) with a line for each fault, each beginning with `file` and the path of the key. */
export function parseRuleTestFile(text: string, file: string): RuleTestFile {
  const parsed = ruleTestFile.safeParse(readYaml(text, file));
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map(({ path, message }) => `${file}: ${printPath(path)}: ${message}`);
  throw fault(lines.join('\n'));
}

function readYaml(text: string, file: string): unknown {
  try {
    return parse(text, { schema: 'failsafe' }) ?? {};
  } catch (error) {
    if (error instanceof YAMLError) throw fault(`${file}: ${error.message}`);
    throw error;
  }
}

function printPath(path: readonly PropertyKey[]): string {
  return path
    .map((key, i) => (typeof key === 'number' ? `[${key}]` : `${i > 0 ? '.' : ''}${String(key)}`))
    .join('');
}
