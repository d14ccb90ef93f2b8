/** Shortest digits, with an exponent from 1e21 and below 1e-6, as JSON has it; NaN, +Inf, -Inf and -0 as Prometheus writes them. */
export function numberText(value: number): string {
  if (Number.isFinite(value)) return Object.is(value, -0) ? '-0' : String(value);
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? '+Inf' : '-Inf';
}

/** Shortest digits without an exponent, as the labels `le` and `quantile` have them: `1e-7` is `0.0000001`. */
export function plainNumberText(value: number): string {
  const text = numberText(value);
  const match = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (match === null) return text;
  const [, sign = '', first = '', rest = '', exponentText = ''] = match;
  const exponent = Number(exponentText);
  const digits = first + rest;
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  return sign + digits.padEnd(exponent + 1, '0');
}
