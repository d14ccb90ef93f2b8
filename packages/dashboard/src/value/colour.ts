import type { FieldConfig, Thresholds } from '../dashboard.ts';
import type { FieldValue } from '../frame.ts';
import { mapValue } from './map-value.ts';

/**
 * A colour before a theme is known. A dashboard names colours (`semi-dark-green`), which each theme
 * has its own tones for; only what is written as a number stays one.
 */
export type ColourRef =
  /** Grafana's names: `[super-light-|light-|semi-dark-|dark-](green|yellow|red|blue|orange|purple)`, `text`, `transparent`. */
  | { readonly kind: 'token'; readonly name: string }
  /** Checked: hex, rgb() or hsl(), and nothing else, so it may go into a style. */
  | { readonly kind: 'css'; readonly value: string }
  /** The palette of series: by place when a number, by name (so that a name keeps its colour) when a text. */
  | { readonly kind: 'series'; readonly key: number | string }
  /** Between two names; 0 is `from`, 1 is `to`. */
  | { readonly kind: 'mix'; readonly from: string; readonly to: string; readonly ratio: number };

export interface ColourContext {
  /** Which series of the panel, from 0. */
  readonly seriesIndex?: number;
  readonly seriesName?: string;
  /** Least and greatest value of what is shown, where the config names none. */
  readonly bounds?: { readonly min: number; readonly max: number };
}

/** The colour of a value: that of its mapping, else by the field's colour mode. */
export function colourOf(value: FieldValue, config: FieldConfig, context: ColourContext = {}): ColourRef {
  const mapped = mapValue(value, config.mappings)?.color;
  if (mapped !== undefined && mapped !== '') return parseColour(mapped);
  const mode = config.color?.mode ?? 'thresholds';
  const index = context.seriesIndex ?? 0;
  switch (mode) {
    case 'fixed':
      return parseColour(config.color?.fixedColor ?? '');
    case 'shades':
      return shadeOf(parseColour(config.color?.fixedColor ?? ''), index);
    case 'palette-classic':
      return { kind: 'series', key: index };
    case 'palette-classic-by-name':
      return { kind: 'series', key: context.seriesName ?? index };
    case 'thresholds':
      return parseColour(thresholdOf(value, config, context)?.color ?? 'text');
    default:
      return mode.startsWith('continuous-')
        ? continuousOf(mode, ratioOf(value, config, context))
        : { kind: 'series', key: index };
  }
}

/** The step a value stands in; the first for what is no number; `undefined`: there are no steps. */
export function thresholdOf(
  value: FieldValue,
  config: FieldConfig,
  context: ColourContext = {},
): Thresholds['steps'][number] | undefined {
  const { thresholds } = config;
  if (thresholds === undefined) return undefined;
  const [first] = thresholds.steps;
  if (typeof value !== 'number' || Number.isNaN(value)) return first;
  const place = thresholds.mode === 'percentage' ? ratioOf(value, config, context) * 100 : value;
  return thresholds.steps.findLast((step) => place >= step.value) ?? first;
}

/** Where a value lies between least and greatest, 0..1. */
function ratioOf(value: FieldValue, config: FieldConfig, { bounds }: ColourContext): number {
  const min = config.min ?? bounds?.min ?? 0;
  const max = config.max ?? bounds?.max ?? 100;
  if (typeof value !== 'number' || Number.isNaN(value) || max <= min) return 0;
  return Math.min(1, Math.max(0, (value - min) / (max - min)));
}

const NAME = /^(?:(?:super-light|light|semi-dark|dark)-)?(?:green|yellow|red|blue|orange|purple)$/;
const PLAIN_NAMES: ReadonlySet<string> = new Set(['text', 'transparent', 'white', 'black', 'gray', 'grey']);
const HEX = /^#(?:[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})$/i;
const FUNCTION = /^(?:rgb|hsl)a?\(\s*[-\d.]{1,8}(?:deg|%)?(?:\s*[,/\s]\s*[-\d.]{1,8}%?){2,3}\s*\)$/i;

/** What a file calls a colour. What is none, or might be more than a colour, is `text`. */
export function parseColour(text: string): ColourRef {
  const colour = text.trim();
  if (NAME.test(colour) || PLAIN_NAMES.has(colour)) return { kind: 'token', name: colour };
  if (colour.length <= 64 && (HEX.test(colour) || FUNCTION.test(colour)))
    return { kind: 'css', value: colour };
  return { kind: 'token', name: 'text' };
}

const SHADES = ['', 'light-', 'dark-', 'super-light-', 'semi-dark-'] as const;

/** Series of one hue: the named tones in turn. A colour given by numbers has no other tones. */
function shadeOf(colour: ColourRef, index: number): ColourRef {
  if (colour.kind !== 'token' || PLAIN_NAMES.has(colour.name)) return colour;
  const hue = colour.name.slice(colour.name.lastIndexOf('-') + 1);
  return { kind: 'token', name: `${SHADES[index % SHADES.length] ?? ''}${hue}` };
}

/** Two-letter pieces of a scheme's name: `continuous-GrYlRd`. */
const HUES: Readonly<Record<string, string>> = {
  Gr: 'green',
  Yl: 'yellow',
  Rd: 'red',
  Bl: 'blue',
  Pu: 'purple',
  Or: 'orange',
};

/** Schemes that are words: from little to much, as they are on a dark page. */
const SCHEMES: Readonly<Record<string, readonly string[]>> = {
  'continuous-blues': ['super-light-blue', 'dark-blue'],
  'continuous-reds': ['super-light-red', 'dark-red'],
  'continuous-greens': ['super-light-green', 'dark-green'],
  'continuous-purples': ['super-light-purple', 'dark-purple'],
};

function continuousOf(mode: string, ratio: number): ColourRef {
  const pieces = mode.slice('continuous-'.length).match(/[A-Z][a-z]/g) ?? [];
  const hues = SCHEMES[mode] ?? pieces.map((piece) => HUES[piece]).filter((hue) => hue !== undefined);
  const stops = hues.length >= 2 ? hues : ['green', 'yellow', 'red'];
  const place = ratio * (stops.length - 1);
  const index = Math.min(stops.length - 2, Math.floor(place));
  return { kind: 'mix', from: stops[index] ?? 'green', to: stops[index + 1] ?? 'red', ratio: place - index };
}
