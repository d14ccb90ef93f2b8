/** What a picture of a panel says besides the drawing. */
export interface PictureWords {
  readonly title: string;
  readonly legend: readonly { readonly name: string; readonly colour: string }[];
  readonly surface: string;
  readonly text: string;
}

/** Names on a picture; a longer legend is a table, and that is the CSV. */
const LEGEND_MAX = 30;

const PADDING = 16;
const TITLE_HEIGHT = 32;
const LINE_HEIGHT = 20;

/** The panel's drawing with its title and legend as a PNG; `undefined` when it is not on a canvas. */
export async function pictureOf(root: HTMLElement, words: PictureWords): Promise<Blob | undefined> {
  const drawing = root.querySelector('canvas');
  if (drawing === null || drawing.width === 0) return undefined;
  const ratio = drawing.width / Math.max(1, drawing.getBoundingClientRect().width);
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('2d');
  if (context === null) return undefined;
  const width = drawing.width / ratio + PADDING * 2;
  const font = '12px system-ui, sans-serif';
  context.font = font;
  const entries = placed(words.legend, width, (name) => context.measureText(name).width);
  const lines = entries.at(-1)?.line ?? -1;
  const top = PADDING + TITLE_HEIGHT;
  const bottom = top + drawing.height / ratio;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round((bottom + PADDING + (lines + 1) * LINE_HEIGHT) * ratio);
  context.scale(ratio, ratio);
  context.fillStyle = words.surface;
  context.fillRect(0, 0, width, canvas.height / ratio);
  context.fillStyle = words.text;
  context.font = `600 15px system-ui, sans-serif`;
  context.fillText(words.title, PADDING, PADDING + 16, width - PADDING * 2);
  context.drawImage(drawing, PADDING, top, drawing.width / ratio, drawing.height / ratio);
  context.font = font;
  for (const { name, colour, x, line } of entries) {
    const y = bottom + 8 + line * LINE_HEIGHT;
    context.fillStyle = colour;
    context.fillRect(x, y + 4, 14, 4);
    context.fillStyle = words.text;
    context.fillText(name, x + 20, y + 10);
  }
  return new Promise((resolve) => canvas.toBlob((blob) => resolve(blob ?? undefined), 'image/png'));
}

export interface PlacedName {
  readonly name: string;
  readonly colour: string;
  readonly x: number;
  readonly line: number;
}

/** Names in lines from the left, as many to a line as fit. */
export function placed(
  legend: PictureWords['legend'],
  width: number,
  widthOf: (name: string) => number,
): PlacedName[] {
  let [x, line] = [PADDING, 0];
  return legend.slice(0, LEGEND_MAX).map(({ name, colour }) => {
    const needed = widthOf(name) + 36;
    if (x > PADDING && x + needed > width - PADDING) {
      x = PADDING;
      line++;
    }
    const entry = { name, colour, x, line };
    x += needed;
    return entry;
  });
}
