import { Button } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { createDashboard, fetchDashboards, updateDashboard } from '../api/dashboards.ts';
import { Fault } from '../design/fault.tsx';
import { Page } from '../shell/page.tsx';
import { WriteFault } from '../design/write-fault.tsx';
import { CoverageView } from './import/coverage-view.tsx';
import { takeOver } from './import/dropped-file.ts';
import css from './import/import.module.css';
import { clashOf, readFile, readText, type ImportState } from './import/read-import.ts';
import { useFileDrop } from './import/use-file-drop.ts';
import { useCanEdit } from './use-role.ts';

/** A dashboard from Grafana: a file, dropped or chosen, or pasted text. What is not shown as there is said before it is stored. */
export function ImportPage() {
  const { t } = useTranslation();
  const [text, setText] = useState('');
  const [state, setState] = useState<ImportState>({ kind: 'none' });
  // A slow large file must not replace what was dropped after it.
  const newest = useRef(0);
  const read = (file: File): void => {
    const turn = ++newest.current;
    void readFile(file).then((next) => {
      if (turn === newest.current) setState(next);
    });
  };
  useEffect(() => {
    const file = takeOver();
    if (file !== undefined) read(file);
  }, []);
  const paste = (next: string): void => {
    newest.current += 1;
    setText(next);
    setState(readText(next));
  };
  return (
    <Page title={t('dashboards.importTitle')}>
      <div className={css.form}>
        <FileField onFile={read} />
        <label className={css.hint} htmlFor="dashboard-json">
          {t('dashboards.paste')}
        </label>
        <textarea
          id="dashboard-json"
          className={css.text}
          value={text}
          spellCheck={false}
          placeholder={'{ "title": "…", "panels": [ … ] }'}
          onChange={(event) => paste(event.currentTarget.value)}
        />
        {state.kind === 'fault' && <Fault title={t('dashboards.notRead')} message={state.message} />}
        {state.kind === 'read' && <Found key={state.dashboard.uid + state.dashboard.title} found={state} />}
      </div>
    </Page>
  );
}

function FileField({ onFile }: { readonly onFile: (file: File) => void }) {
  const { t } = useTranslation();
  const input = useRef<HTMLInputElement>(null);
  const { isOver } = useFileDrop(onFile);
  return (
    <div className={css.drop} data-over={isOver || undefined}>
      <p>{t('dashboards.drop')}</p>
      <Button variant="default" onClick={() => input.current?.click()}>
        {t('dashboards.chooseFile')}
      </Button>
      <input
        ref={input}
        type="file"
        hidden
        accept=".json,.yaml,.yml,application/json"
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          // The same file again, after it was mended, is a change too.
          event.currentTarget.value = '';
          if (file !== undefined) onFile(file);
        }}
      />
      <p className={css.hint}>{t('dashboards.dropHelp')}</p>
    </div>
  );
}

function Found({ found }: { readonly found: Extract<ImportState, { kind: 'read' }> }) {
  const { t } = useTranslation();
  const { dashboard, report, inputs } = found;
  return (
    <div className={css.found}>
      <h2 className={css.foundTitle}>
        {dashboard.title === '' ? t('dashboards.untitled') : dashboard.title}
      </h2>
      {inputs.length > 0 && (
        <p className={css.hint}>
          {t('dashboards.inputs', { names: inputs.map(({ label }) => label).join(', ') })}
        </p>
      )}
      <StoreForm found={found} />
      <CoverageView report={report} />
    </div>
  );
}

function StoreForm({
  found: { dashboard, classic },
}: {
  readonly found: Extract<ImportState, { kind: 'read' }>;
}) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const canEdit = useCanEdit();
  const [replaces, setReplaces] = useState(false);
  const entries = useQuery({ queryKey: ['dashboards'], queryFn: ({ signal }) => fetchDashboards(signal) });
  const clash = clashOf(entries.data ?? [], dashboard);
  const store = useMutation({
    mutationFn: () =>
      clash !== undefined && replaces
        ? updateDashboard(clash.uid, {
            dashboard: { ...classic, uid: clash.uid },
            message: t('dashboards.importMessage'),
            ifVersion: clash.version,
          })
        : createDashboard({ dashboard: { ...classic }, message: t('dashboards.importMessage') }),
    onSuccess: async ({ uid }) => {
      await queries.invalidateQueries({ queryKey: ['dashboards'] });
      await queries.invalidateQueries({ queryKey: ['dashboard', uid] });
      await navigate({ to: '/dashboards/$uid', params: { uid } });
    },
  });
  if (canEdit === false) return <p className={css.hint}>{t('dashboards.viewerImport')}</p>;
  return (
    <>
      {clash !== undefined && (
        <fieldset className={css.choices}>
          <legend className={css.hint}>{t('dashboards.clash', { title: clash.title })}</legend>
          {[false, true].map((choice) => (
            <label key={String(choice)}>
              <input
                type="radio"
                name="clash"
                checked={replaces === choice}
                onChange={() => setReplaces(choice)}
              />
              {t(choice ? 'dashboards.clashReplace' : 'dashboards.clashNew')}
            </label>
          ))}
        </fieldset>
      )}
      {store.error !== null && <WriteFault fault={store.error} />}
      <div className={css.actions}>
        <Button loading={store.isPending} disabled={canEdit !== true} onClick={() => store.mutate()}>
          {t('dashboards.importDo')}
        </Button>
      </div>
    </>
  );
}
