/**
 * The functions that templates of Prometheus rules may call. What is fixed stands in `FIXED`; what depends on
 * the moment or the server (`query`, `now`, links, regular expressions) comes from a `PrometheusEnvironment`.
 */
import { escapeQuery } from './escape.ts';
import { goDuration } from './go-duration.ts';
import { goTime } from './go-time.ts';
import { stripDomain, stripPort } from './host-port.ts';
import {
  floatOf,
  humanize,
  humanize1024,
  humanizeDuration,
  humanizePercentage,
  humanizeTimestamp,
  nanosecondsOf,
} from './humanize.ts';
import { lower, titleKeepingCase, upper } from './letter-case.ts';
import type { Meter } from './meter.ts';
import { compileMetered, replaceAll, type TemplateRegex } from './regex.ts';
import { CallError } from './template-error.ts';
import { parsePrometheusDuration } from './prometheus-duration.ts';
import { compareText } from './utf8.ts';
import {
  type FunctionTable,
  type GoFunction,
  type GoMap,
  type GoStruct,
  type GoValue,
  goFunction,
  goStringMap,
  textOf,
} from './value.ts';

/** One sample of a query's answer. */
export interface TemplateSample {
  /** The metric name is among them as `__name__`. */
  readonly labels: ReadonlyMap<string, string>;
  readonly value: number;
}

/** What the functions of one evaluation need from outside. */
export interface PrometheusEnvironment {
  /** The evaluation's time, Unix milliseconds: `now`. */
  readonly timestampMs: number;
  /** Where this server is reached from outside; without it `pathPrefix` and `externalURL` fail, as in Go. */
  readonly externalUrl: string | undefined;
  /**
   * Answers an instant query at `timestampMs`. Of a scalar the one sample without labels. A rejection fails
   * the template with the error's message and the error as cause. Called at most `asyncCallsMax` times.
   */
  query(expr: string): Promise<readonly TemplateSample[]>;
  /** Compiles RE2 syntax; throws an error whose message says what is wrong with the pattern. */
  compileRegex(pattern: string): TemplateRegex;
}

const SAMPLE = '*template.sample';
const VECTOR = 'template.queryResult';

const text1 = (call: (text: string) => GoValue): GoFunction =>
  goFunction(['string'], ([text]) => call(textOf(text)));
const number1 = (call: (value: GoValue) => GoValue): GoFunction =>
  goFunction(['any'], ([value]) => call(value));

const FIXED: FunctionTable = new Map([
  ['first', goFunction([VECTOR], ([vector]) => firstOf(vector))],
  ['label', goFunction(['string', SAMPLE], ([name, sample]) => labelOf(sample, textOf(name)))],
  ['value', goFunction([SAMPLE], ([sample]) => sampleOf(sample).fields.get('Value'))],
  ['strvalue', goFunction([SAMPLE], ([sample]) => labelOf(sample, '__value__'))],
  [
    'sortByLabel',
    goFunction(['string', VECTOR], ([name, vector], meter) => sortedByLabel(vector, textOf(name), meter)),
  ],
  ['args', goFunction([], argsOf, 'any')],
  ['safeHtml', text1((text) => ({ kind: 'named', type: 'template.HTML', value: text }))],
  ['title', text1(titleKeepingCase)],
  ['toUpper', text1(upper)],
  ['toLower', text1(lower)],
  ['graphLink', text1((expr) => `/graph?g0.expr=${escapeQuery(expr)}&g0.tab=0`)],
  ['tableLink', text1((expr) => `/graph?g0.expr=${escapeQuery(expr)}&g0.tab=1`)],
  ['urlQueryEscape', text1(escapeQuery)],
  ['stripPort', text1(stripPort)],
  ['stripDomain', text1(stripDomain)],
  ['humanize', number1(humanize)],
  ['humanize1024', number1(humanize1024)],
  ['humanizeDuration', number1(humanizeDuration)],
  ['humanizePercentage', number1(humanizePercentage)],
  ['humanizeTimestamp', number1(humanizeTimestamp)],
  ['toTime', number1((value) => goTime(nanosecondsOf(floatOf(value))))],
  ['toDuration', number1((value) => goDuration(nanosecondsOf(floatOf(value))))],
  ['parseDuration', text1(parsePrometheusDuration)],
]);

const FROM_ENVIRONMENT = ['query', 'reReplaceAll', 'match', 'now', 'pathPrefix', 'externalURL'];

/** For `parseTemplate`. */
export const PROMETHEUS_FUNCTION_NAMES: readonly string[] = [...FIXED.keys(), ...FROM_ENVIRONMENT];

/** The functions for one evaluation. */
export function createPrometheusFunctions(environment: PrometheusEnvironment): FunctionTable {
  const { timestampMs } = environment;
  return new Map<string, GoFunction>([
    ...FIXED,
    [
      'query',
      {
        kind: 'function',
        parameters: ['string'],
        isAsync: true,
        call: ([expr]) => ask(environment, textOf(expr)),
      },
    ],
    [
      'reReplaceAll',
      goFunction(['string', 'string', 'string'], ([pattern, replacement, text], meter) => {
        const regex = compileMetered(environment, textOf(pattern), textOf(text), meter);
        return replaceAll(regex, textOf(text), textOf(replacement), meter);
      }),
    ],
    [
      'match',
      goFunction(['string', 'string'], ([pattern, text], meter) => {
        const regex = compileMetered(environment, textOf(pattern), textOf(text), meter);
        return regex.find(textOf(text), 0) !== undefined;
      }),
    ],
    ['now', goFunction([], () => timestampMs / 1000)],
    ['pathPrefix', goFunction([], () => pathOf(externalUrl(environment)))],
    ['externalURL', goFunction([], () => externalUrl(environment))],
  ]);
}

async function ask(environment: PrometheusEnvironment, expr: string): Promise<GoValue> {
  try {
    const samples = await environment.query(expr);
    return { kind: 'slice', type: VECTOR, elements: samples.map(goSample) };
  } catch (error) {
    throw new CallError(messageOf(error), { cause: error });
  }
}

function goSample(sample: TemplateSample): GoStruct {
  const fields = new Map<string, GoValue>([
    ['Labels', goStringMap(sample.labels)],
    ['Value', sample.value],
  ]);
  return { kind: 'struct', type: SAMPLE, fields, isPointer: true };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function firstOf(vector: GoValue): GoValue {
  const [first] = samplesOf(vector);
  if (first === undefined) throw new CallError('first() called on vector with no elements');
  return first;
}

function sortedByLabel(vector: GoValue, name: string, meter: Meter): GoValue {
  meter.addSteps(samplesOf(vector).length);
  const elements = samplesOf(vector).toSorted((left, right) =>
    compareText(labelOf(left, name), labelOf(right, name)),
  );
  return { kind: 'slice', type: VECTOR, elements };
}

function samplesOf(vector: GoValue): readonly GoValue[] {
  return typeof vector === 'object' && vector.kind === 'slice' ? vector.elements : [];
}

function sampleOf(value: GoValue): GoStruct {
  if (typeof value === 'object' && value.kind === 'struct') return value;
  throw new CallError(NIL_POINTER);
}

function labelOf(sample: GoValue, name: string): string {
  const labels = sampleOf(sample).fields.get('Labels');
  const value = typeof labels === 'object' && labels.kind === 'map' ? labels.entries.get(name) : undefined;
  return typeof value === 'string' ? value : '';
}

/** `args 1 "b"` → a map with `arg0` and `arg1`, to hand several values to a template. */
function argsOf(args: readonly GoValue[]): GoMap {
  const entries = new Map(args.map((arg, i) => [`arg${i}`, arg] as const));
  return { kind: 'map', type: 'map[string]interface {}', entries, zero: undefined };
}

/** What Go says when a template of a server without an external URL asks for it. */
const NIL_POINTER = 'runtime error: invalid memory address or nil pointer dereference';

function externalUrl(environment: PrometheusEnvironment): string {
  if (environment.externalUrl === undefined) throw new CallError(NIL_POINTER);
  return environment.externalUrl;
}

/** The path of a URL, without asking the platform for a parser: this package is pure. */
function pathOf(url: string): string {
  return /^[^/?#]*:\/\/[^/?#]*([^?#]*)/.exec(url)?.[1] ?? '';
}
