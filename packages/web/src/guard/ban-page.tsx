import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useRole } from '../api/use-alertmanager.ts';
import { useTries } from '../design/use-tries.ts';
import { Page } from '../shell/page.tsx';
import { BackToGuard } from './back-to-guard.tsx';
import { BanDialog } from './ban-dialog.tsx';
import { faultsOf, KINDS, SCOPES, type BanDraft } from './ban-draft.ts';
import { BanReach } from './ban-reach.tsx';
import css from './guard.module.css';
import { SaidFields, saidOf, useSaid } from './said-fields.tsx';
import { SpanField } from './span-field.tsx';
import { SubjectReach } from './subject-reach.tsx';

/** A ban by hand: whom, how, for how long, why; asked once more before it is in force. */
export function BanPage() {
  const { t } = useTranslation();
  const { subject = '', scope = 'user' } = useSearch({ from: '/guard/ban' });
  return (
    <Page title={t('guard.ban.title')}>
      <BackToGuard />
      {/* Another link is another form. */}
      <BanForm
        key={`${scope}\n${subject}`}
        initial={{ scope, subject, kind: 'refuse', span: '1h', isForever: false }}
      />
    </Page>
  );
}

function BanForm({ initial }: { readonly initial: BanDraft }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const role = useRole();
  const [draft, setDraft] = useState(initial);
  const [said, setSaid] = useSaid();
  const [isAsking, setIsAsking] = useState(false);
  const { form, isTried, tryAgain } = useTries();
  const faults = isTried ? faultsOf(draft) : [];
  const words = isAsking ? saidOf(said) : undefined;
  const submit = (): void => {
    if (faultsOf(draft).length > 0 || saidOf(said) === undefined) tryAgain();
    else setIsAsking(true);
  };
  return (
    <form
      ref={form}
      className={css.form}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      {role === 'viewer' && <p className={css.viewer}>{t('guard.viewer')}</p>}
      <section className={css.card} aria-label={t('guard.ban.title')}>
        <SubjectFields draft={draft} isMissing={faults.includes('subject')} onChange={setDraft} />
        {draft.scope === 'range' ? (
          <BanReach text={draft.subject} />
        ) : (
          <SubjectReach scope={draft.scope} subject={draft.subject} />
        )}
        <SpanField
          label={t('guard.ban.for')}
          value={draft.isForever ? '' : draft.span}
          error={faults.includes('span') ? t('silences.spanFault.for') : undefined}
          onChange={(span) => setDraft({ ...draft, span, isForever: false })}
        />
        <label className={css.check}>
          <input
            type="checkbox"
            disabled={role !== 'admin'}
            checked={draft.isForever}
            onChange={(event) => setDraft({ ...draft, isForever: event.currentTarget.checked })}
          />
          {t('guard.ban.forever')}
          {role !== 'admin' && <span className={css.quiet}>{t('guard.ban.foreverAdmin')}</span>}
        </label>
        <SaidFields value={said} isTried={isTried} onChange={setSaid} />
      </section>
      <div className={css.actions}>
        <Button type="submit" disabled={role === undefined || role === 'viewer'}>
          {t('guard.ban.next')}
        </Button>
        <Button variant="default" onClick={() => void navigate({ to: '/guard' })}>
          {t('silences.cancel')}
        </Button>
      </div>
      {words !== undefined && (
        <BanDialog
          draft={draft}
          said={words}
          onClose={() => setIsAsking(false)}
          onDone={({ id }) => void navigate({ to: '/guard/decisions/$id', params: { id }, replace: true })}
        />
      )}
    </form>
  );
}

interface SubjectFieldsProps {
  readonly draft: BanDraft;
  readonly isMissing: boolean;
  readonly onChange: (draft: BanDraft) => void;
}

function SubjectFields({ draft, isMissing, onChange }: SubjectFieldsProps) {
  const { t } = useTranslation();
  return (
    <div className={css.subjectFields}>
      <NativeSelect
        size="xs"
        label={t('guard.ban.scope')}
        value={draft.scope}
        onChange={(event) => {
          const scope = SCOPES.find((known) => known === event.currentTarget.value);
          if (scope !== undefined) onChange({ ...draft, scope });
        }}
        data={SCOPES.map((value) => ({ value, label: t(`guard.scope.${value}`) }))}
      />
      <TextInput
        label={t('guard.ban.subject')}
        value={draft.subject}
        placeholder={t(`guard.ban.example.${draft.scope}`)}
        spellCheck={false}
        autoCapitalize="off"
        aria-required="true"
        error={isMissing ? t('guard.ban.subjectMissing') : undefined}
        onChange={(event) => onChange({ ...draft, subject: event.currentTarget.value })}
      />
      <NativeSelect
        size="xs"
        label={t('guard.ban.kind')}
        value={draft.kind}
        onChange={(event) => {
          const kind = KINDS.find((known) => known === event.currentTarget.value);
          if (kind !== undefined) onChange({ ...draft, kind });
        }}
        data={KINDS.map((value) => ({ value, label: t(`guard.ban.do.${value}`) }))}
      />
    </div>
  );
}
