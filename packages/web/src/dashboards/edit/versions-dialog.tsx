import { Button, Modal, Skeleton } from '@mantine/core';
import type { StoredDashboard } from '@vedette/api';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import {
  deleteDashboard,
  fetchDashboard,
  fetchDashboardVersions,
  updateDashboard,
} from '../../api/dashboards.ts';
import { formatMoment } from '../../chart/time-axis.ts';
import { Fault } from '../../design/fault.tsx';
import { WriteFault } from '../../design/write-fault.tsx';
import css from './edit.module.css';

export interface VersionsDialogProps {
  readonly stored: StoredDashboard;
  readonly onRestored: () => void;
  readonly onClose: () => void;
}

/** What a dashboard was before, to look at and to have back. */
export function VersionsDialog({ stored, onRestored, onClose }: VersionsDialogProps) {
  const { t, i18n } = useTranslation();
  const { uid } = stored;
  const versions = useQuery({
    queryKey: ['dashboard', uid, 'versions'],
    queryFn: ({ signal }) => fetchDashboardVersions(uid, signal),
  });
  const restore = useMutation({
    mutationFn: async (version: number) => {
      const { dashboard } = await fetchDashboard(uid, version);
      return updateDashboard(uid, {
        dashboard,
        message: t('dashboards.edit.restoreMessage', { version }),
        ifVersion: stored.version,
      });
    },
    onSuccess: onRestored,
  });
  return (
    <Modal
      opened
      onClose={onClose}
      title={t('dashboards.edit.versions')}
      closeButtonProps={{ 'aria-label': t('shell.close') }}
    >
      {versions.isPending && <Skeleton height={120} />}
      {versions.error !== null && <Fault message={versions.error.message} onRetry={versions.refetch} />}
      {restore.error !== null && <WriteFault fault={restore.error} />}
      {versions.data?.length === 0 && <p className={css.hint}>{t('dashboards.edit.noVersions')}</p>}
      <ul className={css.versions}>
        {versions.data?.map(({ version, atMs, by, message }) => (
          <li key={version} className={css.version}>
            <span>
              <strong>{t('dashboards.edit.version', { version })}</strong>{' '}
              <span className={css.hint}>
                {formatMoment(atMs, i18n.language)}, {by}
              </span>
              {message !== '' && <p>{message}</p>}
            </span>
            <span className={css.versionEnd}>
              <Link
                to="/dashboards/$uid"
                params={{ uid }}
                search={{ version: String(version) }}
                onClick={onClose}
              >
                {t('dashboards.edit.look')}
              </Link>
              {version !== stored.version && (
                <Button
                  size="compact-xs"
                  variant="default"
                  loading={restore.isPending && restore.variables === version}
                  onClick={() => restore.mutate(version)}
                >
                  {t('dashboards.edit.restore')}
                </Button>
              )}
            </span>
          </li>
        ))}
      </ul>
    </Modal>
  );
}

export interface DeleteDialogProps {
  readonly stored: StoredDashboard;
  readonly onDeleted: () => void;
  readonly onClose: () => void;
}

/** Asks before a dashboard goes; a shipped one comes back as its file has it. */
export function DeleteDialog({ stored, onDeleted, onClose }: DeleteDialogProps) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const isEdited = stored.origin === 'edited';
  const words = t(isEdited ? 'dashboards.edit.reset' : 'dashboards.edit.delete');
  const remove = useMutation({
    mutationFn: () => deleteDashboard(stored.uid),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['dashboards'] });
      onDeleted();
    },
  });
  return (
    <Modal opened onClose={onClose} title={words} closeButtonProps={{ 'aria-label': t('shell.close') }}>
      <div className={css.form}>
        <p>
          {t(isEdited ? 'dashboards.edit.resetText' : 'dashboards.edit.deleteText', { title: stored.title })}
        </p>
        {remove.error !== null && <WriteFault fault={remove.error} />}
        <div className={css.line}>
          <Button data-autofocus loading={remove.isPending} onClick={() => remove.mutate()}>
            {words}
          </Button>
          <Button variant="default" onClick={onClose}>
            {t('silences.cancel')}
          </Button>
        </div>
      </div>
    </Modal>
  );
}
