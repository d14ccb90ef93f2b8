import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { browserClock } from '../../lib/browser-clock.ts';
import { useNow } from '../../time/use-now.ts';
import css from './view.module.css';

/** Sooner a number would only flicker. */
const ELAPSED_AFTER_MS = 1000;

/** Later people want a way out. */
const CANCEL_AFTER_MS = 3000;

/** How long an answer takes already, and the way to stop waiting. */
export function Waiting({ onCancel }: { readonly onCancel: () => void }) {
  const { t } = useTranslation();
  const [sinceMs, setSinceMs] = useState<number>();
  const nowMs = useNow(500);
  useEffect(() => setSinceMs(browserClock.nowMs()), []);
  const elapsedMs = sinceMs === undefined ? 0 : nowMs - sinceMs;
  if (elapsedMs < ELAPSED_AFTER_MS) return null;
  return (
    <span className={css.waiting}>
      {t('dashboards.waiting', { seconds: Math.floor(elapsedMs / 1000) })}
      {elapsedMs >= CANCEL_AFTER_MS && (
        <button type="button" className={css.textButton} onClick={onCancel}>
          {t('dashboards.cancelQuery')}
        </button>
      )}
    </span>
  );
}
