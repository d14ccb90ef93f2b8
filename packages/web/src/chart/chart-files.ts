import { csvOf } from '../panel/csv.ts';
import { downloadBlob, fileNameOf } from '../panel/download.ts';
import { pictureOf } from '../panel/panel-picture.ts';
import { TOKENS, type ColourScheme } from '../theme/tokens.ts';
import { chartModelOf } from './chart-model.ts';
import type { Frame, FrameSeries } from './frame.ts';

/** What a chart hands out as a file. */
export interface ChartFile {
  readonly title: string;
  readonly frame: Frame;
  readonly unit: string;
  readonly nameOf: (series: FrameSeries) => string;
}

/** Loaded with the first press: the first screen does without. */
export function saveChartCsv({ title, ...file }: ChartFile): void {
  // The mark tells spreadsheets that this is UTF-8.
  downloadBlob(new Blob([`\ufeff${chartCsv(file)}`], { type: 'text/csv' }), fileNameOf(title, 'csv'));
}

/** A column of times and one for each series, by the name that the legend has. */
export function chartCsv({ frame, nameOf }: Pick<ChartFile, 'frame' | 'nameOf'>): string {
  const times = Array.from({ length: frame.n }, (_, i) => frame.t0 + i * frame.step);
  const columns = frame.series.map((series) => ({
    name: nameOf(series),
    kind: 'number' as const,
    values: series.values,
    config: {},
  }));
  const fields = [{ name: 'time', kind: 'time' as const, values: times, config: {} }, ...columns];
  return csvOf({ refId: 'A', length: frame.n, fields });
}

export interface ChartPicture extends ChartFile {
  /** Around the drawing. */
  readonly root: HTMLElement;
  readonly scheme: ColourScheme;
}

/** Saves nothing where there is no drawing. */
export async function saveChartPicture({
  root,
  title,
  frame,
  scheme,
  unit,
  nameOf,
}: ChartPicture): Promise<void> {
  const { surface, text } = TOKENS[scheme];
  const { series } = chartModelOf(frame, { nameOf, unit, isStacked: false, scheme });
  const legend = series.map(({ name, look }) => ({ name, colour: look.colour }));
  const picture = await pictureOf(root, { title, legend, surface, text });
  if (picture !== undefined) downloadBlob(picture, fileNameOf(title, 'png'));
}
