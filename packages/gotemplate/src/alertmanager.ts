/** The functions that templates of notifications may call: those of Alertmanager 0.34. */
import { decodeBase64, encodeBase64 } from './base64-url.ts';
import type { TextRecord } from './alertmanager-data.ts';
import { goDuration } from './go-duration.ts';
import { goJson } from './go-json.ts';
import { parseGoTime } from './go-time-parse.ts';
import { goTime, type GoTime, timeOf, timeParts, ZERO_TIME_NANOSECONDS } from './go-time.ts';
import { formatTime } from './go-layout.ts';
import { type GoZone, UTC_ZONE } from './go-zone.ts';
import { humanizeDuration } from './humanize.ts';
import { TIME_STEPS } from './limits.ts';
import { lower, titleLowering, upper } from './letter-case.ts';
import type { Meter } from './meter.ts';
import { quoteGo } from './quote.ts';
import { compileMetered, type RegexSource, replaceAll, type TemplateRegex } from './regex.ts';
import { CallError } from './template-error.ts';
import {
  elementsOf,
  type FunctionTable,
  type GoCall,
  type GoFunction,
  type GoMap,
  type GoValue,
  goFunction,
  goSlice,
  textOf,
  textsOf,
} from './value.ts';

/** What the functions of one notification need from outside. */
export interface AlertmanagerEnvironment extends RegexSource {
  /** `now`, and what `since` counts to: Unix milliseconds. */
  readonly nowMs: number;
  /** Where `now` and `Local` are. */
  readonly local: GoZone;
  /** Of `tz`. Throws `CallError`. */
  zoneOf(name: string): GoZone;
  readonly routeLabels: TextRecord;
}

const text1 = (call: (text: string) => GoValue): GoFunction =>
  goFunction(['string'], ([text]) => call(textOf(text)));
const text2 = (call: (first: string, second: string, meter: Meter) => GoValue): GoFunction =>
  goFunction(['string', 'string'], ([first, second], meter) => call(textOf(first), textOf(second), meter));

/** Go's white space. */
const SPACES_AROUND =
  /^[\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+|[\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+$/g;

const FIXED: FunctionTable = new Map([
  ['toUpper', text1(upper)],
  ['toLower', text1(lower)],
  ['title', text1(titleLowering)],
  ['trimSpace', text1((text) => text.replace(SPACES_AROUND, ''))],
  ['join', goFunction(['string', '[]string'], ([between, texts]) => textsOf(texts).join(textOf(between)))],
  ['safeHtml', text1((text) => ({ kind: 'named', type: 'template.HTML', value: text }))],
  ['safeUrl', text1((text) => ({ kind: 'named', type: 'template.URL', value: text }))],
  ['urlUnescape', text1(unescapeQuery)],
  ['stringSlice', goFunction([], (texts) => goSlice(texts, '[]string'), 'string')],
  [
    'date',
    goFunction(['string', 'time.Time'], ([layout, time], meter) => {
      meter.addSteps(TIME_STEPS);
      return formatted(timeOf(time), textOf(layout));
    }),
  ],
  ['humanizeDuration', goFunction(['any'], ([value]) => humanizeDuration(value))],
  ['toJson', goFunction(['any'], ([value], meter) => goJson(value, meter))],
  ['base64encode', text1(encodeBase64)],
  ['base64decode', text1(decodeBase64)],
  ['list', goFunction([], (elements) => goSlice(elements), 'any')],
  ['append', goFunction(['[]interface {}'], appended, 'any')],
  ['dict', goFunction([], dictOf, 'any')],
]);

const FROM_ENVIRONMENT = [
  'match',
  'reReplaceAll',
  'routeLabels',
  'tz',
  'now',
  'since',
  'toDate',
  'mustToDate',
];

/** For `parseTemplate`. */
export const ALERTMANAGER_FUNCTION_NAMES: readonly string[] = [...FIXED.keys(), ...FROM_ENVIRONMENT];

/** The functions for one notification. */
export function createAlertmanagerFunctions(environment: AlertmanagerEnvironment): FunctionTable {
  const { local, nowMs, routeLabels } = environment;
  const inZone = (nanoseconds: bigint, zone: GoZone): GoTime =>
    goTime(nanoseconds, { type: 'time.Time', zone, local });
  const nowNanoseconds = BigInt(Math.trunc(nowMs)) * 1_000_000n;
  const regex = (pattern: string, text: string, meter: Meter): TemplateRegex =>
    compileMetered(environment, pattern, text, meter);
  return new Map<string, GoFunction>([
    ...FIXED,
    ['match', text2((pattern, text, meter) => regex(pattern, text, meter).find(text, 0) !== undefined)],
    ['reReplaceAll', goFunction(['string', 'string', 'string'], replacing(regex))],
    ['routeLabels', text1((name) => (Object.hasOwn(routeLabels, name) ? routeLabels[name] : ''))],
    [
      'tz',
      goFunction(['string', 'time.Time'], ([name, time], meter) => {
        meter.addSteps(TIME_STEPS);
        return inZone(timeOf(time).nanoseconds, environment.zoneOf(textOf(name)));
      }),
    ],
    ['now', goFunction([], () => inZone(nowNanoseconds, local))],
    ['since', goFunction(['time.Time'], ([time]) => goDuration(nowNanoseconds - timeOf(time).nanoseconds))],
    [
      'toDate',
      text2((layout, text) => parsedOr(layout, text, () => inZone(ZERO_TIME_NANOSECONDS, UTC_ZONE))),
    ],
    ['mustToDate', text2((layout, text) => parseGoTime(layout, text, UTC_ZONE))],
  ]);
}

function replacing(compile: (pattern: string, text: string, meter: Meter) => TemplateRegex): GoCall<GoValue> {
  return ([patternValue, replacement, textValue], meter) => {
    const pattern = textOf(patternValue);
    const text = textOf(textValue);
    let regex: TemplateRegex;
    try {
      regex = compile(pattern, text, meter);
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      // Go panics over such a pattern here, with the pattern in the message.
      const shown = pattern.includes('`') ? quoteGo(pattern) : `\`${pattern}\``;
      throw new CallError(`regexp: Compile(${shown}): ${error.message}`, { cause: error });
    }
    return replaceAll(regex, text, textOf(replacement), meter);
  };
}

function formatted(time: GoTime, layout: string): string {
  return formatTime(timeParts(time.nanoseconds, time.options.zone), layout);
}

function parsedOr(layout: string, text: string, otherwise: () => GoTime): GoTime {
  try {
    return parseGoTime(layout, text, UTC_ZONE);
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    return otherwise();
  }
}

function appended([slice, ...more]: readonly GoValue[], meter: Meter): GoValue {
  const elements = [...elementsOf(slice), ...more];
  meter.addSteps(elements.length);
  return goSlice(elements);
}

function dictOf(values: readonly GoValue[]): GoMap {
  if (values.length % 2 !== 0) throw new CallError('dict requires an even number of arguments');
  const entries = new Map<string, GoValue>();
  for (let i = 0; i < values.length; i += 2) {
    const key = values[i];
    if (typeof key !== 'string') throw new CallError('dict keys must be strings');
    entries.set(key, values[i + 1]);
  }
  return { kind: 'map', type: 'map[string]interface {}', entries, zero: undefined };
}

/** Go's `url.QueryUnescape`: a plus sign is a space. */
function unescapeQuery(text: string): string {
  const bad = /%(?![\da-fA-F]{2}).{0,2}/su.exec(text)?.[0];
  if (bad !== undefined) throw new CallError(`invalid URL escape ${quoteGo(bad)}`);
  return decodePercent(text.replaceAll('+', ' '));
}

/** Byte by byte: what is no UTF-8 becomes U+FFFD. */
function decodePercent(text: string): string {
  return text.replace(/(?:%[\da-fA-F]{2})+/g, (run) => {
    const bytes = run.match(/[\da-fA-F]{2}/g) ?? [];
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(
      Uint8Array.from(bytes, (byte) => Number.parseInt(byte, 16)),
    );
  });
}
