import { VARIABLE_KINDS, type Dashboard, type DashboardOptions, type Variable } from '@vedette/dashboard';
import { Button } from '@mantine/core';
import { IconArrowUp, IconPlus, IconTrash } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { IconButton } from '../../design/icon-button.tsx';
import css from './edit.module.css';
import { CheckField, ChoiceField, TextField } from './fields.tsx';

export interface SettingsFormProps {
  readonly dashboard: Dashboard;
  readonly refresh: string;
  readonly onOptions: (options: DashboardOptions, key: string) => void;
}

/** What holds for the whole dashboard. */
export function SettingsForm({ dashboard, refresh, onOptions }: SettingsFormProps) {
  const { t } = useTranslation();
  const { title, description, tags, time, timezone } = dashboard;
  return (
    <div className={css.form}>
      <TextField
        label={t('dashboards.edit.title')}
        value={title}
        onChange={(next) => onOptions({ title: next }, 'title')}
      />
      <TextField
        label={t('dashboards.edit.description')}
        isLong
        value={description}
        onChange={(next) => onOptions({ description: next }, 'description')}
      />
      <TextField
        label={t('dashboards.tags')}
        hint={t('dashboards.edit.tagsHint')}
        value={tags.join(', ')}
        onChange={(next) => onOptions({ tags: tagsOf(next) }, 'tags')}
      />
      <div className={css.pair}>
        <TextField
          label={t('dashboards.edit.timeFrom')}
          value={time.from}
          onChange={(from) => onOptions({ time: { ...time, from } }, 'time')}
        />
        <TextField
          label={t('dashboards.edit.timeTo')}
          value={time.to}
          onChange={(to) => onOptions({ time: { ...time, to } }, 'time')}
        />
        <ChoiceField
          label={t('dashboards.edit.refresh')}
          value={refresh}
          options={['', '5s', '10s', '30s', '1m', '5m', '15m', '1h'].map((value) => ({
            value,
            text: value === '' ? t('dashboards.edit.noRefresh') : value,
          }))}
          onChange={(next) => onOptions({ refresh: next }, 'refresh')}
        />
        <TextField
          label={t('dashboards.edit.timezone')}
          value={timezone}
          suggestions={[
            'browser',
            'utc',
            'Asia/Shanghai',
            'Asia/Taipei',
            'Europe/Berlin',
            'America/New_York',
          ]}
          onChange={(next) => onOptions({ timezone: next }, 'timezone')}
        />
      </div>
    </div>
  );
}

/** A comma at the end is kept by the field as it is typed: it is a tag that is still empty. */
function tagsOf(text: string): readonly string[] {
  return text.split(',').map((tag, i, all) => (i === all.length - 1 ? tag.trimStart() : tag.trim()));
}

export interface VariablesFormProps {
  readonly variables: readonly Variable[];
  readonly onChange: (variables: readonly Variable[], key: string) => void;
}

/** The variables in their order, which is the order on the page and of those that depend on others. */
export function VariablesForm({ variables, onChange }: VariablesFormProps) {
  const { t } = useTranslation();
  const add = (): void => onChange([...variables, newVariable(freeName(variables))], 'add');
  return (
    <div className={css.form}>
      {variables.length === 0 && <p className={css.hint}>{t('dashboards.edit.noVariables')}</p>}
      {variables.map((variable, i) => (
        <VariableCard
          key={i}
          variable={variable}
          onChange={(next) => onChange(variables.with(i, next), `variable ${i}`)}
          onRemove={() => onChange(variables.toSpliced(i, 1), 'remove')}
          {...(i === 0
            ? {}
            : { onUp: () => onChange(variables.toSpliced(i, 1).toSpliced(i - 1, 0, variable), 'move') })}
        />
      ))}
      <div className={css.line}>
        <Button variant="default" leftSection={<IconPlus size={14} />} onClick={add}>
          {t('dashboards.edit.addVariable')}
        </Button>
      </div>
    </div>
  );
}

interface VariableCardProps {
  readonly variable: Variable;
  readonly onChange: (variable: Variable) => void;
  readonly onRemove: () => void;
  readonly onUp?: () => void;
}

function VariableCard({ variable, onChange, onRemove, onUp }: VariableCardProps) {
  const { t } = useTranslation();
  const { name, label, kind, type, query, regex, isMulti, hasAll } = variable;
  const set = (changes: Partial<Variable>): void => onChange({ ...variable, ...changes });
  return (
    <fieldset className={css.card}>
      <legend className={css.legend}>${name}</legend>
      <div className={css.pair}>
        <TextField
          label={t('dashboards.edit.variableName')}
          value={name}
          onChange={(next) => set({ name: next.replaceAll(/\W/g, '') })}
        />
        <TextField
          label={t('dashboards.edit.variableLabel')}
          value={label}
          onChange={(next) => set({ label: next })}
        />
        <ChoiceField
          label={t('dashboards.edit.variableKind')}
          value={kind === 'unsupported' ? type : kind}
          options={VARIABLE_KINDS.map((value) => ({ value, text: t(`dashboards.edit.kind.${value}`) }))}
          onChange={(next) => {
            const chosen = VARIABLE_KINDS.find((one) => one === next);
            if (chosen !== undefined) set({ kind: chosen, type: chosen });
          }}
        />
      </div>
      <TextField
        label={t('dashboards.edit.variableQuery')}
        hint={kind === 'query' ? 'label_values(up, job)' : kind === 'custom' ? 'a, b, c' : ''}
        value={query}
        onChange={(next) => set({ query: next })}
      />
      {kind === 'query' && (
        <TextField
          label={t('dashboards.edit.variableRegex')}
          value={regex}
          onChange={(next) => set({ regex: next })}
        />
      )}
      <div className={css.line}>
        <CheckField
          label={t('dashboards.edit.multi')}
          isOn={isMulti}
          onChange={(next) => set({ isMulti: next })}
        />
        <CheckField
          label={t('dashboards.edit.includeAll')}
          isOn={hasAll}
          onChange={(next) => set({ hasAll: next })}
        />
        {onUp !== undefined && (
          <IconButton label={t('dashboards.edit.moveUp', { name })} onClick={onUp}>
            <IconArrowUp size={15} />
          </IconButton>
        )}
        <IconButton label={t('dashboards.edit.removeVariable', { name })} onClick={onRemove}>
          <IconTrash size={15} />
        </IconButton>
      </div>
    </fieldset>
  );
}

function newVariable(name: string): Variable {
  return {
    name,
    label: '',
    kind: 'query',
    type: 'query',
    hide: 0,
    isMulti: false,
    hasAll: false,
    query: '',
    regex: '',
    sort: 1,
    refresh: 'load',
    current: [],
  };
}

function freeName(variables: readonly Variable[]): string {
  const taken = new Set(variables.map(({ name }) => name));
  let index = variables.length + 1;
  while (taken.has(`variable${index}`)) index += 1;
  return `variable${index}`;
}
