import type { DataFrame, Field } from '@vedette/dashboard';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { formatMoment, zoneOf } from '../chart/time-axis.ts';
import { optionAt } from './options.ts';
import css from './panel.module.css';
import type { PanelProps } from './panel-props.ts';
import { nameOf } from './reduced.ts';
import { shownText, shownValueOf } from './shown-value.ts';
import { TableGrid } from './table-grid.tsx';
import { nextTableSort, shownRows, sortOfOptions, type TableSort } from './table-rows.ts';
import { tablesOf } from './wide-frame.ts';
import { useScheme } from '../theme/use-scheme.ts';

/** Room for the choice among several frames. */
const CHOICE_HEIGHT = 36;

/** Rows and columns. Of several frames one is shown, and the others can be chosen. */
export function TablePanel(props: PanelProps) {
  const { frames, height } = props;
  const { t } = useTranslation();
  const [chosen, setChosen] = useState(0);
  const frame = frames[chosen] ?? frames[0];
  if (frame === undefined) return null;
  const isChoice = frames.length > 1;
  return (
    <>
      {isChoice && (
        <select
          className={css.choice}
          value={chosen}
          aria-label={t('panel.chooseFrame')}
          onChange={(event) => setChosen(Number(event.target.value))}
        >
          {frames.map((one, i) => (
            <option key={i} value={i}>
              {frameName(one)}
            </option>
          ))}
        </select>
      )}
      <SortedTable
        key={chosen}
        {...props}
        frame={frame}
        height={isChoice ? height - CHOICE_HEIGHT : height}
      />
    </>
  );
}

/** The numbers of a panel of another kind, as a table. */
export function TablesOfPanel(props: PanelProps) {
  const frames = useMemo(() => tablesOf(props.frames), [props.frames]);
  return <TablePanel {...props} frames={frames} panel={{ ...props.panel, options: {} }} />;
}

function frameName({ name, refId, fields }: DataFrame): string {
  const named = fields.find(({ kind }) => kind === 'number');
  return name ?? (named === undefined ? refId : nameOf(named));
}

function SortedTable(props: PanelProps & { readonly frame: DataFrame }) {
  const { frame, panel, height, interpolate } = props;
  const [sort, setSort] = useState<TableSort | undefined>(() =>
    sortOfOptions(frame, optionAt(panel.options, 'sortBy')),
  );
  const [filters, setFilters] = useState<ReadonlyMap<number, string>>(new Map());
  const textOf = useCellText(props.timezone);
  const rows = useMemo(() => shownRows(frame, textOf, sort, filters), [frame, textOf, sort, filters]);
  return (
    <TableGrid
      frame={frame}
      rows={rows}
      title={interpolate(panel.title)}
      options={panel.options}
      height={height}
      textOf={textOf}
      interpolate={interpolate}
      sort={sort}
      onSort={(column) => setSort(nextTableSort(sort, column))}
      filters={filters}
      onFilter={(column, text) => setFilters(new Map(filters).set(column, text))}
    />
  );
}

/** How a cell reads, times in the panel's zone. */
function useCellText(timezone: string): (field: Field, row: number) => string {
  const { i18n } = useTranslation();
  const scheme = useScheme();
  return useMemo(() => {
    const zone = zoneOf(timezone);
    return ({ kind, values, config }, row) => {
      const value = values[row] ?? null;
      if (kind === 'time' && typeof value === 'number' && Math.abs(value) <= TIME_MAX)
        return formatMoment(value, i18n.language, zone);
      return shownText(shownValueOf(value, config, scheme));
    };
  }, [timezone, i18n.language, scheme]);
}

/** The last moment that a date can say, in ms. */
const TIME_MAX = 8.64e15;
