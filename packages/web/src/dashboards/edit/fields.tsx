import { useEffect, useId, useState, type ReactNode } from 'react';
import css from './edit.module.css';

export interface FieldProps {
  readonly label: string;
  readonly hint?: string;
  readonly children: (id: string) => ReactNode;
}

/** A named place of a form. */
export function Field({ label, hint, children }: FieldProps) {
  const id = useId();
  return (
    <div className={css.field}>
      <label className={css.name} htmlFor={id}>
        {label}
      </label>
      {children(id)}
      {hint !== undefined && <span className={css.hint}>{hint}</span>}
    </div>
  );
}

export interface TextFieldProps {
  readonly label: string;
  readonly hint?: string;
  readonly value: string;
  readonly isLong?: boolean;
  readonly suggestions?: readonly string[];
  readonly onChange: (value: string) => void;
}

export function TextField({ label, hint, value, isLong = false, suggestions, onChange }: TextFieldProps) {
  return (
    <Field label={label} {...(hint === undefined ? {} : { hint })}>
      {(id) =>
        isLong ? (
          <textarea
            id={id}
            className={`${css.input} ${css.area}`}
            value={value}
            onChange={(event) => onChange(event.currentTarget.value)}
          />
        ) : (
          <>
            <input
              id={id}
              className={css.input}
              value={value}
              list={suggestions === undefined ? undefined : `${id}-list`}
              onChange={(event) => onChange(event.currentTarget.value)}
            />
            {suggestions !== undefined && (
              <datalist id={`${id}-list`}>
                {suggestions.map((one) => (
                  <option key={one} value={one} />
                ))}
              </datalist>
            )}
          </>
        )
      }
    </Field>
  );
}

export interface NumberFieldProps {
  readonly label: string;
  readonly value: number | undefined;
  readonly min?: number;
  readonly max?: number;
  readonly onChange: (value: number | undefined) => void;
}

/** A number or nothing. What is half typed (`-`, `1e`) stays in the field and is no value yet. */
export function NumberField({ label, value, min, max, onChange }: NumberFieldProps) {
  const [draft, setDraft] = useState(value === undefined ? '' : String(value));
  useEffect(() => {
    setDraft((old) => (numberOf(old) === value ? old : value === undefined ? '' : String(value)));
  }, [value]);
  const isWrong = (text: string): boolean => {
    const number = numberOf(text);
    return (
      text.trim() !== '' &&
      (number === undefined || number < (min ?? -Infinity) || number > (max ?? Infinity))
    );
  };
  return (
    <Field label={label}>
      {(id) => (
        <input
          id={id}
          className={css.input}
          inputMode="decimal"
          value={draft}
          aria-invalid={isWrong(draft)}
          onChange={({ currentTarget }) => {
            setDraft(currentTarget.value);
            if (!isWrong(currentTarget.value)) onChange(numberOf(currentTarget.value));
          }}
        />
      )}
    </Field>
  );
}

export interface ChoiceFieldProps {
  readonly label: string;
  readonly value: string;
  readonly options: readonly { readonly value: string; readonly text: string }[];
  readonly onChange: (value: string) => void;
}

/** One of several. A value that we do not know is kept and shown as it is. */
export function ChoiceField({ label, value, options, onChange }: ChoiceFieldProps) {
  const isKnown = options.some((option) => option.value === value);
  return (
    <Field label={label}>
      {(id) => (
        <select
          id={id}
          className={css.input}
          value={value}
          onChange={(event) => onChange(event.currentTarget.value)}
        >
          {!isKnown && <option value={value}>{value === '' ? '–' : value}</option>}
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.text}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

export interface CheckFieldProps {
  readonly label: string;
  readonly isOn: boolean;
  readonly onChange: (isOn: boolean) => void;
}

export function CheckField({ label, isOn, onChange }: CheckFieldProps) {
  return (
    <label className={css.check}>
      <input type="checkbox" checked={isOn} onChange={(event) => onChange(event.currentTarget.checked)} />
      {label}
    </label>
  );
}

function numberOf(text: string): number | undefined {
  if (text.trim() === '') return undefined;
  const number = Number(text);
  return Number.isFinite(number) ? number : undefined;
}
