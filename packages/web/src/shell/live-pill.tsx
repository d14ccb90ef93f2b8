import { IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react';
import { useContext } from 'react';
import { useTranslation } from 'react-i18next';
import { formatClock } from '../chart/time-axis.ts';
import design from '../design/design.module.css';
import { IconButton } from '../design/icon-button.tsx';
import { formatAge } from '../format/relative-time.ts';
import type { LiveHealth } from '../live/live-client.ts';
import { LiveContext, useLiveHealth } from '../live/use-live.ts';
import { useNow } from '../time/use-now.ts';
import css from './shell.module.css';

/** What can stand still: something that moves, or stands still already. */
const PAUSABLE: ReadonlySet<LiveHealth['kind']> = new Set(['live', 'delayed', 'polling', 'paused']);

/** Says whether what one sees is what is, and lets it stand still. */
export function LivePill() {
  const { t } = useTranslation();
  const client = useContext(LiveContext);
  const health = useLiveHealth();
  const isPaused = health.kind === 'paused';
  const help = health.kind === 'live' && health.transport === 'events' ? 'events' : health.kind;
  return (
    <span className={css.pill} data-kind={health.kind}>
      <span
        className={`${css.pillState} ${design.tip}`}
        data-tip={t(`live.${help}Help`)}
        data-tip-side="left"
        role="status"
      >
        <span className={css.pillDot} aria-hidden="true" />
        <span className={css.pillText}>
          <PillWords health={health} />
        </span>
      </span>
      {PAUSABLE.has(health.kind) && (
        <IconButton
          label={t(isPaused ? 'live.resume' : 'live.pause')}
          size={24}
          tipSide="left"
          onClick={() => client?.setPaused(!isPaused)}
        >
          {isPaused ? <IconPlayerPlay size={14} /> : <IconPlayerPause size={14} />}
        </IconButton>
      )}
    </span>
  );
}

/** In an own component: its clock must not draw the button anew every second. */
function PillWords({ health }: { readonly health: LiveHealth }) {
  const { t, i18n } = useTranslation();
  const nowMs = useNow(health.kind === 'delayed' ? 1000 : undefined);
  switch (health.kind) {
    case 'delayed':
      return t('live.delayed', { age: formatAge(nowMs - health.sinceMs) });
    case 'offline':
      return health.heardAtMs === undefined
        ? t('live.offline')
        : t('live.offlineSince', { time: formatClock(health.heardAtMs, i18n.language) });
    case 'live':
      return t(health.transport === 'events' ? 'live.events' : 'live.live');
    case 'connecting':
    case 'paused':
    case 'polling':
    case 'refused':
      return t(`live.${health.kind}`);
  }
}
