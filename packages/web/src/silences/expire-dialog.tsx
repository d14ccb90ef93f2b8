import { useTranslation } from 'react-i18next';
import { AskDialog } from '../design/ask-dialog.tsx';
import { expireSilence, type Silence } from '../api/alertmanager.ts';
import css from './silences.module.css';
import { formatMatchers } from './matchers.ts';
import { useSilenceChange } from './use-silence-change.ts';

export interface ExpireDialogProps {
  readonly silence: Silence;
  /** Alerts that it mutes now. */
  readonly muteCount: number;
  readonly onClose: () => void;
}

/** Asks before a silence ends: what it mutes is told to people from then on. */
export function ExpireDialog({ silence, muteCount, onClose }: ExpireDialogProps) {
  const { t } = useTranslation();
  const expire = useSilenceChange(expireSilence, onClose);
  return (
    <AskDialog
      title={t('silences.expireTitle')}
      verb={t('silences.expire')}
      refusal={t('silences.keep')}
      isPlain
      isPending={expire.isPending}
      fault={expire.error}
      onSubmit={() => expire.mutate(silence.id)}
      onClose={onClose}
    >
      <code className={css.matcherText}>{formatMatchers(silence.matchers)}</code>
      <p>
        {t(silence.state === 'pending' ? 'silences.expirePending' : 'silences.expireText', {
          count: muteCount,
        })}
      </p>
    </AskDialog>
  );
}
