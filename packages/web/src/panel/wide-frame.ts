import type { DataFrame, Field } from '@vedette/dashboard';
import { joinTimes } from './join-times.ts';
import { SERIES_MAX } from './series-model.ts';

/**
 * Frames as the tables that people read and download: series over time side by side in one, each other
 * frame by itself.
 */
export function tablesOf(frames: readonly DataFrame[]): DataFrame[] {
  const isSeries = ({ fields }: DataFrame): boolean =>
    fields.some(({ kind }) => kind === 'time') &&
    fields.every(({ kind }) => kind === 'time' || kind === 'number' || kind === 'boolean');
  const series = frames.filter(isSeries);
  const rest = frames.filter((frame) => !isSeries(frame));
  return series.length === 0 ? rest : [wideOf(series), ...rest];
}

function wideOf(frames: readonly DataFrame[]): DataFrame {
  const [first] = frames;
  const { timesMs, columns } = joinTimes(frames, SERIES_MAX);
  const time = first?.fields.find(({ kind }) => kind === 'time');
  const fields: Field[] = [
    { name: time?.name ?? 'Time', kind: 'time', values: timesMs, config: time?.config ?? {} },
    ...columns.map(({ field, values }) => ({ ...field, values: values.map((value) => value ?? null) })),
  ];
  return { refId: first?.refId ?? 'A', length: timesMs.length, fields };
}
