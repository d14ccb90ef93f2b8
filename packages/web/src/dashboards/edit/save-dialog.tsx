import { Button, Modal, TextInput } from '@mantine/core';
import type { DashboardEntry } from '@vedette/api';
import type { ClassicDashboard } from '@vedette/dashboard';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { createDashboard, updateDashboard } from '../../api/dashboards.ts';
import { RequestError } from '../../api/http.ts';
import { Fault } from '../../design/fault.tsx';
import { WriteFault } from '../../design/write-fault.tsx';
import css from './edit.module.css';

export interface SaveDialogProps {
  readonly classic: ClassicDashboard;
  /** What was opened; absent: a dashboard that is not stored yet. */
  readonly opened: { readonly uid: string; readonly version: number } | undefined;
  readonly onSaved: (entry: DashboardEntry) => void;
  readonly onReload: () => void;
  readonly onClose: () => void;
}

type Way = 'update' | 'force' | 'copy';

/** Stores what was edited: over what was opened, or as a new one. Says so when somebody was faster. */
export function SaveDialog({ classic, opened, onSaved, onReload, onClose }: SaveDialogProps) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [message, setMessage] = useState('');
  const save = useMutation({
    mutationFn: (way: Way) => {
      const write = { dashboard: { ...classic }, message };
      if (opened === undefined) return createDashboard(write);
      if (way === 'copy') return createDashboard({ dashboard: { ...classic, uid: '' }, message });
      return updateDashboard(opened.uid, way === 'force' ? write : { ...write, ifVersion: opened.version });
    },
    onSuccess: async (entry) => {
      await queries.invalidateQueries({ queryKey: ['dashboards'] });
      onSaved(entry);
    },
  });
  const conflict = save.error instanceof RequestError && save.error.status === 409 ? save.error : undefined;
  return (
    <Modal
      opened
      onClose={onClose}
      title={t('dashboards.edit.save')}
      closeButtonProps={{ 'aria-label': t('shell.close') }}
    >
      <form
        className={css.form}
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate('update');
        }}
      >
        <TextInput
          data-autofocus
          label={t('dashboards.edit.message')}
          value={message}
          maxLength={200}
          onChange={(event) => setMessage(event.currentTarget.value)}
        />
        {save.error !== null && conflict === undefined && <WriteFault fault={save.error} />}
        {conflict !== undefined && (
          <>
            <Fault title={t('dashboards.edit.conflict')} message={conflict.message} />
            <p>{t('dashboards.edit.conflictHelp')}</p>
            <div className={css.line}>
              <Button variant="default" onClick={() => save.mutate('force')}>
                {t('dashboards.edit.saveOver')}
              </Button>
              <Button variant="default" onClick={onReload}>
                {t('dashboards.edit.loadTheirs')}
              </Button>
            </div>
          </>
        )}
        <div className={css.line}>
          <Button type="submit" loading={save.isPending} disabled={conflict !== undefined}>
            {t('dashboards.edit.save')}
          </Button>
          {opened !== undefined && (
            <Button variant="default" loading={save.isPending} onClick={() => save.mutate('copy')}>
              {t('dashboards.edit.saveNew')}
            </Button>
          )}
        </div>
      </form>
    </Modal>
  );
}
