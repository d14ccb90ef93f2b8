import { Button, Modal } from '@mantine/core';
import { useBlocker } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import css from './edit.module.css';

/** Asks before a page with unsaved changes is left, also by closing the tab (there the browser asks in its own words). */
export function LeaveGuard() {
  const blocker = useBlocker({
    shouldBlockFn: ({ current, next }) => current.pathname !== next.pathname,
    enableBeforeUnload: true,
    withResolver: true,
  });
  if (blocker.status !== 'blocked') return null;
  return <DiscardDialog onKeep={blocker.reset} onDiscard={blocker.proceed} />;
}

export interface DiscardDialogProps {
  readonly onKeep: () => void;
  readonly onDiscard: () => void;
}

export function DiscardDialog({ onKeep, onDiscard }: DiscardDialogProps) {
  const { t } = useTranslation();
  return (
    <Modal
      opened
      onClose={onKeep}
      title={t('dashboards.edit.unsaved')}
      closeButtonProps={{ 'aria-label': t('shell.close') }}
    >
      <div className={css.form}>
        <p>{t('dashboards.edit.unsavedText')}</p>
        <div className={css.line}>
          <Button data-autofocus onClick={onKeep}>
            {t('dashboards.edit.keepEditing')}
          </Button>
          <Button variant="default" onClick={onDiscard}>
            {t('dashboards.edit.discard')}
          </Button>
        </div>
      </div>
    </Modal>
  );
}
