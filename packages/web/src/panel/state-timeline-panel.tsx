import type { Field, FieldValue } from '@vedette/dashboard';
import { useMemo, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { DragLayer } from '../chart/drag-layer.tsx';
import { stylesOf } from '../chart/series-style.ts';
import { formatMoment, formatTimeTicks, zoneOf } from '../chart/time-axis.ts';
import { timeTicksOf } from '../chart/time-ticks.ts';
import { useWidth } from '../chart/use-width.ts';
import { inkOn } from '../theme/colour.ts';
import type { ColourScheme } from '../theme/tokens.ts';
import { choiceOption, flagOption, numberOption } from './options.ts';
import css from './panel.module.css';
import type { PanelProps } from './panel-props.ts';
import { nameOf } from './reduced.ts';
import { shownText, shownValueOf } from './shown-value.ts';
import { spanAt, stateRowsOf, type StateRow } from './state-spans.ts';
import { useScheme } from '../theme/use-scheme.ts';

const AXIS_HEIGHT = 24;
const ROW_HEIGHT_MIN = 22;
const NAMES_WIDTH = 140;
const TICK_PIXELS = 84;

/** Which state each series was in, when. */
export function StateTimelinePanel(props: PanelProps) {
  const { panel, frames, bounds, height, interpolate, onZoom, onZoomBack } = props;
  const ref = useRef<HTMLDivElement>(null);
  const width = useWidth(ref);
  const { options } = panel;
  const rows = useMemo(
    () => stateRowsOf(frames, flagOption(options, 'mergeValues', true)),
    [frames, options],
  );
  const names = Math.min(NAMES_WIDTH, width / 3);
  const rowHeight = Math.max(ROW_HEIGHT_MIN, (height - AXIS_HEIGHT) / Math.max(1, rows.length));
  const plot = { left: names, top: 0, width: Math.max(1, width - names), height: rowHeight * rows.length };
  const bar = Math.min(1, Math.max(0.2, numberOption(options, 'rowHeight') ?? 0.9));
  return (
    <div
      ref={ref}
      className={css.timeline}
      style={{ height }}
      role="group"
      aria-label={interpolate(panel.title)}
      tabIndex={0}
    >
      <div style={{ position: 'relative', height: plot.height }}>
        {rows.map((row, i) => (
          <div key={i} className={css.timelineRow} style={{ height: rowHeight }}>
            <span className={css.timelineName} style={{ width: names }} title={nameOf(row.field)}>
              {nameOf(row.field)}
            </span>
            <Spans row={row} props={props} height={rowHeight * bar} />
          </div>
        ))}
        {width > 0 && (
          <DragLayer
            {...{ bounds, onZoom, onZoomBack }}
            box={plot}
            tooltip={(x, y) => <Tip rows={rows} x={x} y={y} bounds={bounds} timezone={props.timezone} />}
          />
        )}
      </div>
      <Times bounds={bounds} timezone={props.timezone} left={names} width={plot.width} />
    </div>
  );
}

function Spans({
  row,
  props,
  height,
}: {
  readonly row: StateRow;
  readonly props: PanelProps;
  readonly height: number;
}) {
  const scheme = useScheme();
  const { bounds, panel } = props;
  const hasText = choiceOption(panel.options, 'showValue', ['auto', 'always', 'never']) !== 'never';
  const align = choiceOption(panel.options, 'alignValue', ['left', 'center', 'right']);
  const share = (timestampMs: number): number =>
    Math.min(1, Math.max(0, (timestampMs - bounds.fromMs) / (bounds.toMs - bounds.fromMs)));
  return (
    <span className={css.timelineTrack} style={{ height }}>
      {row.spans.map(({ fromMs, toMs, value }) => {
        const [from, to] = [share(fromMs), share(toMs)];
        if (to <= from) return null;
        const { text, colour } = stateLook(row.field, value, scheme);
        return (
          <span
            key={fromMs}
            className={css.timelineSpan}
            style={{
              left: `${from * 100}%`,
              width: `${(to - from) * 100}%`,
              background: colour,
              color: inkOn(colour),
              textAlign: align,
            }}
          >
            {hasText && to - from > 0.04 ? text : ''}
          </span>
        );
      })}
    </span>
  );
}

/** Text and colour of a state; a state that nothing colours has a colour by its text. */
function stateLook(field: Field, value: FieldValue, scheme: ColourScheme) {
  const shown = shownValueOf(value, field.config, scheme);
  const text = shownText(shown);
  return { text, colour: shown.colour ?? stylesOf([text], scheme)[0]?.colour ?? '' };
}

interface TipProps extends Pick<PanelProps, 'bounds' | 'timezone'> {
  readonly rows: readonly StateRow[];
  readonly x: number;
  readonly y: number;
}

function Tip({ rows, x, y, bounds, timezone }: TipProps) {
  const { i18n } = useTranslation();
  const scheme = useScheme();
  const row = rows[Math.min(rows.length - 1, Math.max(0, Math.floor((1 - y) * rows.length)))];
  const span = row && spanAt(row.spans, bounds.fromMs + x * (bounds.toMs - bounds.fromMs));
  if (row === undefined || span === undefined) return null;
  const moment = (timestampMs: number): string => formatMoment(timestampMs, i18n.language, zoneOf(timezone));
  return (
    <>
      <div>
        {nameOf(row.field)}: <b>{stateLook(row.field, span.value, scheme).text}</b>
      </div>
      <div className={css.muted}>
        {moment(span.fromMs)} – {moment(span.toMs)}
      </div>
    </>
  );
}

interface TimesProps extends Pick<PanelProps, 'bounds' | 'timezone'> {
  readonly left: number;
  readonly width: number;
}

function Times({ bounds, timezone, left, width }: TimesProps) {
  const { i18n } = useTranslation();
  const { ticks, distanceMs } = timeTicksOf(bounds, width / TICK_PIXELS, zoneOf(timezone));
  const texts = formatTimeTicks(
    ticks.map((tick) => tick / 1000),
    distanceMs / 1000,
    i18n.language,
    zoneOf(timezone),
  );
  return (
    <div className={css.timelineTimes} style={{ marginLeft: left }} aria-hidden="true">
      {ticks.map((tick, i) => (
        <span
          key={tick}
          style={{ left: `${((tick - bounds.fromMs) / (bounds.toMs - bounds.fromMs)) * 100}%` }}
        >
          {texts[i]}
        </span>
      ))}
    </div>
  );
}
