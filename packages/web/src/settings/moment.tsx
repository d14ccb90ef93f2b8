import { useTranslation } from 'react-i18next';
import { formatMoment } from '../chart/time-axis.ts';
import { formatAge } from '../format/relative-time.ts';

/** How long ago something was; the moment itself under the pointer. */
export function Ago({ atMs, nowMs }: { readonly atMs: number; readonly nowMs: number }) {
  const { t, i18n } = useTranslation();
  return (
    <time dateTime={new Date(atMs).toISOString()} title={formatMoment(atMs, i18n.language)}>
      {t('administration.ago', { age: formatAge(nowMs - atMs) })}
    </time>
  );
}
