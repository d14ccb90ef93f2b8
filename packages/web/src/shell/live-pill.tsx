import { useTranslation } from 'react-i18next';
import { formatClock } from '../chart/time-axis.ts';
import design from '../design/design.module.css';
import { formatAge } from '../format/relative-time.ts';
import type { LiveHealth } from '../live/live-client.ts';
import { useLiveHealth } from '../live/use-live.ts';
import { useNow } from '../time/use-now.ts';
import css from './shell.module.css';

/** Says whether what one sees is what is. */
export function LivePill() {
  const { t, i18n } = useTranslation();
  const health = useLiveHealth();
  const nowMs = useNow(health.kind === 'live' ? undefined : 1000);
  const words = wordsOf(health);
  return (
    <span
      className={`${css.pill} ${design.tip}`}
      data-kind={health.kind}
      data-tip={t(`live.${health.kind}Help`)}
      data-tip-side="left"
      role="status"
    >
      <span className={css.pillDot} aria-hidden="true" />
      <span className={css.pillText}>{words}</span>
    </span>
  );

  function wordsOf(state: LiveHealth): string {
    switch (state.kind) {
      case 'delayed':
        return t('live.delayed', { age: formatAge(nowMs - state.sinceMs) });
      case 'offline':
        return state.heardAtMs === undefined
          ? t('live.offline')
          : t('live.offlineSince', {
              time: formatClock(state.heardAtMs, i18n.language),
            });
      case 'connecting':
      case 'live':
      case 'refused':
        return t(`live.${state.kind}`);
    }
  }
}
