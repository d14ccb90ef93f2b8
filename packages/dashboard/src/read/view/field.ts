import type { FieldConfig, FieldOptions, MappedText, Thresholds, ValueMapping } from '../../dashboard.ts';
import { isObject, numberOf, objectOf, objectsOf, textOf, type JsonObject } from '../json.ts';
import { linksOf } from './links.ts';

/** Field options as they are drawn, of a panel's migrated `fieldConfig`. */
export function viewFieldOptions(fieldConfig: unknown): FieldOptions {
  const { defaults, overrides } = objectOf(fieldConfig);
  return {
    defaults: viewFieldConfig(objectOf(defaults)),
    overrides: objectsOf(overrides).map(({ matcher, properties }) => ({
      matcher: { id: textOf(objectOf(matcher)['id']), options: objectOf(matcher)['options'] },
      properties: objectsOf(properties).map(({ id, value }) => ({
        id: textOf(id),
        value: viewProperty(textOf(id), value),
      })),
    })),
  };
}

/** Mappings, thresholds, links and numbers have one form wherever they stand. */
function viewProperty(id: string, value: unknown): unknown {
  if (id === 'mappings') return viewMappings(value);
  if (id === 'thresholds') return viewThresholds(value) ?? value;
  if (id === 'links') return linksOf(value);
  if (id === 'decimals' || id === 'min' || id === 'max') return numberOf(value) ?? value;
  return value;
}

function viewFieldConfig(config: JsonObject): FieldConfig {
  const { unit, noValue, displayName, color, custom } = config;
  const decimals = numberOf(config['decimals']);
  const min = numberOf(config['min']);
  const max = numberOf(config['max']);
  const thresholds = viewThresholds(config['thresholds']);
  const mappings = viewMappings(config['mappings']);
  const links = linksOf(config['links']);
  return {
    ...(typeof unit === 'string' && unit !== '' && { unit }),
    ...(decimals !== undefined && { decimals }),
    ...(min !== undefined && { min }),
    ...(max !== undefined && { max }),
    ...(typeof noValue === 'string' && noValue !== '' && { noValue }),
    ...(typeof displayName === 'string' && displayName !== '' && { displayName }),
    ...(isObject(color) && { color: viewColor(color) }),
    ...(thresholds !== undefined && { thresholds }),
    ...(mappings.length > 0 && { mappings }),
    ...(links.length > 0 && { links }),
    ...(isObject(custom) && { custom }),
  };
}

function viewColor({ mode, fixedColor, seriesBy }: JsonObject): NonNullable<FieldConfig['color']> {
  return {
    mode: textOf(mode, 'palette-classic'),
    ...(typeof fixedColor === 'string' && { fixedColor }),
    ...(typeof seriesBy === 'string' && { seriesBy }),
  };
}

/** Steps ascend, and the first holds from −∞ on, whatever value the file has for it. */
export function viewThresholds(value: unknown): Thresholds | undefined {
  if (!isObject(value)) return undefined;
  const steps = objectsOf(value['steps'])
    .map((step) => ({ value: numberOf(step['value']) ?? -Infinity, color: textOf(step['color'], 'green') }))
    .toSorted((a, b) => compare(a.value, b.value));
  const [first, ...rest] = steps;
  return {
    mode: value['mode'] === 'percentage' ? 'percentage' : 'absolute',
    steps: first === undefined ? [] : [{ ...first, value: -Infinity }, ...rest],
  };
}

/** Not a difference: −∞ less −∞ is no number. */
function compare(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

const SPECIAL_MATCHES = ['null', 'nan', 'null+nan', 'true', 'false', 'empty'] as const;

export function viewMappings(value: unknown): ValueMapping[] {
  return objectsOf(value).flatMap((mapping) =>
    viewMapping(textOf(mapping['type']), objectOf(mapping['options'])),
  );
}

function viewMapping(type: string, options: JsonObject): ValueMapping[] {
  const result = viewMappedText(options['result']);
  switch (type) {
    case 'value':
      return Object.entries(options)
        .toSorted(([, a], [, b]) => indexOf(a) - indexOf(b))
        .map(([text, mapped]) => ({ type, value: text, result: viewMappedText(mapped) }));
    case 'range':
      return [
        {
          type,
          from: numberOf(options['from']) ?? -Infinity,
          to: numberOf(options['to']) ?? Infinity,
          result,
        },
      ];
    case 'regex':
      return [{ type, pattern: textOf(options['pattern']), result }];
    case 'special': {
      const match = SPECIAL_MATCHES.find((candidate) => candidate === options['match']);
      return match === undefined ? [] : [{ type, match, result }];
    }
    default:
      return [];
  }
}

function indexOf(mapped: unknown): number {
  return numberOf(objectOf(mapped)['index']) ?? 0;
}

function viewMappedText(value: unknown): MappedText {
  const { text, color } = objectOf(value);
  return {
    ...(text !== undefined && text !== null && { text: textOf(text) }),
    ...(typeof color === 'string' && color !== '' && { color }),
  };
}
