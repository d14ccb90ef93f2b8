import { useTranslation } from 'react-i18next';
import css from './chart.module.css';
import type { LegendRow } from './legend-rows.ts';

export interface LegendProps {
  readonly rows: readonly LegendRow[];
  readonly hidden: ReadonlySet<string>;
  /** `isToggle`: Ctrl or ⌘ was held. */
  readonly onPress: (key: string, isToggle: boolean) => void;
}

/** Names that a legend without a table shows; the table has the rest. */
const NAMES_MAX = 24;

/**
 * Names and numbers in a line under a chart. A press shows one series alone, another one all again;
 * with Ctrl or ⌘ a series is hidden or shown by itself.
 */
export function Legend({
  rows,
  hidden,
  onPress,
  namesMax = NAMES_MAX,
  height,
}: LegendProps & {
  readonly namesMax?: number;
  /** In pixels: what does not fit is scrolled to. Absent: as high as the names need. */
  readonly height?: number;
}) {
  const { t } = useTranslation();
  return (
    <ul className={css.legend} style={height === undefined ? undefined : { height, overflowY: 'auto' }}>
      {rows.slice(0, namesMax).map((row) => (
        <li key={row.key}>
          <button
            type="button"
            className={css.legendButton}
            aria-pressed={!hidden.has(row.key)}
            onClick={(event) => onPress(row.key, event.ctrlKey || event.metaKey)}
          >
            <LegendLine row={row} />
            <span className={css.legendName}>{row.name}</span>
            {row.cells.map(({ text }, i) => (
              <b key={i}>{text}</b>
            ))}
          </button>
        </li>
      ))}
      {rows.length > namesMax && (
        <li className={css.legendMore}>{t('chart.more', { n: rows.length - namesMax })}</li>
      )}
    </ul>
  );
}

/** A piece of the line as the chart draws it: colour, and dashes where colours are used up. */
export function LegendLine({ row }: { readonly row: LegendRow }) {
  return (
    <span
      className={css.legendLine}
      style={{ borderTop: `3px ${row.isDashed ? 'dashed' : 'solid'} ${row.colour}` }}
    />
  );
}
