import type { ResolvedVariable } from '@vedette/dashboard';
import { TextInput } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ToneIcon } from '../../design/tone-badge.tsx';
import design from '../../design/design.module.css';
import { ALL_VALUE } from './choose.ts';
import { OptionsPopover } from './options-popover.tsx';
import css from './variables.module.css';

export interface VariablesBarProps {
  readonly variables: readonly ResolvedVariable[];
  readonly onChoose: (name: string, chosen: readonly string[]) => void;
}

/** More options than this are searched, not scrolled. */
const SELECT_OPTIONS_MAX = 12;

/** The variables of a dashboard, in its order. */
export function VariablesBar({ variables, onChoose }: VariablesBarProps) {
  const { t } = useTranslation();
  const shown = variables.filter(
    ({ variable: { kind, hide } }) => hide !== 2 && kind !== 'constant' && kind !== 'datasource',
  );
  if (shown.length === 0) return null;
  return (
    <div className={css.bar} role="group" aria-label={t('dashboards.variables.title')}>
      {shown.map((resolved) => (
        <VariableField
          key={resolved.variable.name}
          resolved={resolved}
          onChoose={(chosen) => onChoose(resolved.variable.name, chosen)}
        />
      ))}
    </div>
  );
}

interface FieldProps {
  readonly resolved: ResolvedVariable;
  readonly onChoose: (chosen: readonly string[]) => void;
}

function VariableField({ resolved, onChoose }: FieldProps) {
  const { variable, error } = resolved;
  const label = variable.label === '' ? variable.name : variable.label;
  return (
    <div className={css.field}>
      {variable.hide === 0 && <span className={css.label}>{label}</span>}
      <Control label={label} resolved={resolved} onChoose={onChoose} />
      {error !== undefined && (
        <span
          className={design.tip}
          data-tip={error}
          tabIndex={0}
          role="img"
          aria-label={`${label}: ${error}`}
        >
          <ToneIcon tone="warning" size={16} />
        </span>
      )}
    </div>
  );
}

function Control({ label, resolved, onChoose }: FieldProps & { readonly label: string }) {
  const { t } = useTranslation();
  const { variable, options, chosen } = resolved;
  if (variable.kind === 'textbox')
    return <TextVariable label={label} value={chosen[0] ?? ''} onChoose={(text) => onChoose([text])} />;
  if (variable.kind === 'unsupported')
    return (
      <span className={css.muted}>{t('dashboards.variables.unsupported', { type: variable.type })}</span>
    );
  if (variable.isMulti || options.length > SELECT_OPTIONS_MAX)
    return <OptionsPopover label={label} resolved={resolved} onChoose={onChoose} />;
  const [value = ''] = chosen;
  const own = variable.hasAll && !options.some((option) => option.value === ALL_VALUE);
  return (
    <select
      className={css.select}
      aria-label={label}
      value={value}
      onChange={(event) => onChoose([event.currentTarget.value])}
    >
      {own && <option value={ALL_VALUE}>{t('dashboards.variables.all')}</option>}
      {options.map((option) => (
        <option key={option.value} value={option.value}>
          {option.value === ALL_VALUE ? t('dashboards.variables.all') : option.text}
        </option>
      ))}
      {options.length === 0 && !own && <option value={value}>{t('dashboards.variables.none')}</option>}
    </select>
  );
}

interface TextVariableProps {
  readonly label: string;
  readonly value: string;
  readonly onChoose: (text: string) => void;
}

/** Asked for with Enter or on leaving the field: each letter would be a question to the server. */
function TextVariable({ label, value, onChoose }: TextVariableProps) {
  const [draft, setDraft] = useState(value);
  useEffect(() => setDraft(value), [value]);
  const commit = (): void => {
    if (draft !== value) onChoose(draft);
  };
  return (
    <TextInput
      className={css.text}
      value={draft}
      aria-label={label}
      onChange={(event) => setDraft(event.currentTarget.value)}
      onBlur={commit}
      onKeyDown={(event) => {
        if (event.key === 'Enter') commit();
      }}
    />
  );
}
