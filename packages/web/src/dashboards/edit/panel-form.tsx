import { Button } from '@mantine/core';
import type { Panel } from '@vedette/dashboard';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { IconButton } from '../../design/icon-button.tsx';
import css from './edit.module.css';
import { CheckField, ChoiceField, NumberField, TextField } from './fields.tsx';
import { isObject, valueAt, withValueAt, type Json } from './json-path.ts';
import { optionsOfKind, type OptionSpec } from './option-specs.ts';

/** Units that are offered; every other of Grafana's names may be typed. */
const UNITS = [
  'short',
  'none',
  'percent',
  'percentunit',
  's',
  'ms',
  'µs',
  'ns',
  'bytes',
  'decbytes',
  'Bps',
  'binBps',
  'bps',
  'reqps',
  'ops',
  'rps',
  'wps',
  'cps',
  'pps',
  'hertz',
  'celsius',
  'currencyUSD',
  'dateTimeAsIso',
  'dtdurations',
  'bool',
  'bool_on_off',
];

export interface PanelFormProps {
  readonly panel: Panel;
  readonly json: Json;
  /** `key` names the field: typing in it is one step of undo. */
  readonly onChange: (json: Json, key: string) => void;
}

/** Title and options of a panel, by its kind. */
export function PanelForm({ panel, json, onChange }: PanelFormProps) {
  const { t } = useTranslation();
  const set = (path: string, value: unknown): void => onChange(withValueAt(json, path, value), path);
  const kind = panel.kind === 'unsupported' ? undefined : panel.kind;
  return (
    <div className={css.form}>
      <TextField
        label={t('dashboards.edit.panelTitle')}
        value={textOf(json['title'])}
        onChange={(title) => set('title', title)}
      />
      <TextField
        label={t('dashboards.edit.description')}
        isLong
        value={textOf(json['description'])}
        onChange={(description) => set('description', description)}
      />
      {kind !== undefined &&
        kind !== 'row' &&
        optionsOfKind(kind).map((spec) => <OptionView key={spec.id} spec={spec} json={json} onSet={set} />)}
    </div>
  );
}

interface OptionProps {
  readonly spec: OptionSpec;
  readonly json: Json;
  readonly onSet: (path: string, value: unknown) => void;
}

function OptionView({ spec: { id, path, field }, json, onSet }: OptionProps) {
  const { t } = useTranslation();
  const label = t(`dashboards.option.${id}`);
  const value = valueAt(json, path);
  const set = (next: unknown): void => onSet(path, next);
  switch (field.kind) {
    case 'text':
    case 'long-text':
      return (
        <TextField
          label={label}
          isLong={field.kind === 'long-text'}
          value={textOf(value)}
          onChange={(text) => set(text === '' ? undefined : text)}
        />
      );
    case 'unit':
      return (
        <TextField
          label={label}
          value={textOf(value)}
          suggestions={UNITS}
          onChange={(text) => set(text === '' ? undefined : text)}
        />
      );
    case 'number':
      return (
        <NumberField
          label={label}
          value={typeof value === 'number' ? value : undefined}
          {...(field.min === undefined ? {} : { min: field.min })}
          {...(field.max === undefined ? {} : { max: field.max })}
          onChange={set}
        />
      );
    case 'switch':
      return <CheckField label={label} isOn={value === true} onChange={set} />;
    case 'choice': {
      const chosen = textOf(field.isList === true && Array.isArray(value) ? value[0] : value);
      return (
        <ChoiceField
          label={label}
          value={chosen}
          options={field.values.map((one) => ({ value: one, text: one }))}
          onChange={(next) => set(field.isList === true ? [next] : next)}
        />
      );
    }
    case 'thresholds':
      return <ThresholdsField label={label} value={isObject(value) ? value : {}} onChange={set} />;
  }
}

interface ThresholdsProps {
  readonly label: string;
  readonly value: Json;
  readonly onChange: (value: Json) => void;
}

/** Colours that Grafana's files have; they are shown in ours. */
const COLOURS = ['green', 'yellow', 'orange', 'red', 'blue', 'purple', 'text', 'transparent'];

function ThresholdsField({ label, value, onChange }: ThresholdsProps) {
  const { t } = useTranslation();
  const steps = stepsOf(value);
  const change = (next: readonly Json[]): void =>
    onChange({
      mode: 'absolute',
      ...value,
      steps: next.map((step, i) => (i === 0 ? { ...step, value: null } : step)),
    });
  return (
    <fieldset className={css.card}>
      <legend className={css.legend}>{label}</legend>
      {steps.map((step, i) => (
        <div key={i} className={css.line}>
          {i === 0 ? (
            <span className={css.hint}>{t('dashboards.edit.baseThreshold')}</span>
          ) : (
            <NumberField
              label={t('dashboards.edit.from')}
              value={typeof step['value'] === 'number' ? step['value'] : undefined}
              onChange={(from) => change(steps.with(i, { ...step, value: from ?? 0 }))}
            />
          )}
          <ChoiceField
            label={t('dashboards.edit.colour')}
            value={textOf(step['color'])}
            options={COLOURS.map((colour) => ({ value: colour, text: colour }))}
            onChange={(color) => change(steps.with(i, { ...step, color }))}
          />
          {i > 0 && (
            <IconButton
              label={t('dashboards.edit.removeThreshold')}
              onClick={() => change(steps.toSpliced(i, 1))}
            >
              <IconTrash size={15} />
            </IconButton>
          )}
        </div>
      ))}
      <Button
        variant="default"
        leftSection={<IconPlus size={14} />}
        onClick={() => change([...steps, { color: 'red', value: 80 }])}
      >
        {t('dashboards.edit.addThreshold')}
      </Button>
    </fieldset>
  );
}

function stepsOf(value: Json): readonly Json[] {
  const steps = Array.isArray(value['steps']) ? value['steps'].filter(isObject) : [];
  return steps.length === 0 ? [{ color: 'green', value: null }] : steps;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
