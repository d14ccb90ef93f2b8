import { useRef } from 'react';
import { useWidth } from '../chart/use-width.ts';
import { inkOn, legible } from '../theme/colour.ts';
import type { ColourScheme } from '../theme/tokens.ts';
import { cellGridOf, fontSizeOf } from './cell-grid.ts';
import { choiceOption, flagOption } from './options.ts';
import css from './panel.module.css';
import type { PanelProps } from './panel-props.ts';
import { chosenOrientation, hasNames, reducedOf, type Reduced } from './reduced.ts';
import { shownText, shownValueOf } from './shown-value.ts';
import { Sparkline } from './sparkline.tsx';
import { useScheme } from '../theme/use-scheme.ts';

const BOX_MIN = { width: 112, height: 48 };

/** Large numbers, one box per value, coloured by what they mean, with their course behind. */
export function StatPanel({ panel, frames, height, interpolate }: PanelProps) {
  const ref = useRef<HTMLDivElement>(null);
  const width = useWidth(ref);
  const reduced = reducedOf(frames, panel.options);
  const area = { width, height, orientation: chosenOrientation(panel.options) };
  const grid = cellGridOf(reduced.length, area, BOX_MIN);
  return (
    <div
      ref={ref}
      className={css.boxes}
      style={{ height, gridTemplateColumns: `repeat(${grid.columns}, minmax(0, 1fr))` }}
      role="list"
      aria-label={interpolate(panel.title)}
      tabIndex={0}
    >
      {reduced.map((one) => (
        <StatBox
          key={one.key}
          one={one}
          options={panel.options}
          hasName={hasNames(panel.options, reduced.length)}
          box={grid}
        />
      ))}
    </div>
  );
}

interface StatBoxProps {
  readonly one: Reduced;
  readonly options: unknown;
  readonly hasName: boolean;
  readonly box: { readonly width: number; readonly height: number };
}

function StatBox({ one, options, hasName, box }: StatBoxProps) {
  const scheme = useScheme();
  const shown = shownValueOf(one.value, one.field.config, scheme);
  const text = shownText(shown);
  const look = lookOf(options, shown.colour, scheme);
  const hasValue = !['name', 'none'].includes(choiceOption(options, 'textMode', ['auto', 'name', 'none']));
  const size = fontSizeOf(text, { width: box.width - 24, height: box.height * (hasName ? 0.42 : 0.5) });
  const isCentred = choiceOption(options, 'justifyMode', ['auto', 'center']) === 'center' || !hasName;
  const hasGraph = choiceOption(options, 'graphMode', ['area', 'none']) === 'area' && one.timesMs.length > 1;
  return (
    <div
      className={css.stat}
      role="listitem"
      data-centred={isCentred}
      style={{ minHeight: box.height, background: look.background, color: look.ink }}
    >
      {hasGraph && <Sparkline values={one.field.values} colour={look.line} />}
      {hasName && <span className={css.statName}>{one.name}</span>}
      {hasValue && <strong style={{ fontSize: size, lineHeight: 1.15, color: look.value }}>{text}</strong>}
      {flagOption(options, 'showPercentChange', false) && <Change values={one.field.values} />}
    </div>
  );
}

/** Colours of a box: the number alone (`value`), the whole box, or nothing. */
function lookOf(options: unknown, colour: string | undefined, scheme: ColourScheme) {
  const mode = choiceOption(options, 'colorMode', ['value', 'background', 'background_solid', 'none']);
  const plain = { background: undefined, ink: undefined, value: undefined, line: 'var(--v-accent)' };
  if (colour === undefined || mode === 'none') return plain;
  if (mode === 'value') return { ...plain, value: legible(colour, scheme, 4.5), line: colour };
  const ink = inkOn(colour);
  return { background: colour, ink, value: ink, line: ink };
}

/** How far the last value is from the first, in percent. */
function Change({ values }: { readonly values: readonly unknown[] }) {
  const numbers = values.filter(
    (value): value is number => typeof value === 'number' && Number.isFinite(value),
  );
  const [first = 0, last = 0] = [numbers[0], numbers.at(-1)];
  if (numbers.length < 2 || first === 0) return null;
  const percent = ((last - first) / Math.abs(first)) * 100;
  return (
    <small className={css.statChange}>
      {percent > 0 ? '+' : percent < 0 ? '−' : '±'}
      {Math.abs(percent).toFixed(1)}%
    </small>
  );
}
