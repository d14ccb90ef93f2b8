/**
 * The report as a language model gets it: what was found, without addresses and bookkeeping, times in words, long texts cut,
 * names masked. It is JSON, since models read that well and nothing in it can end a string.
 */
import type { AnalysisReport } from '@vedette/api';
import type { Masker } from './masker.ts';

// A label or an annotation longer than that explains nothing more.
const TEXT_CHARS_MAX = 500;

// About 12,000 tokens. A report at the limits of its schema has half of it.
export const VIEW_CHARS_MAX = 36_000;

// Annotations and labels of one thing.
const LABELS_MAX = 40;

/** Names that a list or a field holds as they are; the value is the kind they are masked as. */
const NAME_FIELDS: ReadonlyMap<string, string> = new Map([
  ['affected', 'target'],
  ['down', 'target'],
  ['services', 'service'],
  ['instances', 'instance'],
  ['entity', 'instance'],
]);

/** Fields whose texts are words of ours or of the field. */
const PLAIN_FIELDS: ReadonlySet<string> = new Set([
  'metric',
  'kind',
  'state',
  'direction',
  'priority',
  'level',
  'evidence',
  'evidenceFor',
  'evidenceAgainst',
  'sharedLabels',
  'id',
]);

const LEFT_OUT: ReadonlySet<string> = new Set([
  'link',
  'links',
  'fingerprint',
  'fingerprints',
  'score',
  'source',
]);

export function viewOf(report: AnalysisReport, masker: Masker): string {
  for (const { metric } of report.relatedSeries) masker.keep(metric);
  masker.keep(report.subject.name);
  // Labels first: a name gets the kind of the label that it is the value of.
  for (const { labels } of [report.subject, ...report.relatedAlerts, ...report.relatedSeries])
    masked(masker, few(labels), 'labels');
  // Rows leave from the end of each list until it fits: the most telling ones stand first.
  for (let rowsMax = 40; ; rowsMax = Math.floor(rowsMax / 2)) {
    const chosen = factsOf(report, rowsMax);
    masked(masker, chosen, '');
    const text = JSON.stringify(masked(masker, chosen, ''));
    if (text.length <= VIEW_CHARS_MAX || rowsMax === 0) return text;
  }
}

function factsOf(report: AnalysisReport, rowsMax: number) {
  const { headline, subject, severity, change, blastRadius, gaps, createdAtMs } = report;
  const { annotations, labels, ...about } = subject;
  const { targets, services, instances, ...reach } = blastRadius;
  return {
    createdAtMs,
    headline,
    subject: { ...about, labels: few(labels), annotations: few(annotations) },
    severity,
    change,
    blastRadius: {
      ...reach,
      targets: {
        total: targets.total,
        affected: targets.affected.slice(0, rowsMax),
        down: targets.down.slice(0, rowsMax),
      },
      services: services.slice(0, rowsMax),
      instances: instances.slice(0, rowsMax),
    },
    relatedAlerts: report.relatedAlerts.slice(0, rowsMax),
    relatedSeries: report.relatedSeries.slice(0, rowsMax),
    suspects: report.suspects,
    runbooks: report.runbooks.map(({ title, why }) => ({ title, why })),
    nextSteps: report.nextSteps.slice(0, rowsMax),
    evidence: report.evidence.slice(0, Math.max(rowsMax * 2, 10)),
    gaps: gaps.slice(0, rowsMax),
  };
}

function few(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).slice(0, LABELS_MAX));
}

function masked(masker: Masker, value: unknown, field: string): unknown {
  if (typeof value === 'string') return maskedText(masker, value, field);
  if (typeof value === 'number') return field.endsWith('Ms') && value > 1e11 ? isoOf(value) : value;
  if (Array.isArray(value)) return value.map((one) => masked(masker, one, field));
  if (typeof value !== 'object' || value === null) return value;
  if (field === 'labels' || field === 'annotations') return maskedPairs(masker, value, field);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !LEFT_OUT.has(name))
      .map(([name, one]) => [shownField(name, one), masked(masker, one, name)]),
  );
}

/** Their names are of whoever sends the alert: an annotation `kind` or `id` is a text as all others. */
function maskedPairs(
  masker: Masker,
  pairs: object,
  field: 'labels' | 'annotations',
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(pairs).flatMap(([name, value]: [string, unknown]) => {
      if (typeof value !== 'string') return [];
      const text = clipped(value);
      return [[masker.name(name), field === 'labels' ? masker.label(name, text) : masker.text(text)]];
    }),
  );
}

function maskedText(masker: Masker, text: string, field: string): string {
  if (PLAIN_FIELDS.has(field)) return text;
  const kind = NAME_FIELDS.get(field);
  return kind === undefined ? masker.text(clipped(text)) : masker.label(kind, clipped(text));
}

function shownField(name: string, value: unknown): string {
  return name.endsWith('Ms') && typeof value === 'number' && value > 1e11 ? name.slice(0, -2) : name;
}

/** `2026-11-22T10:00:30Z` */
export function isoOf(atMs: number): string {
  const date = new Date(atMs);
  return Number.isNaN(date.getTime()) ? 'unknown' : date.toISOString().replace(/\.\d+Z$/, 'Z');
}

function clipped(text: string): string {
  return text.length <= TEXT_CHARS_MAX ? text : `${text.slice(0, TEXT_CHARS_MAX).toWellFormed()}…`;
}
