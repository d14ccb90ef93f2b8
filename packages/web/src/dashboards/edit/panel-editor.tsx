import { Button, SegmentedControl } from '@mantine/core';
import { panelJson, replacePanel, type Dashboard } from '@vedette/dashboard';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ShownPanel } from '../answers/shown-panels.ts';
import { PanelCard } from '../view/panel-card.tsx';
import css from './edit.module.css';
import { JsonDialog } from './json-dialog.tsx';
import type { Json } from './json-path.ts';
import { PanelForm } from './panel-form.tsx';
import { QueryForm } from './query-form.tsx';
import type { Editing } from './use-editing.ts';

export interface PanelEditorProps {
  readonly panelId: number;
  readonly dashboard: Dashboard;
  readonly shown: readonly ShownPanel[];
  readonly editing: Editing;
  readonly onDone: () => void;
}

/** One panel as it will look, with its queries and options beside it. */
export function PanelEditor({ panelId, dashboard, shown, editing, onDone }: PanelEditorProps) {
  const { t } = useTranslation();
  const [view, setView] = useState<'queries' | 'options'>('queries');
  const [isJson, setIsJson] = useState(false);
  const all = dashboard.panels.flatMap((one) => [one, ...(one.row?.panels ?? [])]);
  const panel = all.find(({ id }) => id === panelId);
  const preview = shown.find((one) => one.panel.id === panelId);
  if (panel === undefined)
    return (
      <p className={css.hint}>
        {t('dashboards.noPanel', { id: panelId })}{' '}
        <Button onClick={onDone}>{t('dashboards.edit.back')}</Button>
      </p>
    );
  const json = panelJson(editing.classic, panelId);
  const change = (next: Json, key: string): void =>
    editing.apply((classic) => replacePanel(classic, panelId, next), `${panelId} ${key}`);
  return (
    <div className={css.split}>
      <div className={css.form}>
        {preview !== undefined && panel.kind !== 'row' && (
          <div className={css.preview}>
            <PanelCard shown={preview} />
          </div>
        )}
      </div>
      <div className={css.side}>
        <div className={css.line}>
          <SegmentedControl
            value={view}
            aria-label={t('dashboards.edit.view')}
            onChange={(next) => setView(next === 'options' ? 'options' : 'queries')}
            data={[
              { value: 'queries', label: t('dashboards.edit.queries') },
              { value: 'options', label: t('dashboards.edit.options') },
            ]}
          />
          <Button variant="default" onClick={() => setIsJson(true)}>
            JSON
          </Button>
          <Button onClick={onDone}>{t('dashboards.edit.back')}</Button>
        </div>
        {view === 'queries' && panel.kind !== 'text' && panel.kind !== 'row' ? (
          <QueryForm key={panelId} json={json} onChange={change} />
        ) : (
          <PanelForm key={panelId} panel={panel} json={json} onChange={change} />
        )}
      </div>
      {isJson && (
        <JsonDialog
          title={t('dashboards.panelJson')}
          json={json}
          onApply={(next) => editing.apply((classic) => replacePanel(classic, panelId, next))}
          onClose={() => setIsJson(false)}
        />
      )}
    </div>
  );
}
