/**
 * Per second over the last `points` points of a counter on a grid; what is before the first of them is NaN. Between points
 * nothing is known: of the step with a reset what was counted before it is missing, which `rate` over all samples has, so
 * the two differ for so many points after a program was started.
 */
export function fillRate(
  values: Float64Array,
  into: {
    readonly rates: Float64Array;
    /** As long as the others, for the work. */
    readonly totals: Float64Array;
    readonly stepMs: number;
    readonly points: number;
  },
): void {
  const { rates, totals, stepMs, points } = into;
  const seconds = (points * stepMs) / 1000;
  let total = 0;
  let last = Number.NaN;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? Number.NaN;
    rates[i] = totals[i] = Number.NaN;
    if (Number.isNaN(value)) continue;
    if (!Number.isNaN(last)) total += value >= last ? value - last : value;
    totals[i] = total;
    last = value;
    if (i >= points) rates[i] = (total - (totals[i - points] ?? Number.NaN)) / seconds;
  }
}
