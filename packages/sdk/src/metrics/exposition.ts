/**
 * A registry as text: Prometheus' format 0.0.4 and OpenMetrics 1.0.
 *
 * Written in pieces of `PIECE_PARTS`, so that the caller can let the event loop run between two
 * of them (`in-slices.ts` does): 100,000 series are 400 pieces of well below a millisecond each. Values are read when their
 * piece is made; all samples of one series are in one piece, so that a histogram's buckets, sum and
 * count agree. Series born meanwhile are left to the next reading.
 *
 * Where the formats differ: OpenMetrics names a counter's family without `_total`, adds `# UNIT` and exemplars,
 * escapes quotes in help texts, and ends in `# EOF`. Native histograms show their classic buckets, if only `+Inf`:
 * text has no others.
 */
import type { Exemplar, FamilyView, MetricsRegistry } from './instruments.ts';
import { escapeLabelValue } from './label-values.ts';
import { familyNameOf, unitOf } from './names.ts';

/** Prometheus text 0.0.4, or OpenMetrics 1.0. */
export type ExpositionFormat = 'prometheus' | 'openmetrics';

/** The `Content-Type` to answer with. */
export const EXPOSITION_CONTENT_TYPES: Readonly<Record<ExpositionFormat, string>> = {
  prometheus: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

// Four for each sample: 250 samples, about 0.3 ms of work and 16 kB, a good size for one write to a socket. Counted in
// samples rather than characters, so that long labels make a piece large but not slow.
const PIECE_PARTS = 1000;

/** Pieces of the page, in order; none is empty. Runs the registry's readers before the first one. */
export function* exposeMetrics(
  registry: Pick<MetricsRegistry, 'read'>,
  format: ExpositionFormat,
): Generator<string, void> {
  yield* exposeFamilies(registry.read(), format);
}

/** As `exposeMetrics`, of families that were read before. */
export function* exposeFamilies(
  families: readonly FamilyView[],
  format: ExpositionFormat,
): Generator<string, void> {
  // Parts are joined to one flat string: a chain of concatenations lives on as a tree of all its parts, and moving those
  // trees was what held the event loop for 50 ms in a page of 100,000 series (the garbage collector, not the writing).
  let parts: string[] = [];
  for (const family of families) {
    parts.push(headOf(family, format));
    const { seriesCount } = family;
    for (let series = 0; series < seriesCount; series++) {
      if (!family.isLive(series)) continue;
      addLines(parts, family, series, format);
      if (parts.length < PIECE_PARTS) continue;
      yield parts.join('');
      parts = [];
    }
  }
  if (format === 'openmetrics') parts.push('# EOF\n');
  if (parts.length > 0) yield parts.join('');
}

function headOf({ name, help, type }: FamilyView, format: ExpositionFormat): string {
  if (format === 'prometheus')
    return `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type === 'unknown' ? 'untyped' : type}\n`;
  const family = type === 'counter' ? familyNameOf(name) : name;
  const unit = unitOf(family);
  const unitLine = unit === '' ? '' : `# UNIT ${family} ${unit}\n`;
  return `# HELP ${family} ${escapeHelp(help).replaceAll('"', '\\"')}\n# TYPE ${family} ${type}\n${unitLine}`;
}

function addLines(parts: string[], family: FamilyView, series: number, format: ExpositionFormat): void {
  const { name, samplesPerSeries, type } = family;
  for (let sample = 0; sample < samplesPerSeries; sample++) {
    const text = family.textOf(series, sample);
    const value = formatValue(family.valueOf(series, sample));
    if (format === 'prometheus') {
      parts.push(text, ' ', value, '\n');
      continue;
    }
    const exemplar = family.exemplarOf?.(series, sample);
    const shown = type === 'counter' ? counterTextOf(name, text) : text;
    parts.push(shown, ' ', value, exemplar === undefined ? '\n' : `${exemplarTextOf(exemplar)}\n`);
  }
}

/** OpenMetrics wants `_total`, which counters of other libraries may lack. */
function counterTextOf(name: string, text: string): string {
  return name.endsWith('_total') ? text : `${name}_total${text.slice(name.length)}`;
}

function exemplarTextOf({ labels, value, timestampMs }: Exemplar): string {
  const pairs: string[] = [];
  for (let i = 0; i < labels.length; i += 2)
    pairs.push(`${labels[i]}="${escapeLabelValue(labels[i + 1] ?? '')}"`);
  return ` # {${pairs.join(',')}} ${formatValue(value)} ${timestampMs / 1000}`;
}

function escapeHelp(help: string): string {
  return help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

/** Shortest text that reads back as the same number. */
function formatValue(value: number): string {
  if (value === Infinity) return '+Inf';
  if (value === -Infinity) return '-Inf';
  return String(value);
}
