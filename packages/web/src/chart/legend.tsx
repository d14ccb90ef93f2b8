import { useComputedColorScheme } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { formatValue } from '../format/unit.ts';
import css from './chart.module.css';
import { lastValueOf, type Frame, type FrameSeries } from './frame.ts';
import { stylesOf } from './series-style.ts';

export interface LegendProps {
  readonly frame: Frame;
  readonly unit: string;
  readonly nameOf: (series: FrameSeries) => string;
  readonly isolatedKey: string | undefined;
  readonly onIsolate: (key: string | undefined) => void;
}

/** Names a small chart can hold in two lines; the table has the rest. */
const NAMES_MAX = 8;

/** Names and newest values under a small chart. A click shows one series alone, another click all again. */
export function Legend({ frame, unit, nameOf, isolatedKey, onIsolate }: LegendProps) {
  const { t } = useTranslation();
  const styles = useStyles(frame);
  return (
    <ul className={css.legend}>
      {frame.series.slice(0, NAMES_MAX).map((series, i) => (
        <li key={series.key}>
          <button
            type="button"
            className={css.legendButton}
            aria-pressed={isolatedKey === series.key}
            onClick={() => onIsolate(isolatedKey === series.key ? undefined : series.key)}
          >
            <span className={css.swatch} style={{ background: styles[i]?.colour }} />
            {nameOf(series)} <b>{formatValue(lastValueOf(series), unit)}</b>
          </button>
        </li>
      ))}
      {frame.series.length > NAMES_MAX && (
        <li className={css.legendMore}>{t('chart.more', { n: frame.series.length - NAMES_MAX })}</li>
      )}
    </ul>
  );
}

/** The styles of a frame's series, in its order. */
export function useStyles(frame: Frame) {
  const scheme = useComputedColorScheme('light');
  return stylesOf(
    frame.series.map(({ key }) => key),
    scheme,
  );
}
