import { Skeleton } from '@mantine/core';
import type { StoredDashboard } from '@vedette/api';
import { panelJson, viewOfDashboard, type ClassicDashboard } from '@vedette/dashboard';
import { Suspense, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Fault } from '../../design/fault.tsx';
import { browserClock } from '../../lib/browser-clock.ts';
import { Page } from '../../shell/page.tsx';
import { useTimeRange } from '../../time/use-time-range.ts';
import { filledAnnotations } from '../answers/shown-panels.ts';
import { useMarks } from '../answers/use-marks.ts';
import { useScrapeInterval } from '../answers/use-scrape-interval.ts';
import { useVariables } from '../answers/use-variables.ts';
import { useEditing, type Editing } from '../edit/use-editing.ts';
import { toggledRows, toggleRow } from '../search.ts';
import { useCanEdit } from '../use-role.ts';
import { VariablesBar } from '../variables/variables-bar.tsx';
import { BoardContext, type BoardState } from './board-state.ts';
import { Board } from './board.tsx';
import { DashboardLinks } from './dashboard-links.tsx';
import { HeadActions } from './head-actions.tsx';
import { KioskFrame } from './kiosk-frame.tsx';
import { useDashboardSearch } from './use-dashboard-search.ts';
import { useFirstRange } from './use-first-range.ts';
import css from './view.module.css';
import { part } from '../../lib/part.ts';

const EditView = part(async () => (await import('../edit/edit-view.tsx')).EditView);
const LeaveGuard = part(async () => (await import('../edit/leave-guard.tsx')).LeaveGuard);
const JsonDialog = part(async () => (await import('../edit/json-dialog.tsx')).JsonDialog);

export interface OpenDashboardProps {
  /** Absent: it is not stored yet. */
  readonly stored: StoredDashboard | undefined;
  readonly classic: ClassicDashboard;
}

/** A dashboard that was read: its variables, its panels, and its editor for who may edit. */
export function OpenDashboard({ stored, classic }: OpenDashboardProps) {
  const { search, change } = useDashboardSearch();
  const editing = useEditing(classic);
  const canEdit = useCanEdit();
  const { dashboard } = useMemo(() => viewOfDashboard(editing.classic), [editing.classic]);
  useFirstRange(dashboard.time);
  const [jsonOf, setJsonOf] = useState<number>();
  const wantsEdit = search.edit === '1' || search.editPanel !== undefined;
  const isEditing = wantsEdit && canEdit === true;
  const { resolved, board, fault } = useBoardOf(dashboard, editing, {
    canEdit: canEdit === true,
    onJson: setJsonOf,
  });
  const choose = (name: string, chosen: readonly string[]): void =>
    change({ vars: { ...search.vars, [name]: chosen } });
  const content = (
    <>
      <Notices isRefused={wantsEdit && canEdit === false} />
      <div className={css.head}>
        {resolved !== undefined && <VariablesBar variables={resolved.variables} onChoose={choose} />}
        <DashboardLinks dashboard={dashboard} board={board} />
        {!isEditing && <HeadActions stored={stored} classic={editing.classic} canEdit={canEdit === true} />}
      </div>
      {fault !== undefined && <Fault message={fault} />}
      {board === undefined && fault === undefined && <Skeleton height={480} />}
      {board !== undefined && (
        <BoardContext value={board}>
          {isEditing ? (
            <Suspense fallback={<Skeleton height={480} />}>
              <EditView stored={stored} editing={editing} dashboard={dashboard} />
            </Suspense>
          ) : (
            <Board toggled={toggledRows(search)} onToggle={(id) => change({ rows: toggleRow(search, id) })} />
          )}
        </BoardContext>
      )}
      <Overlays editing={editing} jsonOf={jsonOf} onClose={() => setJsonOf(undefined)} />
    </>
  );
  if (search.kiosk === '1' && !isEditing)
    return (
      <KioskFrame title={dashboard.title} onLeave={() => change({ kiosk: undefined })}>
        {content}
      </KioskFrame>
    );
  return (
    <Page title={dashboard.title} note={dashboard.description} hasTime>
      {content}
    </Page>
  );
}

/** Why one sees something else than one asked for. */
function Notices({ isRefused }: { readonly isRefused: boolean }) {
  const { t } = useTranslation();
  const { search, change } = useDashboardSearch();
  return (
    <>
      {isRefused && <p className={css.notice}>{t('dashboards.viewerEdit')}</p>}
      {search.version !== undefined && (
        <p className={css.notice}>
          {t('dashboards.oldVersion', { version: search.version })}
          <button type="button" className={css.textButton} onClick={() => change({ version: undefined })}>
            {t('dashboards.newest')}
          </button>
        </p>
      )}
    </>
  );
}

interface OverlaysProps {
  readonly editing: Editing;
  /** Id of the panel whose JSON is read. */
  readonly jsonOf: number | undefined;
  readonly onClose: () => void;
}

function Overlays({ editing, jsonOf, onClose }: OverlaysProps) {
  const { t } = useTranslation();
  return (
    <Suspense>
      {editing.isChanged && <LeaveGuard />}
      {jsonOf !== undefined && (
        <JsonDialog
          title={t('dashboards.panelJson')}
          json={panelJson(editing.classic, jsonOf)}
          onClose={onClose}
        />
      )}
    </Suspense>
  );
}

/** What the panels share; `undefined` until the variables are known, without which no query can be asked. */
function useBoardOf(
  dashboard: BoardState['dashboard'],
  editing: Editing,
  { canEdit, onJson }: { readonly canEdit: boolean; readonly onJson: (panelId: number) => void },
) {
  const { search, change } = useDashboardSearch();
  const { range, zoomTo, zoomBack } = useTimeRange();
  const openedAtMs = useMemo(() => {
    // The moment belongs to the range: a new range is a new moment.
    void range;
    return browserClock.nowMs();
  }, [range]);
  const scrapeIntervalMs = useScrapeInterval();
  const { resolved, fault } = useVariables(dashboard, search.vars, { range, scrapeIntervalMs });
  const zone = dashboard.timezone === '' ? 'browser' : dashboard.timezone;
  const timezone = search.tz ?? zone;
  const annotations = useMemo(
    () =>
      resolved === undefined || scrapeIntervalMs === undefined
        ? []
        : filledAnnotations({ dashboard, resolved, range, openedAtMs, timezone, scrapeIntervalMs }),
    [dashboard, resolved, range, openedAtMs, timezone, scrapeIntervalMs],
  );
  const marks = useMarks(annotations, range);
  const board: BoardState | undefined =
    resolved === undefined || scrapeIntervalMs === undefined
      ? undefined
      : {
          dashboard,
          resolved,
          range,
          openedAtMs,
          timezone,
          scrapeIntervalMs,
          marks,
          onZoom: zoomTo,
          onZoomBack: zoomBack,
          viewPanel: search.viewPanel,
          onView: (key) => change({ viewPanel: key }),
          onJson,
          ...(canEdit
            ? {
                change: {
                  edit: (id) => change({ edit: '1', editPanel: String(id), viewPanel: undefined }),
                  duplicate: (id) => {
                    editing.duplicate(id);
                    change({ edit: '1' });
                  },
                  remove: (id) => {
                    editing.remove(id);
                    change({ edit: '1', editPanel: undefined });
                  },
                },
              }
            : {}),
        };
  return { resolved, board, fault };
}
