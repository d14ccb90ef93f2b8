import { useTranslation } from 'react-i18next';
import { formatAge } from '../format/relative-time.ts';
import { useLiveHealth } from '../live/use-live.ts';
import { useNow } from '../time/use-now.ts';
import css from './pwa.module.css';

/** Says how old what one sees is, where one cannot help seeing it. */
export function OfflineBanner() {
  const health = useLiveHealth();
  const isOffline = health.kind === 'offline';
  // The region stays: readers of screens hear only of changes in one that was there before.
  return (
    <div role="status" className={isOffline ? css.banner : undefined}>
      {isOffline && <OfflineAge heardAtMs={health.heardAtMs} />}
    </div>
  );
}

function OfflineAge({ heardAtMs }: { readonly heardAtMs: number | undefined }) {
  const { t } = useTranslation();
  const nowMs = useNow(10_000);
  if (heardAtMs === undefined) return t('live.offlineEmpty');
  return t('live.offlineBanner', { age: formatAge(nowMs - heardAtMs) });
}
