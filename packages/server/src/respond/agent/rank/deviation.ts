/**
 * How far a series has left what it used to be, as one number that can be compared between series of any unit.
 *
 * 1. The values before give a median and an interquartile range; both stay what they are when a quarter of the values
 *    are wrong, so a past outage among them does no harm, nor does an incident that began somewhat before `now`
 *    (BARO's lesson: mean and standard deviation lose most of their worth when the time is a minute late).
 * 2. A point of `now` deviates by (value − median) / spread. Both sides count: traffic that vanishes is a finding.
 * 3. One point alone is half a finding: the score of a side is the level on which two points in succession stayed,
 *    or half of the largest, whichever is more.
 * 4. What hardly ever moves has no interquartile range. Its spread is then a part of its level, or the usual size of
 *    its rare events; and how unusual it is that so many points moved at all is counted as for a coin (binomial
 *    deviance), told in interquartile ranges of a normal distribution. An error counter that says 0, 0, 0, 1 is thus
 *    a little strange, one that is busy at every point very strange, and none is infinitely so.
 *
 * Rejected: the maximum (BARO itself: one spike decides), mean and variance (see 1), the median absolute deviation (the
 * same as here for symmetric series, 0 more often for sparse ones), a distribution per series (too little is known).
 */

export interface Deviation {
  /** Interquartile ranges of before; 0: nothing, or too little is known of before. Finite. */
  readonly score: number;
  readonly direction: 'up' | 'down';
  /** Median of before; NaN when it has no value. */
  readonly before: number;
  /** Median of the points that deviate in this direction; where none does, of all. NaN when there is no value. */
  readonly now: number;
  /** What is too much (negative: too little), in the unit of the series: what two points in succession had, or half of one. */
  readonly excess: number;
  /** Nine tenths of before have values, and the later half of now has none: it stopped. */
  readonly isGone: boolean;
  /** Where in `now` the first lasting deviation begins, two points in succession beyond `LASTING_SCORE`; else −1. */
  readonly firstIndex: number;
}

// Points beyond this many interquartile ranges deviate. Of normally distributed noise one in 19 000 does (4 standard
// deviations), two in succession practically never.
export const LASTING_SCORE = 3;

// A quartile needs a value on both sides of it.
export const BEFORE_POINTS_MIN = 4;

// Quartiles of few points are themselves uncertain: the spread is widened by 4/n, which doubles it for 4 points and
// adds 2 % for 200.
const FEW_POINTS_WIDENING = 4;

// Part of its level by which a series may move at little cost: with 2 % a tenth of a level that never moved counts 5,
// and rounding, clock drift and a process that grew a little count nothing.
export const SPREAD_RATIO_MIN = 0.02;

// One interquartile range of a normal distribution, in standard deviations.
const IQR_OF_NORMAL = 1.349;

// A series with more holes than this before says nothing by one more: nobody called, or it is scraped elsewhere.
const GONE_COVERAGE_MIN = 0.9;

// Whoever calls in a loop gets no garbage up to this many points: a day at 15 s. Longer ones get an array of their own.
const SCRATCH_POINTS_MAX = 5760;

const scratch = new Float64Array(SCRATCH_POINTS_MAX);

/**
 * Both in time order; NaN and infinities are holes. Pass error ratios, not availabilities: what is next to 1 has the
 * level 1, of which the first per cent of errors is a small part. Keeps no reference to what it is given.
 */
export function deviationOf(before: Float64Array, now: Float64Array): Deviation {
  const longest = Math.max(before.length, now.length);
  const values = longest <= SCRATCH_POINTS_MAX ? scratch : new Float64Array(longest);
  const count = copyFinite(before, values);
  const median = quantileOf(values, count, 0.5);
  if (count < BEFORE_POINTS_MIN) {
    const level = medianOf(now, values);
    return {
      score: 0,
      direction: 'up',
      before: median,
      now: level,
      excess: 0,
      isGone: false,
      firstIndex: -1,
    };
  }
  const range = interquartileRange(values, count);
  const margin = SPREAD_RATIO_MIN * Math.abs(median);
  const isRigid = range <= margin;
  const step = isRigid ? rareStep(values, count, median, margin) : 0;
  const widening = 1 + FEW_POINTS_WIDENING / count;
  // Zero: a series that was always 0; only how many points moved can be judged.
  const spread = Math.min(Math.max(range, margin, step) * widening, Number.MAX_VALUE);
  const rise = excursionOf(now, median, 1);
  const fall = excursionOf(now, median, -1);
  let up = spread === 0 ? 0 : rise / spread;
  let down = spread === 0 ? 0 : fall / spread;
  let edge = LASTING_SCORE * spread;
  if (isRigid) {
    const moved = Math.max(margin, step / 2);
    // A small part of a level stays small, however many points moved by it.
    const perMargin = margin === 0 ? Number.POSITIVE_INFINITY : 1 / (margin * widening);
    const upRarity =
      rise === 0 ? 0 : Math.min(rarityOf(values, count, now, median, moved, 1), rise * perMargin);
    const downRarity =
      fall === 0 ? 0 : Math.min(rarityOf(values, count, now, median, moved, -1), fall * perMargin);
    if (Math.max(upRarity, downRarity) >= LASTING_SCORE) edge = Math.min(edge, moved);
    up = Math.max(up, upRarity);
    down = Math.max(down, downRarity);
  }
  const sign = up >= down ? 1 : -1;
  const score = Math.min(Math.max(up, down), Number.MAX_VALUE);
  const level = deviatingLevel(now, values, median, edge, sign);
  return {
    score,
    direction: up >= down ? 'up' : 'down',
    before: median,
    now: level,
    excess: up >= down ? rise : -fall,
    isGone: count >= GONE_COVERAGE_MIN * before.length && endsInHole(now),
    firstIndex: score >= LASTING_SCORE ? firstLasting(now, median, edge, sign) : -1,
  };
}

function isFinitePoint(value: number): boolean {
  return value - value === 0;
}

function copyFinite(source: Float64Array, target: Float64Array): number {
  let count = 0;
  for (let i = 0; i < source.length; i++) {
    const value = source[i] ?? Number.NaN;
    if (isFinitePoint(value)) target[count++] = value;
  }
  return count;
}

function medianOf(source: Float64Array, values: Float64Array): number {
  return quantileOf(values, copyFinite(source, values), 0.5);
}

/** The usual size of a step among values that hardly ever make one; 0: they never did. */
function rareStep(values: Float64Array, count: number, median: number, margin: number): number {
  let steps = 0;
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const step = Math.abs((values[i] ?? median) - median);
    if (step > margin) {
      steps++;
      // Of at most half of the values, so the geometric mean: one large step among small ones does not become the scale.
      sum += Math.log(step);
    }
  }
  return steps === 0 ? 0 : Math.exp(sum / steps);
}

/** How far `now` went to one side, in the unit of the series: step 3 of the essay. */
function excursionOf(now: Float64Array, median: number, sign: number): number {
  let largest = 0;
  let lasting = 0;
  let last = 0;
  for (let i = 0; i < now.length; i++) {
    const value = now[i] ?? Number.NaN;
    if (!isFinitePoint(value)) continue;
    const away = (value - median) * sign;
    if (away > largest) largest = away;
    const stayed = away < last ? away : last;
    if (stayed > lasting) lasting = stayed;
    last = away;
  }
  return Math.min(Math.max(lasting, largest / 2), Number.MAX_VALUE);
}

/** How unusual it is that so many points of `now` moved to one side: step 4 of the essay. */
function rarityOf(
  before: Float64Array,
  count: number,
  now: Float64Array,
  median: number,
  margin: number,
  sign: number,
): number {
  let movedBefore = 0;
  for (let i = 0; i < count; i++) if (((before[i] ?? median) - median) * sign > margin) movedBefore++;
  let moved = 0;
  let points = 0;
  for (let i = 0; i < now.length; i++) {
    const value = now[i] ?? Number.NaN;
    if (!isFinitePoint(value)) continue;
    points++;
    if ((value - median) * sign > margin) moved++;
  }
  if (points === 0) return 0;
  const usual = (movedBefore + 1) / (count + 1);
  const ratio = moved / points;
  if (ratio <= usual) return 0;
  const still = ratio === 1 ? 0 : (1 - ratio) * Math.log((1 - ratio) / (1 - usual));
  const divergence = ratio * Math.log(ratio / usual) + still;
  return Math.sqrt(2 * points * divergence) / IQR_OF_NORMAL;
}

function deviatingLevel(
  now: Float64Array,
  values: Float64Array,
  median: number,
  edge: number,
  sign: number,
): number {
  let count = 0;
  for (let i = 0; i < now.length; i++) {
    const value = now[i] ?? Number.NaN;
    if (isFinitePoint(value) && (value - median) * sign > edge) values[count++] = value;
  }
  return count === 0 ? medianOf(now, values) : quantileOf(values, count, 0.5);
}

function firstLasting(now: Float64Array, median: number, edge: number, sign: number): number {
  let first = -1;
  for (let i = 0; i < now.length; i++) {
    const value = now[i] ?? Number.NaN;
    if (!isFinitePoint(value)) continue;
    if ((value - median) * sign <= edge) first = -1;
    else if (first === -1) first = i;
    else return first;
  }
  return -1;
}

/** Not the whole of it: a rate over minutes has values for minutes after the last sample. */
function endsInHole(now: Float64Array): boolean {
  for (let i = now.length >> 1; i < now.length; i++) if (isFinitePoint(now[i] ?? Number.NaN)) return false;
  return now.length > 0;
}

/** Of the first `count` values, interpolated linearly; reorders them. NaN when there are none. */
function quantileOf(values: Float64Array, count: number, q: number): number {
  return count === 0 ? Number.NaN : quantileWithin(values, 0, count - 1, (count - 1) * q);
}

/** Expects values that `quantileOf` ordered by their median: each quartile is then sought in its own half. */
function interquartileRange(values: Float64Array, count: number): number {
  const last = count - 1;
  const middle = last >> 1;
  return (
    quantileWithin(values, middle, last, last * 0.75) -
    quantileWithin(values, 0, (last + 1) >> 1, last * 0.25)
  );
}

/** The value at a rank that may lie between two, within [left, right] which holds what belongs there. */
function quantileWithin(values: Float64Array, left: number, right: number, rank: number): number {
  const lower = Math.floor(rank);
  selectRank(values, left, right, lower);
  const low = values[lower] ?? Number.NaN;
  if (rank === lower) return low;
  let high = values[lower + 1] ?? Number.NaN;
  let highAt = lower + 1;
  for (let i = lower + 2; i <= right; i++) {
    const value = values[i] ?? high;
    if (value < high) {
      high = value;
      highAt = i;
    }
  }
  // The neighbour goes to its place, too.
  values[highAt] = values[lower + 1] ?? Number.NaN;
  values[lower + 1] = high;
  // Not low + (high − low) · part: the difference of two large numbers of opposite sign is infinite.
  const part = rank - lower;
  return low * (1 - part) + high * part;
}

/** Hoare's selection: afterwards values[rank] is where sorting would put it, nothing smaller after it. */
function selectRank(values: Float64Array, from: number, until: number, rank: number): void {
  let left = from;
  let right = until;
  while (left < right) {
    const pivot = values[(left + right) >> 1] ?? Number.NaN;
    let i = left;
    let j = right;
    while (i <= j) {
      while ((values[i] ?? pivot) < pivot) i++;
      while ((values[j] ?? pivot) > pivot) j--;
      if (i <= j) {
        const swapped = values[i] ?? Number.NaN;
        values[i++] = values[j] ?? Number.NaN;
        values[j--] = swapped;
      }
    }
    if (rank <= j) right = j;
    else if (rank >= i) left = i;
    else return;
  }
}
