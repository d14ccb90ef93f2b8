import { Button, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import css from './guard.module.css';

const PRESETS = ['15m', '1h', '6h', '24h', '7d', '30d'] as const;

export interface SpanFieldProps {
  readonly label: string;
  /** `90m`, `7d`. */
  readonly value: string;
  readonly error: string | undefined;
  readonly onChange: (value: string) => void;
}

/** A length of time: a usual one with one click, any other as text. */
export function SpanField({ label, value, error, onChange }: SpanFieldProps) {
  const { t } = useTranslation();
  return (
    <div className={css.span}>
      <TextInput
        label={label}
        value={value}
        placeholder="90m"
        spellCheck={false}
        error={error}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
      <div className={css.presets} role="group" aria-label={t('silences.presets')}>
        {PRESETS.map((preset) => (
          <Button
            key={preset}
            variant="default"
            aria-pressed={value.trim() === preset}
            onClick={() => onChange(preset)}
          >
            {preset}
          </Button>
        ))}
      </div>
    </div>
  );
}
