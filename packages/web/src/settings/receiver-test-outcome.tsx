import type { ReceiverTestResult } from '@vedette/api';
import { useTranslation } from 'react-i18next';
import { Badge } from '../design/tone-badge.tsx';
import { formatValue } from '../format/unit.ts';
import { messageText } from './message-text.ts';
import css from './settings.module.css';

/** What a test sent, and what came back. */
export function ReceiverTestOutcome({ result }: { readonly result: ReceiverTestResult }) {
  const { t } = useTranslation();
  const { outcome, tookMs, error, answer, message } = result;
  const isDelivered = outcome === 'delivered';
  return (
    <div className={css.outcome} role="status">
      <span className={css.name}>
        <Badge tone={isDelivered ? 'ok' : 'critical'}>
          {t(`administration.receivers.outcome.${outcome}`)}
        </Badge>
        <span className={css.quiet}>
          {t('administration.receivers.took', { time: formatValue(tookMs, 'ms') })}
          {answer !== null && ` · ${t('administration.receivers.answered', { status: answer.status })}`}
        </span>
      </span>
      {error !== null && <p className={css.failure}>{error}</p>}
      {isDelivered && answer !== null && answer.text !== '' && <p className={css.quiet}>{answer.text}</p>}
      {message === null ? (
        <p className={css.quiet}>{t('administration.receivers.noMessage')}</p>
      ) : (
        <details>
          <summary>{t('administration.receivers.message')}</summary>
          <pre
            className={`${css.code} ${css.message}`}
            tabIndex={0}
            aria-label={t('administration.receivers.message')}
          >
            {messageText(message)}
          </pre>
        </details>
      )}
    </div>
  );
}
