import { formatField, type ColourRef, type FieldConfig, type FieldValue } from '@vedette/dashboard';
import { colourOfName, mixed } from '../theme/colour.ts';
import type { ColourScheme } from '../theme/tokens.ts';

/** A value as people read it. */
export interface ShownValue {
  readonly prefix: string;
  readonly text: string;
  readonly suffix: string;
  /** Of its thresholds, mapping or fixed choice; absent: the palette's, which the panel deals out. */
  readonly colour?: string | undefined;
}

/** What a colour may depend on besides the value: least and most of what is shown. */
export interface ShownContext {
  readonly bounds?: { readonly min: number; readonly max: number };
}

export function shownValueOf(
  value: FieldValue,
  config: FieldConfig,
  scheme: ColourScheme,
  context: ShownContext = {},
): ShownValue {
  const { prefix, text, suffix, colour } = formatField(value, config, context);
  const drawn = colour === undefined ? undefined : cssColour(colour, scheme);
  return { prefix, text, suffix, ...(drawn === undefined ? {} : { colour: drawn }) };
}

/** The same in one text. */
export function shownText({ prefix, text, suffix }: ShownValue): string {
  return `${prefix}${text}${suffix}`;
}

/** A colour of a file in the scheme shown; `undefined` for those that the palette gives, and for none. */
function cssColour(colour: ColourRef, scheme: ColourScheme): string | undefined {
  switch (colour.kind) {
    case 'token':
      return colour.name === 'text' ? undefined : colourOfName(colour.name, scheme);
    case 'css':
      return colourOfName(colour.value, scheme);
    case 'series':
      return undefined;
    case 'mix':
      return mixed(
        colourOfName(colour.from, scheme) ?? '#808080',
        colourOfName(colour.to, scheme) ?? '#808080',
        colour.ratio,
      );
  }
}
