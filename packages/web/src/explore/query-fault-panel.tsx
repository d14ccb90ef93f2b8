import { useTranslation } from 'react-i18next';
import { ToneIcon } from '../design/tone-badge.tsx';
import css from './explore.module.css';
import { parseQueryFault } from './query-fault.ts';

export interface QueryFaultPanelProps {
  readonly expr: string;
  readonly message: string;
  readonly position?: number | undefined;
}

/** Why a query has no answer, with a caret under the place. */
export function QueryFaultPanel({ expr, message, position }: QueryFaultPanelProps) {
  const { t } = useTranslation();
  const fault = parseQueryFault(expr, message, position);
  return (
    <div className={css.fault} role="alert">
      <p className={css.faultTitle}>
        <ToneIcon tone="critical" size={18} />
        <strong>{t('explore.fault')}</strong>
      </p>
      <p className={css.faultMessage}>{fault.message}</p>
      {fault.place !== undefined && (
        <pre
          className={css.caret}
          tabIndex={0}
          aria-label={t('explore.faultPlace', { column: fault.place.column + 1 })}
        >
          {fault.place.line}
          {'\n'}
          {' '.repeat(fault.place.column)}^
        </pre>
      )}
    </div>
  );
}
