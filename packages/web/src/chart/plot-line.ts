import uPlot from 'uplot';

/**
 * The path of a plain line, with no more corners than the screen can show.
 *
 * Points are rounded to whole pixels, as everywhere in uPlot. A chart of 2,000 points has more than two in each column of
 * pixels, and in a quiet series most lie on one height: to a rasteriser without a graphics card each corner costs, to the
 * eye they are one line. So, exactly and not by some tolerance:
 *
 * 1. In one column of pixels four corners are enough: where the line comes in, its extremes in their order, where it
 *    goes out.
 * 2. A corner on the straight line between its neighbours is none.
 *
 * uPlot's own line does the first from four points a pixel on, and the second never; it stays for areas and stacks,
 * which need an outline to fill.
 */
export const plainLine: uPlot.Series.PathBuilder = (plot, seriesIndex, first, last) =>
  uPlot.orient(
    plot,
    seriesIndex,
    (_series, times, values, scaleX, scaleY, toX, toY, left, top, width, height) => {
      const xOf = (i: number): number => Math.round(toX(times[i] ?? 0, scaleX, width, left));
      const yOf = (value: number): number => Math.round(toY(value, scaleY, height, top));
      const stroke = new Path2D();
      const gaps = drawLine(new Corners(stroke), { values, first, last, xOf, yOf });
      const clip = uPlot.clipGaps(gaps, scaleX.ori ?? 0, left, top, width, height);
      return { stroke, fill: null, clip, band: null, gaps, flags: 0 };
    },
  ) as uPlot.Series.Paths;

interface LineSource {
  readonly values: ArrayLike<number | null | undefined>;
  readonly first: number;
  readonly last: number;
  readonly xOf: (index: number) => number;
  readonly yOf: (value: number) => number;
}

/** Draws the line and returns where it is interrupted: `null` interrupts, `undefined` is no point at all. */
export function drawLine(corners: LineCorners, source: LineSource): [from: number, to: number][] {
  const { values, first, last, xOf, yOf } = source;
  const gaps: [number, number][] = [];
  let hasGap = false;
  let before: number | undefined;
  for (let i = first; i <= last; i++) {
    const value = values[i];
    if (value === null) hasGap = true;
    if (value === null || value === undefined) continue;
    const x = xOf(i);
    if (hasGap && before !== undefined) gaps.push([before, x]);
    hasGap = false;
    before = x;
    corners.to(x, yOf(value));
  }
  corners.end();
  return gaps;
}

/** What a line is written to; a `Path2D`, or a list in tests. */
export interface LinePath {
  lineTo(x: number, y: number): void;
}

export interface LineCorners {
  to(x: number, y: number): void;
  end(): void;
}

/** Keeps back what may turn out to be no corner. All numbers are whole pixels. */
export class Corners implements LineCorners {
  readonly #path: LinePath;
  /** The column being gathered: where the line came in, how far it went up and down, and where it is. */
  #x = Number.NaN;
  #in = 0;
  #low = 0;
  #high = 0;
  #out = 0;
  #isLowFirst = true;
  /** The last corner written, and the one that waits to be one. */
  #writtenX = Number.NaN;
  #writtenY = 0;
  #waitingX = Number.NaN;
  #waitingY = 0;

  constructor(path: LinePath) {
    this.#path = path;
  }

  to(x: number, y: number): void {
    if (x !== this.#x) {
      this.#leaveColumn();
      this.#x = x;
      this.#in = this.#low = this.#high = y;
    } else if (y < this.#low) {
      this.#low = y;
      this.#isLowFirst = false;
    } else if (y > this.#high) {
      this.#high = y;
      this.#isLowFirst = true;
    }
    this.#out = y;
  }

  end(): void {
    this.#leaveColumn();
    if (!Number.isNaN(this.#waitingX)) this.#path.lineTo(this.#waitingX, this.#waitingY);
  }

  #leaveColumn(): void {
    if (Number.isNaN(this.#x)) return;
    this.#corner(this.#in);
    if (this.#low !== this.#high) {
      this.#corner(this.#isLowFirst ? this.#low : this.#high);
      this.#corner(this.#isLowFirst ? this.#high : this.#low);
      this.#corner(this.#out);
    }
  }

  /** Takes a corner in the present column; the one that waited is written unless the line runs straight through it. */
  #corner(y: number): void {
    const x = this.#x;
    if (x === this.#waitingX && y === this.#waitingY) return;
    if (!this.#runsThroughWaiting(x, y)) {
      this.#path.lineTo(this.#waitingX, this.#waitingY);
      this.#writtenX = this.#waitingX;
      this.#writtenY = this.#waitingY;
    }
    this.#waitingX = x;
    this.#waitingY = y;
  }

  #runsThroughWaiting(x: number, y: number): boolean {
    // Nothing waits: nothing to write.
    if (Number.isNaN(this.#waitingX)) return true;
    if (Number.isNaN(this.#writtenX)) return false;
    const [aX, aY] = [this.#waitingX - this.#writtenX, this.#waitingY - this.#writtenY];
    const [bX, bY] = [x - this.#waitingX, y - this.#waitingY];
    // On one straight line, and onwards: the way back within a column is a corner.
    return aX * bY === aY * bX && aX * bX + aY * bY > 0;
  }
}
