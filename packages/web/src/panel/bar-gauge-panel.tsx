import { useRef } from 'react';
import { useWidth } from '../chart/use-width.ts';
import { colourOfName, legible, withAlpha } from '../theme/colour.ts';
import type { ColourScheme } from '../theme/tokens.ts';
import { thresholdArcs } from './gauge-arc.ts';
import { choiceOption } from './options.ts';
import css from './panel.module.css';
import type { PanelProps } from './panel-props.ts';
import {
  boundsOfValues,
  extentOf,
  type Extent,
  orientationOf,
  reducedOf,
  shareOf,
  type Reduced,
} from './reduced.ts';
import { shownText, shownValueOf } from './shown-value.ts';
import { useScheme } from '../theme/use-scheme.ts';

/** Cells of an `lcd` bar. */
const CELLS = 30;

/** Bars between a least and a most, lying (names at the left) or standing (names below). */
export function BarGaugePanel({ panel, frames, height, interpolate }: PanelProps) {
  const ref = useRef<HTMLDivElement>(null);
  const width = useWidth(ref);
  const reduced = reducedOf(frames, panel.options);
  const extent = extentOf(reduced.map(({ value }) => value));
  const mode = choiceOption(panel.options, 'displayMode', ['gradient', 'basic', 'lcd']);
  const valueMode = choiceOption(panel.options, 'valueMode', ['color', 'text', 'hidden']);
  const orientation = orientationOf(panel.options, width, height);
  return (
    <div
      ref={ref}
      className={css.bars}
      data-orientation={orientation}
      style={{ height }}
      role="list"
      aria-label={interpolate(panel.title)}
      tabIndex={0}
    >
      {reduced.map((one) => (
        <Bar key={one.key} {...{ one, extent, mode, valueMode }} isStanding={orientation === 'vertical'} />
      ))}
    </div>
  );
}

interface BarProps {
  readonly one: Reduced;
  readonly extent: Extent;
  readonly mode: 'gradient' | 'basic' | 'lcd';
  /** Whether the number beside the bar has the colour of what it means, or none. */
  readonly valueMode: 'color' | 'text' | 'hidden';
  readonly isStanding: boolean;
}

function Bar({ one, extent, mode, valueMode, isStanding }: BarProps) {
  const scheme = useScheme();
  const bounds = boundsOfValues(extent, one.field);
  const shown = shownValueOf(one.value, one.field.config, scheme);
  const colour = shown.colour ?? colourOfName('blue', scheme) ?? '';
  const share = shareOf(one.value, bounds);
  const arcs = thresholdArcs(one.field.config.thresholds, bounds);
  const stops = arcs.map(({ from, to, color }) => ({
    from,
    to,
    colour: colourOfName(color, scheme) ?? colour,
  }));
  return (
    <div className={css.bar} role="listitem">
      <span className={css.barName}>{one.name}</span>
      <span className={css.barTrack}>
        {mode === 'lcd' ? (
          <Cells share={share} stops={stops} colour={colour} />
        ) : (
          <span
            className={css.barFill}
            style={{
              [isStanding ? 'height' : 'width']: `${share * 100}%`,
              background:
                mode === 'gradient' ? gradientOf(stops, colour, share, isStanding) : withAlpha(colour, 0.55),
              [isStanding ? 'borderTop' : 'borderRight']: `2px solid ${colour}`,
            }}
          />
        )}
      </span>
      {valueMode !== 'hidden' && (
        <b
          className={css.barValue}
          style={{ color: valueMode === 'text' ? undefined : valueColour(shown.colour, scheme) }}
        >
          {shownText(shown)}
        </b>
      )}
    </div>
  );
}

function valueColour(colour: string | undefined, scheme: ColourScheme): string | undefined {
  return colour === undefined ? undefined : legible(colour, scheme, 4.5);
}

interface Stop {
  readonly from: number;
  readonly to: number;
  readonly colour: string;
}

function Cells({
  share,
  stops,
  colour,
}: {
  readonly share: number;
  readonly stops: readonly Stop[];
  readonly colour: string;
}) {
  return Array.from({ length: CELLS }, (_, i) => {
    const at = (i + 0.5) / CELLS;
    const own = stops.find(({ from, to }) => at >= from && at < to)?.colour ?? colour;
    return (
      <i key={i} className={css.barCell} style={{ background: at <= share ? own : withAlpha(own, 0.16) }} />
    );
  });
}

/** Colours of the thresholds along the bar, as far as it is filled. */
function gradientOf(stops: readonly Stop[], colour: string, share: number, isStanding: boolean): string {
  const passed = stops.filter(({ from }) => from < share);
  if (passed.length < 2 || share <= 0) return withAlpha(colour, 0.6);
  const marks = passed.map(({ from, colour: own }) => `${own} ${((from / share) * 100).toFixed(1)}%`);
  return `linear-gradient(${isStanding ? '0deg' : '90deg'}, ${marks.join(', ')})`;
}
