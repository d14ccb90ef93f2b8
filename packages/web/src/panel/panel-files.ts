import { TOKENS, type ColourScheme } from '../theme/tokens.ts';
import { csvOf } from './csv.ts';
import { downloadBlob, fileNameOf } from './download.ts';
import { pictureOf } from './panel-picture.ts';
import type { PanelProps } from './panel-props.ts';
import { seriesModelOf } from './series-model.ts';
import { tablesOf } from './wide-frame.ts';

/** Hands the numbers of a panel out as CSV; series over time are columns of one table. */
export function saveCsv(frames: PanelProps['frames'], title: string): void {
  const text = tablesOf(frames).map(csvOf).join('\r\n');
  // The mark tells spreadsheets that this is UTF-8.
  downloadBlob(new Blob([`\ufeff${text}`], { type: 'text/csv' }), fileNameOf(title, 'csv'));
}

export interface PictureRequest extends Pick<PanelProps, 'panel' | 'frames'> {
  /** Around the drawing. */
  readonly root: HTMLElement | null;
  readonly title: string;
  readonly scheme: ColourScheme;
}

/** Hands the drawing of a panel out as a PNG with its title and legend; nothing happens when it is not drawn. */
export async function savePicture({ root, title, frames, scheme, panel }: PictureRequest): Promise<void> {
  if (root === null) return;
  const { surface, text } = TOKENS[scheme];
  const legend =
    panel.kind === 'heatmap'
      ? []
      : seriesModelOf(frames, scheme).model.series.map(({ name, look }) => ({ name, colour: look.colour }));
  const blob = await pictureOf(root, { title, legend, surface, text });
  if (blob !== undefined) downloadBlob(blob, fileNameOf(title, 'png'));
}
