import { useTranslation } from 'react-i18next';
import css from './chart.module.css';
import { colourOfMark, marksShown, type ChartMark } from './chart-mark.ts';
import { formatMoment } from './time-axis.ts';
import { useScheme } from '../theme/use-scheme.ts';

export interface MarkListProps {
  readonly marks: readonly ChartMark[];
  readonly bounds: { readonly fromMs: number; readonly toMs: number };
  readonly timezone?: string | undefined;
}

/** What happened in the range, in words, for those who cannot point at a line. Nothing when there was nothing. */
export function MarkList({ marks, bounds, timezone }: MarkListProps) {
  const { t, i18n } = useTranslation();
  const scheme = useScheme();
  const shown = marksShown(marks, bounds);
  if (shown.length === 0) return null;
  const moment = (timestampMs: number): string => formatMoment(timestampMs, i18n.language, timezone);
  return (
    <details className={css.marks}>
      <summary>{t('chart.marks', { count: shown.length })}</summary>
      <ul>
        {shown.map((mark, i) => (
          <li key={i} style={{ borderColor: colourOfMark(mark, scheme) }}>
            <b>{mark.title}</b> <span>{t(`chart.markKind.${mark.kind}`)}</span>{' '}
            <time dateTime={new Date(mark.atMs).toISOString()}>{moment(mark.atMs)}</time>
            {mark.endMs !== undefined && <> – {moment(mark.endMs)}</>}
            {mark.text !== '' && <p>{mark.text}</p>}
          </li>
        ))}
      </ul>
    </details>
  );
}
