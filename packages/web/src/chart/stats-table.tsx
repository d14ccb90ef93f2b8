import { useTranslation } from 'react-i18next';
import { formatValue } from '../format/unit.ts';
import css from './chart.module.css';
import type { Frame, FrameSeries } from './frame.ts';
import { statsOf } from './series-stats.ts';

export interface StatsTableProps {
  readonly frame: Frame;
  readonly unit: string;
  readonly title: string;
  readonly nameOf: (series: FrameSeries) => string;
}

/** A chart in words: what every series did in the range. For eyes that cannot use the picture, and for copying. */
export function StatsTable({ frame, unit, title, nameOf }: StatsTableProps) {
  const { t } = useTranslation();
  return (
    <table className={css.table} aria-label={title}>
      <thead>
        <tr>
          <th scope="col">{t('chart.series')}</th>
          {(['min', 'mean', 'max', 'last'] as const).map((column) => (
            <th scope="col" key={column}>
              {t(`chart.${column}`)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {frame.series.map((series) => {
          const stats = statsOf(series.values);
          return (
            <tr key={series.key}>
              <td>{nameOf(series)}</td>
              <td>{formatValue(stats.min, unit)}</td>
              <td>{formatValue(stats.mean, unit)}</td>
              <td>{formatValue(stats.max, unit)}</td>
              <td>{formatValue(stats.last, unit)}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
