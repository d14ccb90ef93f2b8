import type { MappedText, ValueMapping } from '../dashboard.ts';
import type { FieldValue } from '../frame.ts';
import { compilePattern } from './safe-pattern.ts';

/** What the first mapping that fits says about a value; `undefined`: none fits. */
export function mapValue(
  value: FieldValue,
  mappings: readonly ValueMapping[] | undefined,
): MappedText | undefined {
  for (const mapping of mappings ?? []) {
    const result = mappedText(value, mapping);
    if (result !== undefined) return result;
  }
  return undefined;
}

function mappedText(value: FieldValue, mapping: ValueMapping): MappedText | undefined {
  switch (mapping.type) {
    case 'value':
      return value !== null && isValue(value, mapping.value) ? mapping.result : undefined;
    case 'range':
      return typeof value === 'number' && value >= mapping.from && value <= mapping.to
        ? mapping.result
        : undefined;
    case 'regex':
      return value === null ? undefined : mappedByPattern(String(value), mapping.pattern, mapping.result);
    case 'special':
      return isSpecial(value, mapping.match) ? mapping.result : undefined;
  }
}

/** `1` is also `1.0` in a file. */
function isValue(value: Exclude<FieldValue, null>, wanted: string): boolean {
  if (String(value) === wanted) return true;
  return typeof value === 'number' && wanted.trim() !== '' && Number(wanted) === value;
}

/** A text may take groups over: `$1`. */
function mappedByPattern(text: string, pattern: string, result: MappedText): MappedText | undefined {
  const compiled = compilePattern(pattern);
  if (compiled?.match(text) === undefined) return undefined;
  return result.text === undefined ? result : { ...result, text: compiled.replace(text, result.text) };
}

function isSpecial(value: FieldValue, match: Extract<ValueMapping, { type: 'special' }>['match']): boolean {
  const isNan = typeof value === 'number' && Number.isNaN(value);
  switch (match) {
    case 'null':
      return value === null;
    case 'nan':
      return isNan;
    case 'null+nan':
      return value === null || isNan;
    case 'true':
      return value === true || value === 'true';
    case 'false':
      return value === false || value === 'false';
    case 'empty':
      return value === '';
  }
}
