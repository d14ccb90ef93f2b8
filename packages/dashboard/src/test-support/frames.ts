import type { DataFrame, Field, FieldValue } from '../frame.ts';

/** A table by its columns; times are columns called Time. */
export function tableOf(columns: Readonly<Record<string, readonly FieldValue[]>>, refId = 'A'): DataFrame {
  const fields = Object.entries(columns).map(([name, values]): Field => {
    const sample = values.find((value) => value !== null);
    const kind = name.startsWith('Time') ? 'time' : typeof sample === 'number' ? 'number' : 'string';
    return { name, kind, values, config: {} };
  });
  return { refId, length: fields[0]?.values.length ?? 0, fields };
}

/** A series at 0, 1000, 2000… ms. */
export function seriesOf(
  labels: Readonly<Record<string, string>>,
  values: readonly FieldValue[],
  refId = 'A',
): DataFrame {
  return {
    refId,
    length: values.length,
    fields: [
      { name: 'Time', kind: 'time', values: values.map((_, i) => i * 1000), config: {} },
      { name: 'Value', kind: 'number', labels, values, config: {} },
    ],
  };
}

/** What people would read: columns by name. */
export function columnsOf(frame: DataFrame | undefined): Record<string, readonly FieldValue[]> {
  return Object.fromEntries(
    (frame?.fields ?? []).map((field) => [field.displayName ?? field.name, field.values]),
  );
}
