import type { DataFrame, Field } from '@vedette/dashboard';
import type { ReactNode } from 'react';
import { inkOn, legible, withAlpha } from '../theme/colour.ts';
import type { ColourScheme } from '../theme/tokens.ts';
import { dataLinkOf } from './data-link.ts';
import { choiceOption, optionAt } from './options.ts';
import css from './panel.module.css';
import { boundsOfValues, extentOf, shareOf } from './reduced.ts';
import { shownValueOf } from './shown-value.ts';
import { alignOf } from './cell-align.ts';
import { useScheme } from '../theme/use-scheme.ts';

export interface TableCellProps {
  readonly frame: DataFrame;
  readonly field: Field;
  readonly row: number;
  readonly textOf: (field: Field, row: number) => string;
  readonly interpolate: (text: string) => string;
}

type CellKind = 'auto' | 'color-text' | 'color-background' | 'gauge';

export function TableCell({ frame, field, row, textOf, interpolate }: TableCellProps) {
  const scheme = useScheme();
  const value = field.values[row] ?? null;
  const text = textOf(field, row);
  const { colour } = shownValueOf(value, field.config, scheme);
  const kind = kindOf(field);
  const [link] = field.config.links ?? [];
  const href = link === undefined ? undefined : dataLinkOf(link, { frame, field, row, text }, interpolate);
  return (
    <div
      role="cell"
      className={css.cell}
      data-align={alignOf(field)}
      style={lookOf(kind, colour, scheme)}
      title={text}
    >
      {kind === 'gauge' && typeof value === 'number' && (
        <span className={css.cellBar}>
          <span
            style={{
              width: `${shareOf(value, boundsOfColumn(field)) * 100}%`,
              background: withAlpha(colour ?? '#808080', 0.7),
            }}
          />
        </span>
      )}
      {href === undefined ? (
        <span className={css.cellText}>{text}</span>
      ) : (
        <CellLink href={href} opensTab={link?.opensTab === true}>
          {text}
        </CellLink>
      )}
    </div>
  );
}

function CellLink({
  href,
  opensTab,
  children,
}: {
  readonly href: string;
  readonly opensTab: boolean;
  readonly children: ReactNode;
}) {
  return (
    <a className={css.cellText} href={href} rel="noreferrer" {...(opensTab ? { target: '_blank' } : {})}>
      {children}
    </a>
  );
}

/** Since version 8 `cellOptions.type`; before it `displayMode`, whose gauges had several names. */
function kindOf({ config }: Field): CellKind {
  const kinds = ['auto', 'color-text', 'color-background', 'gauge'] as const;
  const own = choiceOption(config.custom, 'cellOptions.type', kinds);
  if (own !== 'auto') return own;
  const old = optionAt(config.custom, 'displayMode');
  if (old === 'color-background-solid') return 'color-background';
  if (old === 'basic' || old === 'lcd-gauge' || old === 'gradient-gauge') return 'gauge';
  return choiceOption(config.custom, 'displayMode', kinds);
}

/** A bar in a cell is measured against its column. */
function boundsOfColumn(field: Field): { readonly min: number; readonly max: number } {
  const known = BOUNDS.get(field);
  if (known !== undefined) return known;
  const bounds = boundsOfValues(extentOf(field.values), field);
  BOUNDS.set(field, bounds);
  return bounds;
}

/** Every cell of a column asks, and fields are values: the answer is kept as long as the field. */
const BOUNDS = new WeakMap<Field, { readonly min: number; readonly max: number }>();

function lookOf(kind: CellKind, colour: string | undefined, scheme: ColourScheme) {
  if (colour === undefined) return undefined;
  if (kind === 'color-text') return { color: legible(colour, scheme, 4.5) };
  if (kind === 'color-background') return { background: colour, color: inkOn(colour) };
  return undefined;
}
