import { useVirtualizer } from '@tanstack/react-virtual';
import type { DataFrame, Field } from '@vedette/dashboard';
import { useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { calcName } from './calc-names.ts';
import { alignOf } from './cell-align.ts';
import { choiceOption, flagOption, numberOption, textsOption } from './options.ts';
import css from './panel.module.css';
import { nameOf } from './reduced.ts';
import { TableCell } from './table-cell.tsx';
import { footerOf } from './table-footer.ts';
import type { TableSort } from './table-rows.ts';

export interface TableGridProps {
  readonly frame: DataFrame;
  /** Indexes of the rows shown, in order. */
  readonly rows: readonly number[];
  readonly title: string;
  readonly options: unknown;
  readonly height: number;
  readonly textOf: (field: Field, row: number) => string;
  readonly interpolate: (text: string) => string;
  readonly sort: TableSort | undefined;
  readonly onSort: (column: number) => void;
  readonly filters: ReadonlyMap<number, string>;
  readonly onFilter: (column: number, text: string) => void;
}

const ROW_HEIGHTS = { sm: 28, md: 36, lg: 44, auto: 28 } as const;

/** Columns that one table shows; an answer with more labels is read elsewhere. */
const COLUMNS_MAX = 60;

const COLUMN_WIDTH_MIN = 96;

/** The table itself: only the rows in sight exist, heads sort, cells are as their fields say. */
export function TableGrid(props: TableGridProps) {
  const { frame, rows, title, options, height } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const rowHeight = ROW_HEIGHTS[choiceOption(options, 'cellHeight', ['sm', 'md', 'lg', 'auto'])];
  const columns = frame.fields
    .map((field, index) => ({ field, index }))
    .filter(({ field }) => !flagOption(field.config.custom, 'hidden', false))
    .slice(0, COLUMNS_MAX);
  const grid = { gridTemplateColumns: columns.map(({ field }) => widthOf(field)).join(' ') };
  const lines = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 10,
    initialRect: { width: 0, height },
  });
  return (
    <div
      ref={scroller}
      className={css.tableScroller}
      style={{ height }}
      tabIndex={0}
      role="group"
      aria-label={title}
    >
      <div role="table" aria-label={title} aria-rowcount={rows.length + 1} className={css.grid}>
        {flagOption(options, 'showHeader', true) && <Head {...props} columns={columns} grid={grid} />}
        <div role="rowgroup" style={{ height: lines.getTotalSize(), position: 'relative' }}>
          {lines.getVirtualItems().map(({ index, start }) => (
            <div
              key={index}
              role="row"
              aria-rowindex={index + 2}
              className={css.gridRow}
              style={{ ...grid, height: rowHeight, transform: `translateY(${start}px)` }}
            >
              {columns.map(({ field, index: column }) => (
                <TableCell
                  key={column}
                  frame={frame}
                  field={field}
                  row={rows[index] ?? 0}
                  textOf={props.textOf}
                  interpolate={props.interpolate}
                />
              ))}
            </div>
          ))}
        </div>
        <Footer {...props} columns={columns} grid={grid} />
      </div>
    </div>
  );
}

interface ColumnsProps extends TableGridProps {
  readonly columns: readonly { readonly field: Field; readonly index: number }[];
  readonly grid: { readonly gridTemplateColumns: string };
}

function Head({ columns, grid, sort, onSort, filters, onFilter }: ColumnsProps) {
  const { t } = useTranslation();
  return (
    <div role="row" className={css.gridHead} style={grid}>
      {columns.map(({ field, index }) => {
        const isSorted = sort?.column === index;
        const name = nameOf(field);
        return (
          <div
            key={index}
            role="columnheader"
            data-align={alignOf(field)}
            aria-sort={isSorted ? (sort.isDescending ? 'descending' : 'ascending') : 'none'}
          >
            <button type="button" title={name} onClick={() => onSort(index)}>
              <span>{name}</span>
              <span aria-hidden="true">{isSorted ? (sort.isDescending ? ' ↓' : ' ↑') : ''}</span>
            </button>
            {flagOption(field.config.custom, 'filterable', false) && (
              <input
                type="search"
                value={filters.get(index) ?? ''}
                placeholder={t('panel.filter')}
                aria-label={`${t('panel.filter')}: ${name}`}
                onChange={(event) => onFilter(index, event.target.value)}
              />
            )}
          </div>
        );
      })}
    </div>
  );
}

function Footer({ columns, grid, frame, rows, options }: ColumnsProps) {
  const { t } = useTranslation();
  if (!flagOption(options, 'footer.show', false)) return null;
  const calc = textsOption(options, 'footer.reducer')[0] ?? 'sum';
  const cells = footerOf(frame, rows, { calc, fields: textsOption(options, 'footer.fields') });
  return (
    <div role="row" className={css.gridFoot} style={grid}>
      {columns.map(({ field, index }, i) => (
        <div key={index} role="cell" data-align={alignOf(field)}>
          {cells[index] ?? (i === 0 ? calcName(t, calc) : '')}
        </div>
      ))}
    </div>
  );
}

function widthOf({ config }: Field): string {
  const width = numberOption(config.custom, 'width');
  if (width !== undefined && width > 0) return `${Math.min(width, 2000)}px`;
  const least = Math.min(Math.max(numberOption(config.custom, 'minWidth') ?? COLUMN_WIDTH_MIN, 24), 2000);
  return `minmax(${least}px, 1fr)`;
}
