import { PasswordInput } from '@mantine/core';
import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import type { Tone } from '../design/tone.ts';
import { ToneIcon } from '../design/tone-badge.tsx';
import css from './account.module.css';
import { judgePassword, PASSWORD_CHARS_MIN, type PasswordJudgement } from './password-judgement.ts';

export interface NewPasswordFieldProps {
  readonly label: string;
  readonly value: string;
  /** Of the account it is for. */
  readonly name: string;
  /** Whether somebody tried to send it as it is. */
  readonly isTried: boolean;
  readonly onChange: (value: string) => void;
}

/** A password to be chosen, with the rule and what can honestly be said of it. */
export function NewPasswordField({ label, value, name, isTried, onChange }: NewPasswordFieldProps) {
  const { t } = useTranslation();
  const id = useId();
  const judgement = judgePassword(value, name);
  const isFault =
    isTried && (judgement.kind === 'empty' || judgement.kind === 'short' || judgement.kind === 'long');
  return (
    <div className={css.field}>
      <PasswordInput
        label={label}
        value={value}
        autoComplete="new-password"
        error={isFault}
        aria-describedby={id}
        visibilityToggleButtonProps={{ 'aria-label': t('setup.showPassword') }}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
      <p id={id} className={css.judgement} aria-live="polite">
        <ToneIcon tone={toneOf(judgement)} size={14} />
        {wordsOf(judgement)}
      </p>
    </div>
  );

  function wordsOf(judged: PasswordJudgement): string {
    switch (judged.kind) {
      case 'short':
        return t('setup.password.short', { count: judged.missing });
      case 'weak':
        return t(`setup.password.${judged.why}`);
      case 'empty':
        return t('setup.password.rule', { min: PASSWORD_CHARS_MIN });
      case 'long':
      case 'fair':
      case 'good':
        return t(`setup.password.${judged.kind}`);
    }
  }
}

function toneOf({ kind }: PasswordJudgement): Tone {
  switch (kind) {
    case 'empty':
      return 'unknown';
    case 'short':
    case 'fair':
      return 'info';
    case 'long':
    case 'weak':
      return 'warning';
    case 'good':
      return 'ok';
  }
}
