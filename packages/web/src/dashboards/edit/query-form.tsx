import { Button } from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { IconButton } from '../../design/icon-button.tsx';
import css from './edit.module.css';
import { CheckField, ChoiceField, TextField } from './fields.tsx';
import { isObject, withValueAt, type Json } from './json-path.ts';
import { useSettled } from './use-settled.ts';
import { part } from '../../lib/part.ts';

const PromqlEditor = part(async () => (await import('../../explore/promql-editor.tsx')).PromqlEditor);

export interface QueryFormProps {
  readonly json: Json;
  readonly onChange: (json: Json, key: string) => void;
}

/** As many letters as there are: names of queries. */
const QUERIES_MAX = 26;

/** The queries of a panel, each in the editor of Explore. */
export function QueryForm({ json, onChange }: QueryFormProps) {
  const { t } = useTranslation();
  const targets = Array.isArray(json['targets']) ? json['targets'].filter(isObject) : [];
  const set = (next: readonly Json[], key: string): void => onChange(withValueAt(json, 'targets', next), key);
  return (
    <div className={css.form}>
      {targets.map((target, i) => (
        <QueryCard
          key={textOf(target['refId']) || i}
          target={target}
          onChange={(next, key) => set(targets.with(i, next), `targets.${i}.${key}`)}
          onRemove={() => set(targets.toSpliced(i, 1), 'remove')}
        />
      ))}
      <div className={css.line}>
        <Button
          variant="default"
          disabled={targets.length >= QUERIES_MAX}
          leftSection={<IconPlus size={14} />}
          onClick={() => set([...targets, { refId: freeRefId(targets), expr: '' }], 'add')}
        >
          {t('dashboards.edit.addQuery')}
        </Button>
      </div>
    </div>
  );
}

interface CardProps {
  readonly target: Json;
  readonly onChange: (target: Json, key: string) => void;
  readonly onRemove: () => void;
}

function QueryCard({ target, onChange, onRemove }: CardProps) {
  const { t } = useTranslation();
  const refId = textOf(target['refId']);
  const set = (name: string, value: unknown): void => onChange(withValueAt(target, name, value), name);
  const { draft, setDraft, settle } = useSettled(textOf(target['expr']), (expr) => set('expr', expr));
  const isInstant = target['instant'] === true && target['range'] !== true;
  return (
    <fieldset className={css.card} onBlur={settle}>
      <legend className={css.legend}>{t('dashboards.edit.query', { name: refId })}</legend>
      <Suspense fallback={<span className={css.hint}>…</span>}>
        <PromqlEditor
          value={draft}
          label={t('dashboards.edit.query', { name: refId })}
          hint="sum by (job) (rate(http_requests_total[$__rate_interval]))"
          hasVariables
          onChange={setDraft}
          onRun={settle}
        />
      </Suspense>
      <div className={css.pair}>
        <TextField
          label={t('dashboards.edit.legend')}
          value={textOf(target['legendFormat'])}
          onChange={(legend) => set('legendFormat', legend === '' ? undefined : legend)}
        />
        <TextField
          label={t('dashboards.edit.minStep')}
          value={textOf(target['interval'])}
          onChange={(interval) => set('interval', interval === '' ? undefined : interval)}
        />
        <ChoiceField
          label={t('dashboards.edit.mode')}
          value={isInstant ? 'instant' : 'range'}
          options={(['range', 'instant'] as const).map((value) => ({
            value,
            text: t(`dashboards.edit.${value}`),
          }))}
          onChange={(mode) =>
            onChange({ ...target, instant: mode === 'instant', range: mode === 'range' }, 'mode')
          }
        />
        <ChoiceField
          label={t('dashboards.edit.format')}
          value={textOf(target['format']) || 'time_series'}
          options={(['time_series', 'table', 'heatmap'] as const).map((value) => ({
            value,
            text: t(`dashboards.edit.${value}`),
          }))}
          onChange={(format) => set('format', format)}
        />
      </div>
      <div className={css.line}>
        <CheckField
          label={t('dashboards.edit.hidden')}
          isOn={target['hide'] === true}
          onChange={(isHidden) => set('hide', isHidden)}
        />
        <IconButton label={t('dashboards.edit.removeQuery', { name: refId })} onClick={onRemove}>
          <IconTrash size={15} />
        </IconButton>
      </div>
    </fieldset>
  );
}

function freeRefId(targets: readonly Json[]): string {
  const taken = new Set(targets.map((target) => target['refId']));
  const letters = Array.from({ length: QUERIES_MAX }, (_, i) => String.fromCodePoint(65 + i));
  return letters.find((letter) => !taken.has(letter)) ?? 'A';
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
