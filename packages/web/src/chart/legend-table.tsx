import { useVirtualizer } from '@tanstack/react-virtual';
import { useMemo, useRef, useState, type CSSProperties } from 'react';
import { useTranslation } from 'react-i18next';
import css from './legend-table.module.css';
import { nextSort, sortRows, type LegendRow, type LegendSort } from './legend-rows.ts';
import { LegendLine, type LegendProps } from './legend.tsx';

/** One line; long names take more, and rows are measured. */
const ROW_HEIGHT = 28;

/** About ten rows; the rest scrolls. Only rows in sight exist: a query may answer with thousands. */
const HEIGHT_MAX = 10 * ROW_HEIGHT;

export interface LegendTableProps extends LegendProps {
  readonly columns: readonly string[];
  readonly sort?: LegendSort | undefined;
  readonly heightMax?: number;
}

/** How many columns of numbers there are; the style sheet says where they go. */
type GridStyle = CSSProperties & { readonly '--v-columns': number };

/** Every series of a chart with what it did. Heads sort, names isolate (with Ctrl or ⌘: hide and show). */
export function LegendTable(props: LegendTableProps) {
  const { rows, columns, hidden, onPress, heightMax = HEIGHT_MAX } = props;
  const { t } = useTranslation();
  const [sort, setSort] = useState(props.sort);
  const sorted = useMemo(() => sortRows(rows, sort), [rows, sort]);
  const scroller = useRef<HTMLDivElement>(null);
  const lines = useVirtualizer({
    count: sorted.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 8,
  });
  const grid: GridStyle = { '--v-columns': columns.length };
  const count = t('chart.seriesCount', { count: rows.length });
  return (
    <div className={css.table} role="table" aria-label={t('chart.legend')} aria-rowcount={rows.length + 1}>
      <div className={css.head} role="row" style={grid}>
        {[count, ...columns].map((title, i) => (
          <Head
            key={title}
            title={title}
            column={i - 1}
            sort={sort}
            onSort={(column) => setSort(nextSort(sort, column))}
          />
        ))}
      </div>
      <div
        ref={scroller}
        className={css.scroller}
        style={{ maxHeight: heightMax }}
        role="rowgroup"
        tabIndex={0}
      >
        <div role="presentation" style={{ height: lines.getTotalSize(), position: 'relative' }}>
          {lines.getVirtualItems().map(({ index, start }) => {
            const row = sorted[index];
            if (row === undefined) return null;
            const position = { index, start, measure: lines.measureElement };
            return (
              <Row
                key={row.key}
                row={row}
                grid={grid}
                isHidden={hidden.has(row.key)}
                position={position}
                onPress={onPress}
              />
            );
          })}
        </div>
      </div>
    </div>
  );
}

interface HeadProps {
  readonly title: string;
  readonly column: number;
  readonly sort: LegendSort | undefined;
  readonly onSort: (column: number) => void;
}

function Head({ title, column, sort, onSort }: HeadProps) {
  const isSorted = sort?.column === column;
  const direction = isSorted ? (sort.isDescending ? 'descending' : 'ascending') : 'none';
  return (
    <span role="columnheader" aria-sort={direction}>
      <button type="button" onClick={() => onSort(column)}>
        {title}
        <span aria-hidden="true">{isSorted ? (sort.isDescending ? ' ↓' : ' ↑') : ''}</span>
      </button>
    </span>
  );
}

interface RowProps extends Pick<LegendProps, 'onPress'> {
  readonly row: LegendRow;
  readonly grid: GridStyle;
  readonly isHidden: boolean;
  readonly position: {
    readonly index: number;
    readonly start: number;
    readonly measure: (element: Element | null) => void;
  };
}

function Row({ row, grid, isHidden, position, onPress }: RowProps) {
  return (
    <div
      ref={position.measure}
      data-index={position.index}
      className={css.row}
      role="row"
      aria-rowindex={position.index + 2}
      style={{ ...grid, transform: `translateY(${position.start}px)` }}
    >
      <span role="cell">
        <button
          type="button"
          aria-pressed={!isHidden}
          onClick={(event) => onPress(row.key, event.ctrlKey || event.metaKey)}
        >
          <LegendLine row={row} />
          {row.name}
        </button>
      </span>
      {row.cells.map(({ text }, i) => (
        <span key={i} role="cell">
          {text}
        </span>
      ))}
    </div>
  );
}
