import { Tooltip } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { formatMoment } from '../chart/time-axis.ts';
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
    <Tooltip label={t(`live.${health.kind}Help`)} multiline w={260}>
      <span className={css.pill} data-kind={health.kind} role="status" tabIndex={0}>
        <span className={css.pillDot} aria-hidden="true" />
        <span className={css.pillText}>{words}</span>
      </span>
    </Tooltip>
  );

  function wordsOf(state: LiveHealth): string {
    switch (state.kind) {
      case 'delayed':
        return t('live.delayed', { age: formatAge(nowMs - state.sinceMs) });
      case 'offline':
        return state.heardAtMs === undefined
          ? t('live.offline')
          : t('live.offlineSince', {
              time: formatMoment(state.heardAtMs, i18n.language).split(/[ ,]+/).at(-1),
            });
      case 'connecting':
      case 'live':
      case 'refused':
        return t(`live.${state.kind}`);
    }
  }
}
