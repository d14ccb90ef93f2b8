/**
 * A value as the live protocol writes it: JSON of 6 significant digits, which is more than a pixel
 * shows and a third of the bytes; the words that JSON has no number for as strings.
 */
export function liveValueJson(value: number): string {
  // Most values of dashboards are small whole numbers; toPrecision would take five times as long.
  if (Number.isInteger(value) && value > -1e6 && value < 1e6) return String(value === 0 ? 0 : value);
  if (Number.isFinite(value)) return String(Number(value.toPrecision(6)));
  return Number.isNaN(value) ? '"NaN"' : value > 0 ? '"+Inf"' : '"-Inf"';
}
