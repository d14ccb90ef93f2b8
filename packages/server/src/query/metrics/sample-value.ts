import { InputError } from '@vedette/model';

/** A sample value as the API writes it: decimal digits, `NaN`, `+Inf`, `-Inf`. */
export function parseSampleValue(text: string): number {
  const value = Number(text);
  if (!Number.isNaN(value) && text !== '') return value;
  if (text === 'NaN') return Number.NaN;
  if (text === '+Inf' || text === 'Inf') return Infinity;
  if (text === '-Inf') return -Infinity;
  throw new InputError(
    'VED_BODY_INVALID',
    `cannot read sample value ${JSON.stringify(text.slice(0, 40))}: want a number`,
  );
}
