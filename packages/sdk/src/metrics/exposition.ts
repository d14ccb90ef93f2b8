/**
 * A registry as text: Prometheus' format 0.0.4 and OpenMetrics 1.0.
 *
 * Written in pieces of about `PIECE_CHARS`, so that the caller can let the event loop run between two
 * of them: 100,000 series are 250 pieces of well below a millisecond each. Values are read when their
 * piece is made; all samples of one series are in one piece, so that a histogram's buckets, sum and
 * count agree. Series born meanwhile are left to the next reading.
 *
 * Where the formats differ: OpenMetrics names a counter's family without `_total`, adds `# UNIT`,
 * escapes quotes in help texts, and ends in `# EOF`.
 */
import type { FamilyView, MetricsRegistry } from './instruments.ts';
import { unitOf } from './names.ts';

/** Prometheus text 0.0.4, or OpenMetrics 1.0. */
export type ExpositionFormat = 'prometheus' | 'openmetrics';

/** The `Content-Type` to answer with. */
export const EXPOSITION_CONTENT_TYPES: Readonly<Record<ExpositionFormat, string>> = {
  prometheus: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

/** OpenMetrics where the `Accept` header asks for version 1.0.0 of it (or names none), else the older text. */
export function expositionFormatOf(accept: string | undefined): ExpositionFormat {
  for (const part of (accept ?? '').split(',')) {
    const [type = '', ...parameters] = part.split(';').map((word) => word.trim());
    if (type !== 'application/openmetrics-text') continue;
    const version = parameters.find((parameter) => parameter.startsWith('version='));
    const isRefused = parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
    if (!isRefused && (version === undefined || version === 'version=1.0.0')) return 'openmetrics';
  }
  return 'prometheus';
}

// About 0.3 ms of work, and a good size for one write to a socket.
const PIECE_CHARS = 16 * 1024;

/** Pieces of the page, in order; none is empty. Runs the registry's readers before the first one. */
export function* exposeMetrics(
  registry: Pick<MetricsRegistry, 'read'>,
  format: ExpositionFormat,
): Generator<string, void> {
  let piece = '';
  for (const family of registry.read()) {
    piece += headOf(family, format);
    const { seriesCount, samplesPerSeries } = family;
    for (let series = 0; series < seriesCount; series++) {
      for (let sample = 0; sample < samplesPerSeries; sample++)
        piece += `${family.identityOf(series, sample).text} ${formatValue(family.valueOf(series, sample))}\n`;
      if (piece.length < PIECE_CHARS) continue;
      yield piece;
      piece = '';
    }
  }
  if (format === 'openmetrics') piece += '# EOF\n';
  if (piece !== '') yield piece;
}

function headOf({ name, help, type }: FamilyView, format: ExpositionFormat): string {
  if (format === 'prometheus') return `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n`;
  const family = type === 'counter' ? name.slice(0, -'_total'.length) : name;
  const unit = unitOf(family);
  const unitLine = unit === '' ? '' : `# UNIT ${family} ${unit}\n`;
  return `# HELP ${family} ${escapeHelp(help).replaceAll('"', '\\"')}\n# TYPE ${family} ${type}\n${unitLine}`;
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
