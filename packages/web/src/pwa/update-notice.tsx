import { Button } from '@mantine/core';
import { useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import css from './pwa.module.css';
import { applyUpdate, isUpdateReady, onUpdate } from './register.ts';

/** A new version waits: it is taken when the reader likes, not under their hands. */
export function UpdateNotice() {
  const { t } = useTranslation();
  const isReady = useSyncExternalStore(onUpdate, isUpdateReady);
  if (!isReady) return null;
  return (
    <div role="status" className={css.update}>
      <span>{t('live.update')}</span>
      <Button size="compact-sm" variant="default" onClick={applyUpdate}>
        {t('live.reload')}
      </Button>
    </div>
  );
}
