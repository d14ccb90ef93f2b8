import { Button, Menu } from '@mantine/core';
import type { StoredDashboard } from '@vedette/api';
import type { ClassicDashboard } from '@vedette/dashboard';
import {
  IconDeviceTv,
  IconDotsVertical,
  IconDownload,
  IconEdit,
  IconHistory,
  IconTrash,
} from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { useQueryClient } from '@tanstack/react-query';
import { Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { downloadBlob, fileNameOf } from '../../panel/download.ts';
import { useDashboardSearch } from './use-dashboard-search.ts';
import css from './view.module.css';
import { part } from '../../lib/part.ts';

const VersionsDialog = part(async () => (await import('../edit/versions-dialog.tsx')).VersionsDialog);
const DeleteDialog = part(async () => (await import('../edit/versions-dialog.tsx')).DeleteDialog);

export interface HeadActionsProps {
  readonly stored: StoredDashboard | undefined;
  readonly classic: ClassicDashboard;
  readonly canEdit: boolean;
}

/** What can be done with the dashboard as a whole. */
export function HeadActions({ stored, classic, canEdit }: HeadActionsProps) {
  const { t } = useTranslation();
  const { change } = useDashboardSearch();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [dialog, setDialog] = useState<'versions' | 'delete'>();
  const title = stored?.title ?? '';
  const close = (): void => setDialog(undefined);
  const reload = (): void => {
    close();
    change({ version: undefined });
    if (stored !== undefined) void queries.resetQueries({ queryKey: ['dashboard', stored.uid] });
  };
  const json = (): void =>
    downloadBlob(
      new Blob([JSON.stringify(classic, null, 2)], { type: 'application/json' }),
      fileNameOf(title, 'json'),
    );
  return (
    <span className={css.headEnd}>
      {canEdit && (
        <Button variant="default" leftSection={<IconEdit size={14} />} onClick={() => change({ edit: '1' })}>
          {t('dashboards.edit.edit')}
        </Button>
      )}
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <Button variant="default" aria-label={t('dashboards.more')} px={8}>
            <IconDotsVertical size={16} />
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconDeviceTv size={15} />} onClick={() => change({ kiosk: '1' })}>
            {t('dashboards.kiosk')}
          </Menu.Item>
          <Menu.Item leftSection={<IconDownload size={15} />} onClick={json}>
            {t('dashboards.downloadJson')}
          </Menu.Item>
          {canEdit && stored !== undefined && stored.version > 0 && (
            <>
              <Menu.Item leftSection={<IconHistory size={15} />} onClick={() => setDialog('versions')}>
                {t('dashboards.edit.versions')}
              </Menu.Item>
              <Menu.Item leftSection={<IconTrash size={15} />} onClick={() => setDialog('delete')}>
                {t(stored.origin === 'edited' ? 'dashboards.edit.reset' : 'dashboards.edit.delete')}
              </Menu.Item>
            </>
          )}
        </Menu.Dropdown>
      </Menu>
      <Suspense>
        {dialog === 'versions' && stored !== undefined && (
          <VersionsDialog stored={stored} onRestored={reload} onClose={close} />
        )}
        {dialog === 'delete' && stored !== undefined && (
          <DeleteDialog
            stored={stored}
            onDeleted={() => (stored.origin === 'edited' ? reload() : void navigate({ to: '/dashboards' }))}
            onClose={close}
          />
        )}
      </Suspense>
    </span>
  );
}
