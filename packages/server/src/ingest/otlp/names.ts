import { TRANSLATION_STRATEGIES, type OtlpConfig } from './config.ts';

/**
 * Names of OpenTelemetry as names of Prometheus, by the rules that both projects have agreed on (the
 * specification's page on compatibility with Prometheus, and Prometheus' library for them).
 *
 * 1. Metric names are cut into words at every character that may not stand in one; the words of the unit follow
 *    (`By/s` → `bytes_per_second`) unless the name has them, then `total` for counters or `ratio` for gauges of
 *    unit 1, moved to the end when they stand elsewhere.
 * 2. Without escaping the name stays as it is, and the same suffixes are appended.
 * 3. In label names each such character becomes an underscore; a digit in front gets `key_`.
 *
 * A name of which nothing is left is refused: `undefined`.
 */
export interface NamedMetric {
  readonly name: string;
  readonly unit: string;
  readonly kind: 'counter' | 'gauge' | 'other';
}

/** Finds the metric name; `undefined` when nothing of it may stand in one. */
export function findMetricName(metric: NamedMetric, config: OtlpConfig): string | undefined {
  const { isEscaped, hasSuffixes } = TRANSLATION_STRATEGIES[config.translation_strategy];
  const name = isEscaped
    ? escapedName(metric, hasSuffixes)
    : hasSuffixes
      ? suffixedName(metric)
      : metric.name;
  return name === '' || (isEscaped && name !== metric.name && /^_+$/.test(name)) ? undefined : name;
}

/** The unit as metadata has it: `bytes_per_second`; empty for 1, for nothing and for annotations in braces. */
export function unitNameOf(unit: string): string {
  const { main, per } = unitWordsOf(unit);
  return [escapedUnit(main), escapedUnit(per)]
    .filter((part) => part !== '')
    .join('_')
    .replace(/^_/, '')
    .replace(/_$/, '');
}

/** Finds the label name of an attribute; `undefined` when nothing but underscores would be left. */
export function findLabelName(attribute: string, config: OtlpConfig): string | undefined {
  const isEscaped = TRANSLATION_STRATEGIES[config.translation_strategy].isEscaped;
  const name = isEscaped ? escapedLabelName(attribute, config) : attribute;
  return /^_*$/.test(name) ? undefined : name;
}

function escapedName({ name, unit, kind }: NamedMetric, hasSuffixes: boolean): string {
  const escaped = hasSuffixes
    ? withSuffixWords(wordsOf(name, /[^a-zA-Z0-9:]+/), unit, kind).join('_')
    : wordsOf(name, /[^a-zA-Z0-9:_]+/).join('_');
  return /^\d/.test(escaped) ? `_${escaped}` : escaped;
}

function wordsOf(name: string, separators: RegExp): string[] {
  return name.split(separators).filter((word) => word !== '');
}

function withSuffixWords(
  words: readonly string[],
  unit: string,
  kind: NamedMetric['kind'],
): readonly string[] {
  const { main, per } = unitWordsOf(unit);
  const perWord = escapedUnit(per).replace(/_$/, '');
  const hasPer = perWord !== '' && perWord !== 'per' && !words.includes(perWord);
  const escapedMain = escapedUnit(main);
  const mainWord = words.includes(escapedMain) ? '' : hasPer ? escapedMain.replace(/_$/, '') : escapedMain;
  const all = [...words];
  if (mainWord !== '') all.push(mainWord);
  if (hasPer) all.push(perWord);
  if (kind === 'counter') return [...all.filter((word) => word !== 'total'), 'total'];
  if (kind === 'gauge' && unit === '1') return [...all.filter((word) => word !== 'ratio'), 'ratio'];
  return all;
}

function suffixedName({ name, unit, kind }: NamedMetric): string {
  const last = kind === 'counter' ? 'total' : kind === 'gauge' && unit === '1' ? 'ratio' : '';
  const { main, per } = unitWordsOf(unit);
  let stem = withoutEnding(withoutEnding(name, last), per);
  if (main !== '' && !stem.endsWith(main)) stem += `_${main}`;
  if (per !== '') stem += `_${per}`;
  return last === '' ? stem : `${stem}_${last}`;
}

/** Without the ending and the one character before it, whatever that is. */
function withoutEnding(name: string, ending: string): string {
  if (ending === '' || !name.endsWith(ending) || name.length <= ending.length + 1) return name;
  return name.slice(0, -ending.length - 1);
}

function unitWordsOf(unit: string): { readonly main: string; readonly per: string } {
  const slash = unit.indexOf('/');
  const main = (slash < 0 ? unit : unit.slice(0, slash)).trim();
  const per = slash < 0 ? '' : unit.slice(slash + 1).trim();
  return {
    main: isAnnotation(main) ? '' : (UNITS.get(main) ?? main),
    per: per === '' || isAnnotation(per) ? '' : `per_${PER_UNITS.get(per) ?? per}`,
  };
}

function isAnnotation(unit: string): boolean {
  return unit.includes('{') || unit.includes('}');
}

function escapedUnit(unit: string): string {
  return unit.replaceAll(/[^a-zA-Z0-9:]+/g, '_').replace(/^_/, '');
}

function escapedLabelName(attribute: string, config: OtlpConfig): string {
  const isReserved = attribute.length >= 4 && attribute.startsWith('__') && attribute.endsWith('__');
  const name = config.label_name_preserve_multiple_underscores
    ? attribute.replaceAll(/[^a-zA-Z0-9]/gu, '_')
    : isReserved
      ? `__${collapsed(attribute.slice(2, -2))}__`
      : collapsed(attribute);
  if (/^\d/.test(name)) return `key_${name}`;
  return config.label_name_underscore_sanitization && /^_(?!_)/.test(name) ? `key${name}` : name;
}

function collapsed(name: string): string {
  return name.replaceAll(/[^a-zA-Z0-9]+/gu, '_');
}

const UNITS: ReadonlyMap<string, string> = new Map([
  ['d', 'days'],
  ['h', 'hours'],
  ['min', 'minutes'],
  ['s', 'seconds'],
  ['ms', 'milliseconds'],
  ['us', 'microseconds'],
  ['ns', 'nanoseconds'],
  ['By', 'bytes'],
  ['KiBy', 'kibibytes'],
  ['MiBy', 'mebibytes'],
  ['GiBy', 'gibibytes'],
  // Sic: the name that Prometheus has given it, and dashboards ask for.
  ['TiBy', 'tibibytes'],
  ['KBy', 'kilobytes'],
  ['MBy', 'megabytes'],
  ['GBy', 'gigabytes'],
  ['TBy', 'terabytes'],
  ['m', 'meters'],
  ['V', 'volts'],
  ['A', 'amperes'],
  ['J', 'joules'],
  ['W', 'watts'],
  ['g', 'grams'],
  ['Cel', 'celsius'],
  ['Hz', 'hertz'],
  ['1', ''],
  ['%', 'percent'],
]);

const PER_UNITS: ReadonlyMap<string, string> = new Map([
  ['s', 'second'],
  ['m', 'minute'],
  ['h', 'hour'],
  ['d', 'day'],
  ['w', 'week'],
  ['mo', 'month'],
  ['y', 'year'],
]);
