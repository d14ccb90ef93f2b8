import type { FieldConfig } from '../dashboard.ts';
import type { FieldValue } from '../frame.ts';
import { type ColourContext, colourOf, type ColourRef } from './colour.ts';
import { mapValue } from './map-value.ts';
import { fixedNumber, scaleOf, significantDecimals, trimmedNumber } from './number-text.ts';
import { type FormatContext, timeUnitText } from './time-unit.ts';
import { unitOf } from './unit.ts';

/** A value as people read it. Printed together: `prefix + text + suffix`. */
export interface FormattedValue {
  readonly text: string;
  readonly prefix: string;
  /** With the space that does not break before it where one belongs. */
  readonly suffix: string;
  readonly colour?: ColourRef;
}

/** A space that does not break: `12.3 MiB` stays on one line. */
export const UNIT_SPACE = '\u00a0';

/** Most decimals that a file can ask for; more are noise of the doubles. */
const DECIMALS_MAX = 15;

/**
 * A value by the config of its field: mapping, then unit, decimals and the text for no value. Without
 * `decimals` three significant digits are shown and zeros at the end are not.
 */
export function formatField(
  value: FieldValue,
  config: FieldConfig,
  context: FormatContext & ColourContext = {},
): FormattedValue {
  const colour = colourOf(value, config, context);
  const mapped = mapValue(value, config.mappings);
  if (mapped?.text !== undefined && mapped.text !== '')
    return { text: mapped.text, prefix: '', suffix: '', colour };
  return { ...plainText(value, config, context), colour };
}

/** All of it in one text. */
export function fieldText(value: FieldValue, config: FieldConfig, context: FormatContext = {}): string {
  const { text, prefix, suffix } = formatField(value, config, context);
  return prefix + text + suffix;
}

function plainText(value: FieldValue, config: FieldConfig, context: FormatContext): FormattedValue {
  if (value === null || (typeof value === 'number' && Number.isNaN(value))) {
    return word(config.noValue ?? (value === null ? '–' : 'NaN'));
  }
  const unit = config.unit ?? '';
  const flag = flagText(value, unit);
  if (flag !== undefined) return word(flag);
  if (typeof value !== 'number') return word(String(value));
  return numberText(value, unit, config, context);
}

function word(text: string): FormattedValue {
  return { text, prefix: '', suffix: '' };
}

const FLAGS: ReadonlyMap<string, readonly [yes: string, no: string]> = new Map([
  ['bool', ['True', 'False']],
  ['bool_yes_no', ['Yes', 'No']],
  ['bool_on_off', ['On', 'Off']],
]);

function flagText(value: Exclude<FieldValue, null>, unit: string): string | undefined {
  const words = FLAGS.get(unit);
  if (words === undefined || typeof value === 'string') return undefined;
  return value === false || value === 0 ? words[1] : words[0];
}

function numberText(
  value: number,
  unit: string,
  config: FieldConfig,
  context: FormatContext,
): FormattedValue {
  if (!Number.isFinite(value)) return word(value > 0 ? '+Inf' : '−Inf');
  const special = timeUnitText(value, unit, context) ?? basedText(value, unit, config, context);
  if (special !== undefined) return word(special);
  const { ladder, prefix } = unitOf(unit);
  const [factor, suffix] = scaleOf(ladder, Math.abs(value));
  return { text: scaledText(value / factor, config.decimals), prefix, suffix: spaced(suffix) };
}

function scaledText(scaled: number, decimals: number | undefined): string {
  if (decimals === undefined) return trimmedNumber(scaled, significantDecimals(scaled));
  return fixedNumber(scaled, Math.min(DECIMALS_MAX, Math.max(0, Math.trunc(decimals))));
}

/** Numbers written in another way: in the locale's groups, as powers of ten, to the base of sixteen. */
function basedText(
  value: number,
  unit: string,
  { decimals }: FieldConfig,
  { locale }: FormatContext,
): string | undefined {
  const digits =
    decimals === undefined ? undefined : Math.min(DECIMALS_MAX, Math.max(0, Math.trunc(decimals)));
  switch (unit) {
    case 'locale':
      return value.toLocaleString(locale ?? 'en', {
        maximumFractionDigits: digits ?? significantDecimals(value),
        ...(digits !== undefined && { minimumFractionDigits: digits }),
      });
    case 'sci':
      return value.toExponential(digits);
    case 'hex':
      return Math.trunc(value).toString(16).toUpperCase();
    case 'hex0x':
      return `0x${Math.trunc(value).toString(16).toUpperCase()}`;
    default:
      return undefined;
  }
}

function spaced(suffix: string): string {
  if (suffix === '' || suffix === '%' || suffix === '°' || suffix.startsWith(' ')) return suffix;
  return UNIT_SPACE + suffix;
}
