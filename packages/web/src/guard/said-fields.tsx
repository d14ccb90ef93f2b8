import { Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Said } from '../api/guard.ts';
import { useSession } from '../account/use-session.ts';
import { rememberAuthor, rememberedAuthor } from '../silences/remembered-author.ts';
import css from './guard.module.css';
import { StrangeText } from '../design/strange-text.tsx';

/** As the server's own limits, so that nobody writes what it will not take. */
const REASON_CHARS_MAX = 1000;
const NAME_CHARS_MAX = 100;

export interface SaidDraft {
  readonly by: string;
  readonly reason: string;
}

/** The draft of who decides and why, with the name used before. */
export function useSaid() {
  return useState<SaidDraft>(() => ({ by: rememberedAuthor(localStorage), reason: '' }));
}

/** What is sent; `undefined` without a reason. The name is kept for the next time. */
export function saidOf({ by, reason }: SaidDraft): Said | undefined {
  if (reason.trim() === '') return undefined;
  if (by.trim() === '') return { reason: reason.trim() };
  rememberAuthor(localStorage, by.trim());
  return { reason: reason.trim(), by: by.trim() };
}

export interface SaidFieldsProps {
  readonly value: SaidDraft;
  /** It was tried to send: only then is what is missing pointed at. */
  readonly isTried: boolean;
  readonly onChange: (value: SaidDraft) => void;
  /** The dialog begins here. */
  readonly isFirst?: boolean;
}

/** Why, which must be said, and who, which is better said; whoever is signed in is known and not asked. */
export function SaidFields({ value, isTried, onChange, isFirst = false }: SaidFieldsProps) {
  const { t } = useTranslation();
  const account = useSession().data?.account ?? undefined;
  return (
    <>
      <Textarea
        size="xs"
        rows={2}
        label={t('guard.reason')}
        description={t('guard.reasonHint')}
        value={value.reason}
        maxLength={REASON_CHARS_MAX}
        aria-required="true"
        error={isTried && value.reason.trim() === '' ? t('guard.reasonMissing') : undefined}
        onChange={(event) => onChange({ ...value, reason: event.currentTarget.value })}
        {...(isFirst ? { 'data-autofocus': true } : {})}
      />
      {account === undefined ? (
        <TextInput
          label={t('guard.by')}
          value={value.by}
          maxLength={NAME_CHARS_MAX}
          autoComplete="username"
          placeholder={t('guard.byHint')}
          onChange={(event) => onChange({ ...value, by: event.currentTarget.value })}
        />
      ) : (
        <p className={css.hint}>
          {t('guard.signedBy')} <StrangeText text={account} />
        </p>
      )}
    </>
  );
}
