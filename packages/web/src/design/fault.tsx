import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ToneIcon } from './tone-badge.tsx';
import css from './design.module.css';

export interface FaultProps {
  readonly title?: string;
  readonly message: string;
  /** Asks again; settles when that is done. Absent: asking again would not help. */
  readonly onRetry?: () => Promise<unknown>;
}

/** A fault in words: what could not be done and why, and the way to try it again. */
export function Fault({ title, message, onRetry }: FaultProps) {
  const { t } = useTranslation();
  return (
    <div className={css.fault} role="alert">
      <ToneIcon tone="critical" size={18} />
      <div>
        <strong>{title ?? t('fault.title')}</strong>
        <p>{message}</p>
        {onRetry !== undefined && <Retry onRetry={onRetry} />}
      </div>
    </div>
  );
}

/** The button that asks again, for places with their own look of a fault. */
export function Retry({ onRetry }: { readonly onRetry: () => Promise<unknown> }) {
  const { t } = useTranslation();
  const [isTrying, setIsTrying] = useState(false);
  const retry = async (): Promise<void> => {
    setIsTrying(true);
    await onRetry().catch(() => undefined);
    setIsTrying(false);
  };
  return (
    <button
      type="button"
      className={css.retry}
      aria-disabled={isTrying}
      onClick={() => {
        if (!isTrying) void retry();
      }}
    >
      {t(isTrying ? 'fault.trying' : 'fault.retry')}
    </button>
  );
}
