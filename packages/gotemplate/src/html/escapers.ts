/** The functions that escaping puts at the end of pipelines, under the names that Go's messages show. */
import { sprint } from '../fmt.ts';
import type { Meter } from '../meter.ts';
import { type FunctionTable, type GoFunction, type GoValue, goFunction, indirect } from '../value.ts';
import { escapeQuoted, escapeRcdata, escapeText, escapeUnquoted, filterName } from './escape-markup.ts';
import {
  escapeRegexp,
  escapeScriptString,
  escapeScriptValue,
  escapeTemplateLiteral,
} from './escape-script.ts';
import { escapeStyleString, filterStyleValue } from './escape-style.ts';
import { escapeUrl, filterSrcset, filterUrl, normalizeUrl } from './escape-url.ts';

const PREFIX = '_html_template_';

const ESCAPERS = {
  attrescaper: escapeQuoted,
  commentescaper: () => '',
  cssescaper: escapeStyleString,
  cssvaluefilter: filterStyleValue,
  htmlescaper: escapeText,
  htmlnamefilter: filterName,
  jsregexpescaper: escapeRegexp,
  jsstrescaper: escapeScriptString,
  jstmpllitescaper: escapeTemplateLiteral,
  jsvalescaper: escapeScriptValue,
  nospaceescaper: escapeUnquoted,
  rcdataescaper: escapeRcdata,
  srcsetescaper: filterSrcset,
  urlescaper: escapeUrl,
  urlfilter: filterUrl,
  urlnormalizer: normalizeUrl,
} satisfies Record<string, (args: readonly GoValue[], meter: Meter) => string>;

export type EscaperName = keyof typeof ESCAPERS;

/** The function's name in a pipeline. */
export const identifierOf = (name: EscaperName): string => PREFIX + name;

/** Prints its arguments as `print` does: for `html` and `urlquery` with several of them. */
export const EVAL_ARGS = '_eval_args_';

export const ESCAPER_FUNCTIONS: FunctionTable = new Map<string, GoFunction>([
  ...Object.entries(ESCAPERS).map(([name, call]) => [PREFIX + name, goFunction([], call, 'any')] as const),
  [EVAL_ARGS, goFunction([], (args, meter) => sprint(args.map(indirect), meter), 'any')],
]);
