import { Modal, Skeleton } from '@mantine/core';
import type { StoredDashboard } from '@vedette/api';
import {
  addPanel,
  newPanel,
  nextPanelId,
  placePanels,
  viewOfDashboard,
  PANEL_KINDS,
  setDashboardOptions,
  setVariables,
  type Dashboard,
  type PanelKind,
} from '@vedette/dashboard';
import { useNavigate } from '@tanstack/react-router';
import { useQueryClient } from '@tanstack/react-query';
import { Suspense, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { shownPanels } from '../answers/shown-panels.ts';
import { useBoard } from '../view/board-state.ts';
import { useDashboardSearch } from '../view/use-dashboard-search.ts';
import css from './edit.module.css';
import { EditBar, type EditDialog } from './edit-bar.tsx';
import { JsonDialog } from './json-dialog.tsx';
import { PanelEditor } from './panel-editor.tsx';
import { SaveDialog } from './save-dialog.tsx';
import { SettingsForm, VariablesForm } from './settings-form.tsx';
import type { Editing } from './use-editing.ts';
import { part } from '../../lib/part.ts';

const EditGrid = part(async () => (await import('./edit-grid.tsx')).EditGrid);

export interface EditViewProps {
  readonly stored: StoredDashboard | undefined;
  readonly editing: Editing;
  readonly dashboard: Dashboard;
}

/** A dashboard under change: the grid, or one panel of it. */
export function EditView({ stored, editing, dashboard }: EditViewProps) {
  const board = useBoard();
  const { search, change } = useDashboardSearch();
  const [dialog, setDialog] = useState<EditDialog>();
  const shown = useMemo(() => shownPanels(dashboard, board.resolved), [dashboard, board.resolved]);
  const openPanel = (id: number | undefined): void =>
    change({ edit: '1', editPanel: id === undefined ? undefined : String(id) });
  const add = (kind: PanelKind): void => {
    const id = nextPanelId(editing.classic);
    editing.apply((classic) => addPanel(classic, newPanel(kind)));
    setDialog(undefined);
    openPanel(id);
  };
  return (
    <>
      <EditBar
        editing={editing}
        onDialog={setDialog}
        onLeave={() => change({ edit: undefined, editPanel: undefined })}
      />
      {search.editPanel === undefined ? (
        <Suspense fallback={<Skeleton height={480} />}>
          <EditGrid
            dashboard={dashboard}
            shown={shown}
            onPlace={(positions) => editing.apply((classic) => placePanels(classic, positions))}
          />
        </Suspense>
      ) : (
        <PanelEditor
          panelId={Number(search.editPanel)}
          dashboard={dashboard}
          shown={shown}
          editing={editing}
          onDone={() => openPanel(undefined)}
        />
      )}
      <Dialogs
        dialog={dialog}
        stored={stored}
        editing={editing}
        dashboard={dashboard}
        onAdd={add}
        onClose={() => setDialog(undefined)}
      />
    </>
  );
}

interface DialogsProps extends EditViewProps {
  readonly dialog: EditDialog | undefined;
  readonly onAdd: (kind: PanelKind) => void;
  readonly onClose: () => void;
}

function Dialogs({ dialog, stored, editing, dashboard, onAdd, onClose }: DialogsProps) {
  const { t } = useTranslation();
  const { saved, reload } = useAfterSave(stored, editing);
  switch (dialog) {
    case undefined:
      return null;
    case 'save':
      return (
        <SaveDialog
          classic={editing.classic}
          opened={stored === undefined ? undefined : { uid: stored.uid, version: stored.version }}
          onSaved={saved}
          onReload={reload}
          onClose={onClose}
        />
      );
    case 'json':
      return (
        <JsonDialog
          title={t('dashboards.edit.json')}
          json={editing.classic}
          onApply={(json) => {
            const { classic } = viewOfDashboard(json);
            editing.apply(() => classic);
          }}
          onClose={onClose}
        />
      );
    case 'add':
    case 'settings':
    case 'variables':
      return (
        <Modal
          opened
          size="lg"
          onClose={onClose}
          title={t(`dashboards.edit.dialog.${dialog}`)}
          closeButtonProps={{ 'aria-label': t('shell.close') }}
        >
          {dialog === 'add' && <KindChooser onAdd={onAdd} />}
          {dialog === 'settings' && (
            <SettingsForm
              dashboard={dashboard}
              refresh={typeof editing.classic['refresh'] === 'string' ? editing.classic['refresh'] : ''}
              onOptions={(options, key) =>
                editing.apply((classic) => setDashboardOptions(classic, options), key)
              }
            />
          )}
          {dialog === 'variables' && (
            <VariablesForm
              variables={dashboard.variables}
              onChange={(variables, key) => editing.apply((classic) => setVariables(classic, variables), key)}
            />
          )}
        </Modal>
      );
  }
}

function KindChooser({ onAdd }: { readonly onAdd: (kind: PanelKind) => void }) {
  const { t } = useTranslation();
  return (
    <div className={css.kinds}>
      {PANEL_KINDS.map((kind) => (
        <button key={kind} type="button" className={css.kind} onClick={() => onAdd(kind)}>
          {t(`dashboards.kind.${kind}`)}
        </button>
      ))}
    </div>
  );
}

/** The stored one is loaded anew: it carries the version that the next save is checked against. */
function useAfterSave(stored: StoredDashboard | undefined, editing: Editing) {
  const navigate = useNavigate();
  const queries = useQueryClient();
  const show = (uid: string): void => {
    void navigate({
      to: '/dashboards/$uid',
      params: { uid },
      search: ({ range, from, to, vars }: ShownSearch) => ({ range, from, to, vars }) as object,
      replace: true,
      ignoreBlocker: true,
    }).then(() => queries.resetQueries({ queryKey: ['dashboard', uid] }));
  };
  return {
    saved: ({ uid }: { readonly uid: string }) => {
      editing.saved();
      show(uid);
    },
    reload: () => {
      editing.reset();
      if (stored !== undefined) show(stored.uid);
    },
  };
}

interface ShownSearch {
  readonly range?: unknown;
  readonly from?: unknown;
  readonly to?: unknown;
  readonly vars?: unknown;
}
