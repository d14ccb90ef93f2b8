import { createValidity, setValidAt } from '@vedette/model';
import type { Column } from './column.ts';
import { setPoint, type KernelSamples, type RangeKernel } from './range-kernel.ts';
import { isStartReset } from './start-times.ts';
import type { Windows } from './windows.ts';

/**
 * rate, increase and delta without visiting the samples inside a window.
 *
 * 1. The raw change is last - first, plus, for counters, the value lost at each reset in between.
 * 2. Resets are rare: their positions and a running sum of the lost values are gathered once per
 *    series, so that a window needs two entries of that list. Only a sum of whole numbers below 2^53 is exact; where
 *    one is not, the values lost in each window are added up. So a window's answer never hangs on what lies before
 *    it, not by its last digit: answers can be put together from parts.
 * 3. The change is scaled up to the borders of the window: as far as they are, but by no more than
 *    half a sample interval when samples begin or end further inside, and for counters not below zero.
 * 4. Where it is known when counters began, a reset may also follow from that, and a counter that began
 *    inside a window is taken to have been 0 then: nothing is extrapolated to the left.
 * 5. The scale follows from timestamps, except where a counter would fall below zero. Series of one
 *    target share their timestamps, so it is worked out once for all of them.
 *
 * Not taken: one prefix sum per sample (it costs an array per series and gains nothing).
 */

interface Extrapolation {
  readonly isCounter: boolean;
  readonly isPerSecond: boolean;
}

export const createRate = (): RangeKernel => extrapolating({ isCounter: true, isPerSecond: true });
export const createIncrease = (): RangeKernel => extrapolating({ isCounter: true, isPerSecond: false });
export const createDelta = (): RangeKernel => extrapolating({ isCounter: false, isPerSecond: false });

function extrapolating(mode: Extrapolation): RangeKernel {
  const resets = new ResetList();
  let scales: WindowScales | undefined;
  return {
    slide: (samples, windows, out) => {
      const { timestampsMs, values, count } = samples;
      scales ??= new WindowScales(windows, mode);
      scales.follow(timestampsMs);
      if (mode.isCounter && samples.startsMs !== undefined) {
        resets.gatherWithStarts(samples);
        extrapolateOverResets(values, scales, resets, out.values);
        out.validity.set(scales.validity);
        correctStarts(samples, windows, scales, resets, out);
        return true;
      }
      if (mode.isCounter) resets.gather(values, count);
      if (mode.isCounter && resets.count > 0) extrapolateOverResets(values, scales, resets, out.values);
      else {
        scaleChanges(values, scales, out.values);
        if (mode.isCounter && resets.isRising) clampToZero(values, count, scales, out.values);
        else if (mode.isCounter) clampEachToZero(values, scales, out.values);
      }
      out.validity.set(scales.validity);
      return true;
    },
  };
}

/** The change of each window times its scale; where there is no change to speak of, anything. Has no branch, and so a third of the time. */
function scaleChanges(
  values: Float64Array,
  { firsts, lasts, factors, firstStep, endStep }: WindowScales,
  out: Float64Array,
): void {
  for (let step = firstStep; step < endStep; step++) {
    const change = (values[lasts[step] ?? 0] ?? 0) - (values[firsts[step] ?? 0] ?? 0);
    out[step] = change * (factors[step] ?? 0);
  }
}

/**
 * Corrects the windows inside which a rising counter would reach zero. First values rise with the windows, and no
 * change is above what is still to come: past a first value that is large beside that there is none any more,
 * so that for most counters the first window is the last one looked at.
 */
function clampToZero(values: Float64Array, count: number, scales: WindowScales, out: Float64Array): void {
  const { firsts, lasts, zeroRatios, zeroRatioMax } = scales;
  const final = values[count - 1] ?? 0;
  for (let step = scales.firstStep; step < scales.endStep; step++) {
    const last = lasts[step] ?? 0;
    // A window of fewer than two samples has no first value.
    if (last === 0) continue;
    const first = values[firsts[step] ?? 0] ?? 0;
    if (first >= (final - first) * zeroRatioMax) return;
    const change = (values[last] ?? 0) - first;
    if (first >= 0 && first < change * (zeroRatios[step] ?? 0))
      out[step] = change * scales.factorFromZero(step, first, change);
  }
}

/** The same for a counter that may be NaN in between. */
function clampEachToZero(values: Float64Array, scales: WindowScales, out: Float64Array): void {
  const { firsts, lasts, zeroRatios, firstStep, endStep } = scales;
  for (let step = firstStep; step < endStep; step++) {
    const first = values[firsts[step] ?? 0] ?? 0;
    const change = (values[lasts[step] ?? 0] ?? 0) - first;
    if (first >= 0 && first < change * (zeroRatios[step] ?? 0))
      out[step] = change * scales.factorFromZero(step, first, change);
  }
}

/** All of this for a counter that fell: what was lost counts as change. */
function extrapolateOverResets(
  values: Float64Array,
  scales: WindowScales,
  resets: ResetList,
  out: Float64Array,
): void {
  const { firsts, lasts, factors, zeroRatios, firstStep, endStep } = scales;
  for (let step = firstStep; step < endStep; step++) {
    const from = firsts[step] ?? 0;
    const last = lasts[step] ?? 0;
    if (last <= from) continue;
    const first = values[from] ?? 0;
    const change = (values[last] ?? 0) - first + resets.lostBetween(from, last);
    out[step] =
      first >= 0 && first < change * (zeroRatios[step] ?? 0)
        ? change * scales.factorFromZero(step, first, change)
        : change * (factors[step] ?? 0);
  }
}

/** Computes anew the windows whose first sample tells that its counter began inside them. */
function correctStarts(
  { timestampsMs, values, startsMs }: KernelSamples,
  { times, rangeMs, lows, highs }: Windows,
  scales: WindowScales,
  resets: ResetList,
  out: Column,
): void {
  resets.rewind();
  for (let step = 0; step < times.count; step++) {
    const low = lows[step] ?? 0;
    const last = (highs[step] ?? 0) - 1;
    const startMs = startsMs?.[low] ?? 0;
    const untilMs = times.firstMs + step * times.stepMs;
    if (last < low || startMs === 0) continue;
    if (startMs <= untilMs - rangeMs || startMs >= (timestampsMs[low] ?? 0)) continue;
    // The value began at 0, so the whole last value is change.
    const change = (values[last] ?? 0) + resets.lostBetween(low, last);
    const lastMs = timestampsMs[last] ?? 0;
    const intervalMs = last > low ? (lastMs - (timestampsMs[low] ?? 0)) / (last - low) : 0;
    setPoint(out, step, change * scales.factorFromStart(lastMs - startMs, untilMs - lastMs, intervalMs));
  }
}

/** By what the change of each window is multiplied, for one placing of the windows. */
class WindowScales {
  readonly factors: Float64Array;
  /** Index of each window's first and last sample; both 0 where it has fewer than two. */
  readonly firsts: Uint32Array;
  readonly lasts: Uint32Array;
  /**
   * A counter whose first value is below this part of its change began inside the window: at or just
   * above `start / sampled`, so that the exact test is made for hardly any other. 0 for gauges.
   */
  readonly zeroRatios: Float64Array;
  zeroRatioMax = 0;
  /** As of the windows. */
  firstStep = 0;
  endStep = 0;
  /** Windows of two samples and more. */
  readonly validity: Uint8Array;
  readonly #windows: Windows;
  readonly #mode: Extrapolation;
  /** By how much the samples begin after the window and end before it, shortened; what they span. In seconds: upstream's last digit. */
  readonly #starts: Float64Array;
  readonly #ends: Float64Array;
  readonly #sampled: Float64Array;
  #placing = -1;

  constructor(windows: Windows, mode: Extrapolation) {
    const { count } = windows.times;
    this.factors = new Float64Array(count);
    this.firsts = new Uint32Array(count);
    this.lasts = new Uint32Array(count);
    this.zeroRatios = new Float64Array(count);
    this.validity = createValidity(count);
    this.#windows = windows;
    this.#mode = mode;
    this.#starts = new Float64Array(count);
    this.#ends = new Float64Array(count);
    this.#sampled = new Float64Array(count);
  }

  /** Works the scales out again if the windows were placed again. */
  follow(timestampsMs: Float64Array): void {
    const { placing, lows, highs, firstStep, endStep } = this.#windows;
    if (placing === this.#placing) return;
    this.#placing = placing;
    this.firstStep = firstStep;
    this.endStep = endStep;
    this.validity.fill(0);
    this.firsts.fill(0);
    this.lasts.fill(0);
    this.zeroRatioMax = 0;
    for (let step = firstStep; step < endStep; step++) {
      const low = lows[step] ?? 0;
      const last = (highs[step] ?? 0) - 1;
      if (last <= low) continue;
      setValidAt(this.validity, step);
      this.firsts[step] = low;
      this.lasts[step] = last;
    }
    this.#scale(timestampsMs);
  }

  /** The factor when the counter would reach zero after the start of the window; the usual one when it does not. */
  factorFromZero(step: number, first: number, change: number): number {
    const sampled = this.#sampled[step] ?? 0;
    const zero = sampled * (first / change);
    const start = Math.min(zero, this.#starts[step] ?? 0);
    return (sampled + start + (this.#ends[step] ?? 0)) / sampled / this.#divisor;
  }

  /** The factor of a window whose samples, with the start of the counter, span `sampledMs` and end `endMs` before its end. */
  factorFromStart(sampledMs: number, endMs: number, intervalMs: number): number {
    const interval = intervalMs / 1000;
    const sampled = sampledMs / 1000;
    const end = endMs / 1000;
    const beyond = end >= interval * 1.1 ? interval / 2 : end;
    return (sampled + beyond) / sampled / this.#divisor;
  }

  get #divisor(): number {
    return this.#mode.isPerSecond ? this.#windows.rangeMs / 1000 : 1;
  }

  #scale(timestampsMs: Float64Array): void {
    const { times, rangeMs } = this.#windows;
    const { firsts, lasts, factors, zeroRatios } = this;
    const [sampleds, starts, ends] = [this.#sampled, this.#starts, this.#ends];
    const divisor = this.#divisor;
    let zeroRatioMax = 0;
    for (let step = this.firstStep; step < this.endStep; step++) {
      const low = firsts[step] ?? 0;
      const last = lasts[step] ?? 0;
      if (last <= low) continue;
      const firstMs = timestampsMs[low] ?? 0;
      const lastMs = timestampsMs[last] ?? 0;
      const untilMs = times.firstMs + step * times.stepMs;
      const sampled = (lastMs - firstMs) / 1000;
      const interval = sampled / (last - low);
      const threshold = interval * 1.1;
      let start = (firstMs - (untilMs - rangeMs)) / 1000;
      let end = (untilMs - lastMs) / 1000;
      if (start >= threshold) start = interval / 2;
      if (end >= threshold) end = interval / 2;
      sampleds[step] = sampled;
      starts[step] = start;
      ends[step] = end;
      factors[step] = (sampled + start + end) / sampled / divisor;
      const zeroRatio = (start / sampled) * ROUNDING_MARGIN;
      zeroRatios[step] = zeroRatio;
      if (zeroRatio > zeroRatioMax) zeroRatioMax = zeroRatio;
    }
    if (this.#mode.isCounter) this.zeroRatioMax = zeroRatioMax;
    else zeroRatios.fill(0);
  }
}

/** Wider than the rounding of the two divisions and the product that are compared. */
const ROUNDING_MARGIN = 1 + 1e-12;

/** Below it a running sum of whole numbers is exact. */
const EXACT_SUM_MAX = 2 ** 53;

/** Where a counter fell, and how much it had reached before, for one series at a time. */
class ResetList {
  count = 0;
  /** The counter never fell, and no value is NaN. */
  isRising = true;
  /** Index of the sample after each fall, increasing. */
  #positions = new Uint32Array(16);
  #lost = new Float64Array(16);
  /** Running sum of `#lost` before entry k; of use while `#isExact`. */
  #sums = new Float64Array(17);
  #isExact = true;
  /** Windows only move on, so the search for their first reset starts where the last one ended. */
  #first = 0;
  #end = 0;

  gather(values: Float64Array, count: number): void {
    this.count = 0;
    this.isRising = true;
    this.#first = 0;
    this.#end = 0;
    this.#isExact = true;
    let previous = values[0] ?? 0;
    for (let i = 1; i < count; i++) {
      const value = values[i] ?? 0;
      if (!(value >= previous)) {
        this.isRising = false;
        if (value < previous) this.#push(i, previous);
      }
      previous = value;
    }
  }

  /** Counts as resets also those that follow from when the counter began. */
  gatherWithStarts(samples: KernelSamples): void {
    this.count = 0;
    this.isRising = false;
    this.#isExact = true;
    this.rewind();
    const { values, count } = samples;
    for (let i = 1; i < count; i++) {
      const previous = values[i - 1] ?? 0;
      if ((values[i] ?? 0) < previous || isStartReset(samples, i)) this.#push(i, previous);
    }
  }

  /** Windows may be asked for from the first on again. */
  rewind(): void {
    this.#first = 0;
    this.#end = 0;
  }

  /** The values lost at resets after sample `low` up to sample `last`. */
  lostBetween(low: number, last: number): number {
    while (this.#first < this.count && (this.#positions[this.#first] ?? 0) <= low) this.#first++;
    if (this.#end < this.#first) this.#end = this.#first;
    while (this.#end < this.count && (this.#positions[this.#end] ?? 0) <= last) this.#end++;
    if (!this.#isExact) return this.#sumOfLost(this.#first, this.#end);
    return (this.#sums[this.#end] ?? 0) - (this.#sums[this.#first] ?? 0);
  }

  /** With an infinity on the way a difference of running sums would be NaN ever after, with 1e300 as good as 0. */
  #sumOfLost(from: number, until: number): number {
    let sum = 0;
    for (let i = from; i < until; i++) sum += this.#lost[i] ?? 0;
    return sum;
  }

  #push(position: number, lost: number): void {
    const i = this.count++;
    if (i >= this.#positions.length) this.#grow();
    this.#positions[i] = position;
    this.#lost[i] = lost;
    const total = (this.#sums[i] ?? 0) + lost;
    this.#sums[i + 1] = total;
    if (!(Math.abs(total) < EXACT_SUM_MAX) || !Number.isInteger(lost)) this.#isExact = false;
  }

  #grow(): void {
    const length = this.#positions.length * 2;
    const grown = (column: Float64Array<ArrayBuffer>, size: number): Float64Array<ArrayBuffer> => {
      const larger = new Float64Array(size);
      larger.set(column);
      return larger;
    };
    const positions = new Uint32Array(length);
    positions.set(this.#positions);
    this.#positions = positions;
    this.#lost = grown(this.#lost, length);
    this.#sums = grown(this.#sums, length + 1);
  }
}

/** The rate between the last two samples. */
export const IRATE: RangeKernel = {
  slide: (samples, { times, lows, highs }, out) => {
    const { timestampsMs, values } = samples;
    for (let step = 0; step < times.count; step++) {
      const last = (highs[step] ?? 0) - 1;
      if (last <= (lows[step] ?? 0)) continue;
      const value = values[last] ?? 0;
      const before = values[last - 1] ?? 0;
      const change = value < before || isStartReset(samples, last) ? value : value - before;
      setPoint(out, step, change / (((timestampsMs[last] ?? 0) - (timestampsMs[last - 1] ?? 0)) / 1000));
    }
    return true;
  },
};

/** The difference of the last two samples. */
export const IDELTA: RangeKernel = {
  slide: ({ values }, { times, lows, highs }, out) => {
    for (let step = 0; step < times.count; step++) {
      const last = (highs[step] ?? 0) - 1;
      if (last > (lows[step] ?? 0)) setPoint(out, step, (values[last] ?? 0) - (values[last - 1] ?? 0));
    }
    return true;
  },
};
