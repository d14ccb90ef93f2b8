import { RE2JS } from 're2js';
import { bug } from './bug.ts';
import { InputError } from './error.ts';
import { labelsFromPairs, labelValueOf, withLabel, type Labels } from './labels.ts';
import { createMatcher, type Matcher } from './matcher.ts';
import { md5Of } from './md5.ts';

/**
 * Relabelling as Prometheus 3 does it: an ordered list of rules that rewrite a label set or drop it.
 *
 * 1. A rule joins the values of its source labels with the separator; an absent label is empty.
 * 2. Its action looks at that text (or, for the label… actions, at every label name).
 * 3. Setting a label to the empty text removes it. The first rule that drops ends the list.
 *
 * Regular expressions are RE2, cover the whole text, and `.` matches a newline. Replacements follow
 * Go's `Expand`: `$1`, `$name`, `${name}`, `$$`; a name is the longest run of word characters, an
 * unknown one is empty, and a `$` that starts no reference stays. Rejected: translating to JavaScript's
 * own `replace`, whose `$&`, `$'` and two-digit rules differ.
 */
export type RelabelAction =
  | 'replace'
  | 'keep'
  | 'drop'
  | 'keepequal'
  | 'dropequal'
  | 'hashmod'
  | 'labelmap'
  | 'labeldrop'
  | 'labelkeep'
  | 'lowercase'
  | 'uppercase';

export const RELABEL_ACTIONS: readonly RelabelAction[] = [
  'replace',
  'keep',
  'drop',
  'keepequal',
  'dropequal',
  'hashmod',
  'labelmap',
  'labeldrop',
  'labelkeep',
  'lowercase',
  'uppercase',
];

/** What a configuration file says; what is left out takes Prometheus' default. */
export interface RelabelOptions {
  readonly action?: RelabelAction | undefined;
  readonly sourceLabels?: readonly string[] | undefined;
  /** Default `;`. */
  readonly separator?: string | undefined;
  /** Default `(.*)`. */
  readonly regex?: string | undefined;
  /** For `hashmod`: a whole number from 1 to 2^53 - 1. */
  readonly modulus?: number | undefined;
  readonly targetLabel?: string | undefined;
  /** Default `$1`. */
  readonly replacement?: string | undefined;
}

/** A checked and compiled rule. Immutable, safe to share. */
export interface RelabelRule {
  readonly action: RelabelAction;
  readonly sourceLabels: readonly string[];
  readonly separator: string;
  readonly modulus: number;
  readonly targetLabel: string;
  /** Answers whether the whole text matches. */
  readonly matcher: Matcher;
  /** The same expression, for its groups. */
  readonly pattern: RE2JS;
  readonly targetTemplate: Template;
  readonly replacementTemplate: Template;
}

const DEFAULT_REGEX = '(.*)';
const DEFAULT_REPLACEMENT = '$1';
const DEFAULT_SEPARATOR = ';';

/** Compiles a rule. Throws `InputError` (VED_CONFIG_INVALID) with the reason in Prometheus' words. */
export function createRelabelRule(options: RelabelOptions): RelabelRule {
  const fault = findFault(options);
  if (fault !== undefined) throw new InputError('VED_CONFIG_INVALID', fault);
  const regex = options.regex ?? DEFAULT_REGEX;
  return {
    action: options.action ?? 'replace',
    sourceLabels: options.sourceLabels ?? [],
    separator: options.separator ?? DEFAULT_SEPARATOR,
    modulus: options.modulus ?? 0,
    targetLabel: options.targetLabel ?? '',
    matcher: compileMatcher(regex),
    pattern: RE2JS.compile(`^(?s:${regex})$`),
    targetTemplate: parseTemplate(options.targetLabel ?? ''),
    replacementTemplate: parseTemplate(options.replacement ?? DEFAULT_REPLACEMENT),
  };
}

/**
 * Applies the rules in order; `undefined` when one drops the label set.
 *
 *     relabel(labelsOf({ a: 'x' }), [createRelabelRule({ sourceLabels: ['a'], targetLabel: 'b' })])
 *     // ['a', 'x', 'b', 'x']
 */
export function relabel(labels: Labels, rules: readonly RelabelRule[]): Labels | undefined {
  let current: Labels | undefined = labels;
  for (const rule of rules) {
    current = applyRule(current, rule);
    if (current === undefined) return undefined;
  }
  return current;
}

const NEEDS_TARGET: ReadonlySet<RelabelAction> = new Set([
  'replace',
  'hashmod',
  'lowercase',
  'uppercase',
  'keepequal',
  'dropequal',
]);

const REFUSES_REPLACEMENT: ReadonlySet<RelabelAction> = new Set([
  'lowercase',
  'uppercase',
  'keepequal',
  'dropequal',
]);

function findFault(options: RelabelOptions): string | undefined {
  const action = options.action ?? 'replace';
  const replacement = options.replacement ?? DEFAULT_REPLACEMENT;
  const modulus = options.modulus ?? 0;
  if (!Number.isSafeInteger(modulus) || modulus < 0)
    return `relabel configuration requires a whole, positive modulus; got ${modulus}`;
  if (action === 'hashmod' && modulus === 0)
    return 'relabel configuration for hashmod requires non-zero modulus';
  if (NEEDS_TARGET.has(action) && (options.targetLabel ?? '') === '')
    return `relabel configuration for ${action} action requires 'target_label' value`;
  if (REFUSES_REPLACEMENT.has(action) && replacement !== DEFAULT_REPLACEMENT)
    return `'replacement' can not be set for ${action} action`;
  if (action === 'labelmap' && replacement === '')
    return `"${replacement}" is invalid 'replacement' for ${action} action`;
  const isPlain =
    modulus === 0 &&
    (options.separator ?? DEFAULT_SEPARATOR) === DEFAULT_SEPARATOR &&
    replacement === DEFAULT_REPLACEMENT;
  if (action === 'keepequal' || action === 'dropequal') {
    if (!isPlain || (options.regex ?? DEFAULT_REGEX) !== DEFAULT_REGEX)
      return `${action} action requires only 'source_labels' and 'target_label', and no other fields`;
  }
  if (action === 'labeldrop' || action === 'labelkeep') {
    if (!isPlain || options.sourceLabels !== undefined || (options.targetLabel ?? '') !== '')
      return `${action} action requires only 'regex', and no other fields`;
  }
  return undefined;
}

function compileMatcher(regex: string): Matcher {
  try {
    return createMatcher('relabel', '=~', regex);
  } catch (error) {
    if (error instanceof InputError)
      throw new InputError('VED_CONFIG_INVALID', error.message, { cause: error });
    throw error;
  }
}

function applyRule(labels: Labels, rule: RelabelRule): Labels | undefined {
  switch (rule.action) {
    case 'drop':
      return rule.matcher.matches(sourceOf(labels, rule)) ? undefined : labels;
    case 'keep':
      return rule.matcher.matches(sourceOf(labels, rule)) ? labels : undefined;
    case 'dropequal':
      return labelValueOf(labels, rule.targetLabel) === sourceOf(labels, rule) ? undefined : labels;
    case 'keepequal':
      return labelValueOf(labels, rule.targetLabel) === sourceOf(labels, rule) ? labels : undefined;
    case 'replace':
      return replace(labels, rule);
    case 'lowercase':
      return withLabel(
        labels,
        rule.targetLabel,
        mapCase(sourceOf(labels, rule), (c) => c.toLowerCase()),
      );
    case 'uppercase':
      return withLabel(
        labels,
        rule.targetLabel,
        mapCase(sourceOf(labels, rule), (c) => c.toUpperCase()),
      );
    case 'hashmod':
      return withLabel(labels, rule.targetLabel, hashModulo(sourceOf(labels, rule), rule.modulus));
    case 'labelmap':
      return mapNames(labels, rule);
    case 'labeldrop':
      return labelsFromPairs(pairsOf(labels).filter(([name]) => !rule.matcher.matches(name)));
    case 'labelkeep':
      return labelsFromPairs(pairsOf(labels).filter(([name]) => rule.matcher.matches(name)));
    default:
      return bug(`unknown relabel action ${JSON.stringify(rule.action satisfies never)}`);
  }
}

function sourceOf(labels: Labels, rule: RelabelRule): string {
  return rule.sourceLabels.map((name) => labelValueOf(labels, name)).join(rule.separator);
}

function replace(labels: Labels, rule: RelabelRule): Labels {
  const match = rule.pattern.matcher(sourceOf(labels, rule));
  if (!match.matches()) return labels;
  const target = expand(rule.targetTemplate, match);
  // A target built from groups may come out empty: Prometheus then leaves the labels alone.
  return target === '' ? labels : withLabel(labels, target, expand(rule.replacementTemplate, match));
}

/** Copies matching labels to new names; it sees the names as they were before the rule. */
function mapNames(labels: Labels, rule: RelabelRule): Labels {
  let mapped = labels;
  for (const [name, value] of pairsOf(labels)) {
    const match = rule.pattern.matcher(name);
    if (!match.matches()) continue;
    const target = expand(rule.replacementTemplate, match);
    if (target !== '') mapped = withLabel(mapped, target, value);
  }
  return mapped;
}

function pairsOf(labels: Labels): [name: string, value: string][] {
  const pairs: [string, string][] = [];
  for (let i = 0; i < labels.length; i += 2) pairs.push([labels[i] ?? '', labels[i + 1] ?? '']);
  return pairs;
}

/** Letter by letter, as Go does: a letter whose other case is several letters (ß) stays. */
function mapCase(text: string, map: (character: string) => string): string {
  let mapped = '';
  for (const character of text) {
    const other = map(character);
    mapped += Array.from(other).length === 1 ? other : character;
  }
  return mapped;
}

/** The last 8 bytes of the MD5 digest as a big-endian number, modulo `modulus`. */
function hashModulo(text: string, modulus: number): string {
  const digest = md5Of(new TextEncoder().encode(text));
  return (new DataView(digest.buffer).getBigUint64(8) % BigInt(modulus)).toString();
}

/** Literal text and references, in order. */
type Template = readonly (string | { readonly group: number | string })[];

type Match = ReturnType<RE2JS['matcher']>;

const REFERENCE = /^(?:\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/u;

function parseTemplate(text: string): Template {
  const parts: (string | { group: number | string })[] = [];
  let rest = text;
  for (let dollar = rest.indexOf('$'); dollar >= 0; dollar = rest.indexOf('$')) {
    parts.push(rest.slice(0, dollar));
    rest = rest.slice(dollar + 1);
    const reference = REFERENCE.exec(rest);
    const name = reference?.[1] ?? reference?.[2];
    if (name === undefined) {
      // `$$` is one dollar; a dollar before anything else is itself.
      parts.push('$');
      if (rest.startsWith('$')) rest = rest.slice(1);
      continue;
    }
    parts.push({ group: /^(?:0|[1-9]\d{0,7})$/.test(name) ? Number(name) : name });
    rest = rest.slice(reference?.[0].length ?? 0);
  }
  parts.push(rest);
  return parts.filter((part) => part !== '');
}

function expand(template: Template, match: Match): string {
  let text = '';
  for (const part of template) text += typeof part === 'string' ? part : groupOf(match, part.group);
  return text;
}

function groupOf(match: Match, group: number | string): string {
  if (typeof group === 'number') return group <= match.groupCount() ? (match.group(group) ?? '') : '';
  return Object.hasOwn(match.namedGroups, group) ? (match.group(group) ?? '') : '';
}
