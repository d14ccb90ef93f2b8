import { formatPlainNumber } from './numbers.ts';

/** Go's `%g` in its shortest form: 100000, 1e+06, 1.234567e+06, 0.0001, 1e-05. */
export function formatGoNumber(value: number): string {
  if (!Number.isFinite(value) || value === 0) return formatPlainNumber(value);
  const [mantissa = '', exponentText = ''] = value.toExponential().split('e');
  const exponent = Number(exponentText);
  if (exponent >= -4 && exponent < 6) return formatPlainNumber(value);
  const digits = String(Math.abs(exponent)).padStart(2, '0');
  return `${mantissa}e${exponent < 0 ? '-' : '+'}${digits}`;
}

/** As OpenMetrics writes bounds and quantiles in labels: whole numbers as `1.0`. */
export function formatBoundLabel(value: number): string {
  const text = formatGoNumber(value);
  return !Number.isFinite(value) || /[.e]/.test(text) ? text : `${text}.0`;
}
