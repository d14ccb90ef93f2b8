import { useRef } from 'react';
import { useWidth } from '../chart/use-width.ts';
import { colourOfName, legible } from '../theme/colour.ts';
import { cellGridOf } from './cell-grid.ts';
import { arcPath, pointAt, thresholdArcs } from './gauge-arc.ts';
import { flagOption } from './options.ts';
import css from './panel.module.css';
import type { PanelProps } from './panel-props.ts';
import { boundsOfValues, chosenOrientation, extentOf, reducedOf, shareOf, type Reduced } from './reduced.ts';
import { shownText, shownValueOf } from './shown-value.ts';
import { useScheme } from '../theme/use-scheme.ts';

const BOX_MIN = { width: 120, height: 110 };

/** Arcs between a least and a most, one per value. */
export function GaugePanel({ panel, frames, height, interpolate }: PanelProps) {
  const ref = useRef<HTMLDivElement>(null);
  const width = useWidth(ref);
  const reduced = reducedOf(frames, panel.options);
  const area = { width, height, orientation: chosenOrientation(panel.options) };
  const grid = cellGridOf(reduced.length, area, BOX_MIN);
  const hasName = reduced.length > 1;
  const extent = extentOf(reduced.map(({ value }) => value));
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
        <div key={one.key} className={css.gauge} role="listitem" style={{ height: grid.height }}>
          <Arc
            one={one}
            bounds={boundsOfValues(extent, one.field)}
            hasMarkers={flagOption(panel.options, 'showThresholdMarkers', true)}
            hasLabels={flagOption(panel.options, 'showThresholdLabels', false)}
          />
          {hasName && <span className={css.gaugeName}>{one.name}</span>}
        </div>
      ))}
    </div>
  );
}

interface ArcProps {
  readonly one: Reduced;
  readonly bounds: { readonly min: number; readonly max: number };
  readonly hasMarkers: boolean;
  readonly hasLabels: boolean;
}

const RADIUS = 80;
const MARKER_RADIUS = 97;
const LABEL_RADIUS = 110;

function Arc({ one, bounds, hasMarkers, hasLabels }: ArcProps) {
  const scheme = useScheme();
  const { config } = one.field;
  const shown = shownValueOf(one.value, config, scheme);
  const colour = shown.colour ?? 'var(--v-accent)';
  const text = shownText(shown);
  const share = shareOf(one.value, bounds);
  const arcs = thresholdArcs(config.thresholds, bounds);
  const ink = shown.colour === undefined ? 'var(--v-text)' : legible(shown.colour, scheme, 4.5);
  return (
    <svg
      viewBox={hasLabels ? '-140 -122 280 190' : '-108 -104 216 164'}
      role="img"
      aria-label={`${one.name}: ${text}`}
    >
      <path d={arcPath(0, 1, RADIUS)} className={css.gaugeTrack} />
      {share > 0 && <path d={arcPath(0, share, RADIUS)} className={css.gaugeValue} stroke={colour} />}
      {hasMarkers &&
        arcs.map(({ from, to, color }) => (
          <path
            key={from}
            d={arcPath(from, to, MARKER_RADIUS)}
            className={css.gaugeMarker}
            stroke={colourOfName(color, scheme) ?? 'var(--v-border-strong)'}
          />
        ))}
      {hasLabels &&
        arcs
          .filter(({ from }) => from > 0)
          .map(({ from, value }) => (
            <text
              key={from}
              {...pointAt(from, LABEL_RADIUS)}
              className={css.gaugeLabel}
              textAnchor={anchorAt(from)}
            >
              {shownText(shownValueOf(value, { ...config, mappings: [] }, scheme))}
            </text>
          ))}
      <text
        y={12}
        className={css.gaugeText}
        fill={ink}
        fontSize={Math.min(34, 150 / (Math.max(3, text.length) * 0.68))}
      >
        {text}
      </text>
    </svg>
  );
}

function anchorAt(share: number): 'start' | 'middle' | 'end' {
  return share < 0.45 ? 'end' : share > 0.55 ? 'start' : 'middle';
}
