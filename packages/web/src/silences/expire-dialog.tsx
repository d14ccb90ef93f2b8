import { Button, Modal } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { expireSilence, type Silence } from '../api/alertmanager.ts';
import css from './silences.module.css';
import { formatMatchers } from './matchers.ts';
import { useSilenceChange } from './use-silence-change.ts';
import { WriteFault } from './write-fault.tsx';

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
    <Modal
      opened
      onClose={onClose}
      title={t('silences.expireTitle')}
      closeButtonProps={{ 'aria-label': t('shell.close') }}
    >
      <div className={css.dialog}>
        <code className={css.matcherText}>{formatMatchers(silence.matchers)}</code>
        <p>
          {t(silence.state === 'pending' ? 'silences.expirePending' : 'silences.expireText', {
            count: muteCount,
          })}
        </p>
        {expire.error !== null && <WriteFault fault={expire.error} />}
        <div className={css.actions}>
          <Button data-autofocus loading={expire.isPending} onClick={() => expire.mutate(silence.id)}>
            {t('silences.expire')}
          </Button>
          <Button variant="default" onClick={onClose}>
            {t('silences.keep')}
          </Button>
        </div>
      </div>
    </Modal>
  );
}
