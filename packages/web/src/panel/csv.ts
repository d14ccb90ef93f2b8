import type { DataFrame, Field, FieldValue } from '@vedette/dashboard';

/** Rows of one file; what is longer belongs into a query. */
export const CSV_ROWS_MAX = 200_000;

/**
 * A frame as CSV (RFC 4180): names in the first line, times in ISO 8601, gaps empty, numbers in full.
 *
 * Spreadsheets run texts that begin like a formula. Such texts come from label values, which anybody may
 * have chosen, so they are written with an apostrophe in front, which spreadsheets show as plain text.
 */
export function csvOf({ fields, length }: DataFrame): string {
  const lines = [fields.map((field) => cell(field.displayName ?? field.name)).join(',')];
  for (let row = 0; row < Math.min(length, CSV_ROWS_MAX); row++)
    lines.push(fields.map((field) => valueCell(field, field.values[row] ?? null)).join(','));
  return `${lines.join('\r\n')}\r\n`;
}

function valueCell({ kind }: Field, value: FieldValue): string {
  if (value === null) return '';
  if (typeof value === 'number') return kind === 'time' ? isoOf(value) : String(value);
  return cell(String(value));
}

function isoOf(timestampMs: number): string {
  const moment = new Date(timestampMs);
  return Number.isNaN(moment.getTime()) ? '' : moment.toISOString();
}

function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
