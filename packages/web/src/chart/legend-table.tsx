import { useVirtualizer } from '@tanstack/react-virtual';
import { useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { formatValue } from '../format/unit.ts';
import type { FrameSeries } from './frame.ts';
import css from './legend-table.module.css';
import { useStyles, type LegendProps } from './legend.tsx';
import { statsOf } from './series-stats.ts';
import type { SeriesStyle } from './series-style.ts';

/** One line; long names take more, and rows are measured. */
const ROW_HEIGHT = 28;

/** About ten rows; the rest scrolls. Only rows in sight exist: a query may answer with thousands. */
const HEIGHT_MAX = 10 * ROW_HEIGHT;

const COLUMNS = ['min', 'mean', 'max', 'last'] as const;

/** Every series of a chart with what it did. A click shows one alone, another click all again. */
export function LegendTable({ frame, unit, nameOf, isolatedKey, onIsolate }: LegendProps) {
  const { t } = useTranslation();
  const styles = useStyles(frame);
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: frame.series.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 8,
  });
  return (
    <div
      className={css.table}
      role="table"
      aria-label={t('chart.legend')}
      aria-rowcount={frame.series.length + 1}
    >
      <div className={css.head} role="row">
        <span role="columnheader">{t('chart.seriesCount', { count: frame.series.length })}</span>
        {COLUMNS.map((column) => (
          <span key={column} role="columnheader" data-column={column}>
            {t(`chart.${column}`)}
          </span>
        ))}
      </div>
      <div
        ref={scroller}
        className={css.scroller}
        style={{ maxHeight: HEIGHT_MAX }}
        role="rowgroup"
        tabIndex={0}
      >
        <div role="presentation" style={{ height: rows.getTotalSize(), position: 'relative' }}>
          {rows.getVirtualItems().map(({ index, start }) => {
            const series = frame.series[index];
            if (series === undefined) return null;
            return (
              <Row
                key={series.key}
                series={series}
                name={nameOf(series)}
                unit={unit}
                style={styles[index]}
                isAlone={isolatedKey === series.key}
                position={{ index, start, measure: rows.measureElement }}
                onIsolate={onIsolate}
              />
            );
          })}
        </div>
      </div>
    </div>
  );
}

interface RowProps extends Pick<LegendProps, 'unit' | 'onIsolate'> {
  readonly series: FrameSeries;
  readonly name: string;
  readonly style: SeriesStyle | undefined;
  readonly isAlone: boolean;
  readonly position: {
    readonly index: number;
    readonly start: number;
    readonly measure: (element: Element | null) => void;
  };
}

function Row({ series, name, unit, style, isAlone, position, onIsolate }: RowProps) {
  const stats = statsOf(series);
  const line = (style?.dash.length ?? 0) > 0 ? 'dashed' : 'solid';
  return (
    <div
      ref={position.measure}
      data-index={position.index}
      className={css.row}
      role="row"
      aria-rowindex={position.index + 2}
      style={{ transform: `translateY(${position.start}px)` }}
    >
      <span role="cell">
        <button
          type="button"
          aria-pressed={isAlone}
          onClick={() => onIsolate(isAlone ? undefined : series.key)}
        >
          <span className={css.line} style={{ borderTop: `3px ${line} ${style?.colour ?? ''}` }} />
          {name}
        </button>
      </span>
      {COLUMNS.map((column) => (
        <span key={column} role="cell" data-column={column}>
          {formatValue(stats[column], unit)}
        </span>
      ))}
    </div>
  );
}
