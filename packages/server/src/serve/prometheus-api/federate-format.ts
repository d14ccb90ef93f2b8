/**
 * What the newest samples look like to the Prometheus that scrapes them: untyped families with timestamps, as
 * upstream's `/federate` writes them. Text 0.0.4, or OpenMetrics where it is asked for. Names beyond the old
 * alphabet are escaped the way the client asked for; who asks for nothing gets underscores.
 */
import { compareUtf8, METRIC_NAME, type Labels } from '@vedette/model';

export type NameEscaping = 'allow-utf-8' | 'underscores' | 'dots' | 'values';

export interface FederateFormat {
  readonly kind: 'text' | 'openmetrics';
  readonly escaping: NameEscaping;
  readonly contentType: string;
}

/** The newest sample of a series. */
export interface NewestSample {
  readonly labels: Labels;
  readonly name: string;
  readonly timestampMs: number;
  readonly value: number;
}

const ESCAPINGS: readonly NameEscaping[] = ['allow-utf-8', 'underscores', 'dots', 'values'];

/** By the `Accept` header: the first type in it that we write. */
export function federateFormatOf(accept: string | undefined): FederateFormat {
  for (const part of (accept ?? '').split(',')) {
    const [type = '', ...parameters] = part.split(';').map((word) => word.trim());
    const parameterOf = (name: string): string | undefined =>
      parameters.find((parameter) => parameter.startsWith(`${name}=`))?.slice(name.length + 1);
    if (/^0(?:\.0*)?$/.test(parameterOf('q') ?? '')) continue;
    const escaping = ESCAPINGS.find((known) => known === parameterOf('escaping'));
    const version = parameterOf('version');
    if (type === 'application/openmetrics-text' && isOneOf(version, ['0.0.1', '1.0.0']))
      return formatOf('openmetrics', `application/openmetrics-text; version=${version ?? '1.0.0'}`, escaping);
    if (type === 'text/plain' && isOneOf(version, ['0.0.4', '1.0.0']))
      return formatOf('text', `text/plain; version=${version ?? '0.0.4'}`, escaping);
  }
  return formatOf('text', 'text/plain; version=0.0.4', undefined);
}

function isOneOf(version: string | undefined, known: readonly string[]): boolean {
  return version === undefined || known.includes(version);
}

function formatOf(
  kind: FederateFormat['kind'],
  type: string,
  escaping: NameEscaping | undefined,
): FederateFormat {
  const suffix = escaping === undefined ? '' : `; escaping=${escaping}`;
  return { kind, escaping: escaping ?? 'underscores', contentType: `${type}; charset=utf-8${suffix}` };
}

/**
 * The page, one piece per sample. Samples of one name stand together. A series gets those of `externalLabels` whose
 * names it does not have; `instance` is always among them, empty, or the scraper would put its own there.
 */
export function* federatePieces(
  samples: Iterable<NewestSample>,
  externalLabels: Labels,
  { kind, escaping }: FederateFormat,
): Generator<string, void> {
  const added = externalPairs(externalLabels);
  let family: string | undefined;
  for (const { name, labels, value, timestampMs } of samples) {
    const written = escapeName(name, escaping);
    const isPlain = LEGACY_NAME.test(written);
    let text = '';
    if (name !== family)
      text = `# TYPE ${isPlain ? written : quoted(written)} ${kind === 'text' ? 'untyped' : 'unknown'}\n`;
    family = name;
    const pairs = isPlain ? [] : [quoted(written)];
    for (const [label, labelValue] of withAdded(labels, added))
      pairs.push(`${labelName(label, escaping)}=${quoted(labelValue)}`);
    const time = kind === 'text' ? String(timestampMs) : formatSeconds(timestampMs);
    const braces = pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
    yield `${text}${isPlain ? written : ''}${braces} ${formatG(value)} ${time}\n`;
  }
  if (kind === 'openmetrics') yield '# EOF\n';
}

type Pair = readonly [name: string, value: string];

function externalPairs(labels: Labels): Pair[] {
  const pairs: Pair[] = [];
  for (let i = 0; i < labels.length; i += 2) pairs.push([labels[i] ?? '', labels[i + 1] ?? '']);
  if (!pairs.some(([name]) => name === 'instance')) pairs.push(['instance', '']);
  return pairs.sort(([a], [b]) => compareUtf8(a, b));
}

function withAdded(labels: Labels, added: readonly Pair[]): Pair[] {
  const pairs: Pair[] = [];
  for (let i = 0; i < labels.length; i += 2)
    if (labels[i] !== METRIC_NAME) pairs.push([labels[i] ?? '', labels[i + 1] ?? '']);
  const own = new Set(pairs.map(([name]) => name));
  for (const pair of added) if (!own.has(pair[0])) pairs.push(pair);
  return pairs;
}

const LEGACY_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LEGACY_LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

function labelName(name: string, escaping: NameEscaping): string {
  const written = escapeName(name, escaping);
  return LEGACY_LABEL.test(written) ? written : quoted(written);
}

/** `escapeName('a.b', 'dots')` is `a_dot_b`; the same in the other ways: `a_b`, `U__a_2e_b`, `a.b`. */
export function escapeName(name: string, escaping: NameEscaping): string {
  switch (escaping) {
    case 'allow-utf-8':
      return name;
    case 'underscores':
      return LEGACY_NAME.test(name) ? name : escaped(name, () => '_');
    case 'dots':
      // Old names too: an underscore in them must not be taken for an escape.
      return escaped(name.replaceAll('_', '__'), (character) => (character === '.' ? '_dot_' : '__'));
    case 'values':
      if (LEGACY_NAME.test(name)) return name;
      return `U__${escaped(name.replaceAll('_', '__'), (character) => `_${(character.codePointAt(0) ?? 0).toString(16)}_`)}`;
  }
}

/** Replaces each character that an old name cannot have where it stands. */
function escaped(name: string, escape: (character: string) => string): string {
  return name.replaceAll(/^[0-9]|[^a-zA-Z0-9_:]/gu, escape);
}

function quoted(text: string): string {
  return `"${text.replaceAll(/[\\\n"]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`))}"`;
}

/** Go's shortest `%g`: an exponent from a million up and below a ten-thousandth. `formatG(1e6)` is `1e+06`. */
export function formatG(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const [digits = '', exponentText = '0'] = value.toExponential().split('e');
  const exponent = Number(exponentText);
  // JavaScript writes no exponent between 1e-6 and 1e21.
  if (exponent >= -4 && exponent < 6) return String(value);
  const sign = exponent < 0 ? '-' : '+';
  return `${digits}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

function formatSeconds(timestampMs: number): string {
  return String(timestampMs / 1000);
}
