import type { DataFrame, FieldValue } from '@vedette/dashboard';

/**
 * Frames as CSV (RFC 4180). Series of one grid of times share a first column; other frames follow one
 * another with an empty line between. Times are ISO 8601. Texts that a spreadsheet would take for a
 * formula get an apostrophe in front: label values are written by strangers.
 */
export function csvOfFrames(frames: readonly DataFrame[]): string {
  return groupsOf(frames)
    .map((group) => {
      const [first] = group;
      if (first === undefined) return '';
      const [time] = first.fields;
      const isSeries = time?.kind === 'time';
      const columns = isSeries
        ? [time, ...group.flatMap(({ fields }) => fields.filter(({ kind }) => kind !== 'time'))]
        : first.fields;
      const head = columns.map((field) => cell(field.displayName ?? field.name));
      const rows = Array.from({ length: first.length }, (_, i) =>
        columns.map((field) => (field.kind === 'time' ? timeCell(field.values[i]) : cell(field.values[i]))),
      );
      return [head, ...rows].map((row) => row.join(',')).join('\r\n');
    })
    .join('\r\n\r\n');
}

/** Frames whose time columns are one and the same array. */
function groupsOf(frames: readonly DataFrame[]): readonly (readonly DataFrame[])[] {
  const groups = new Map<unknown, DataFrame[]>();
  for (const frame of frames) {
    const [first] = frame.fields;
    const key = first?.kind === 'time' ? first.values : frame;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [frame]);
    else group.push(frame);
  }
  return [...groups.values()];
}

function timeCell(value: FieldValue | undefined): string {
  return typeof value === 'number' && Number.isFinite(value) ? new Date(value).toISOString() : cell(value);
}

function cell(value: FieldValue | undefined): string {
  if (value === null || value === undefined) return '';
  if (typeof value !== 'string') return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
