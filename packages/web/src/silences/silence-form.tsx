import { Button, Textarea, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { previewSilence, saveSilence, type Silence } from '../api/alertmanager.ts';
import { useSession } from '../account/use-session.ts';
import { useIsViewer } from '../api/use-alertmanager.ts';
import { useTries } from '../design/use-tries.ts';
import { browserClock } from '../lib/browser-clock.ts';
import { useNow } from '../time/use-now.ts';
import { MatcherFields } from './matcher-fields.tsx';
import type { MatcherDraft } from './matchers.ts';
import { PreviewPanel } from './preview-panel.tsx';
import { rememberAuthor } from './remembered-author.ts';
import { isReplacement, matchersOf, orderOf, type SilenceDraft } from './silence-draft.ts';
import { spanOf } from './silence-span.ts';
import { SpanFields } from './span-fields.tsx';
import css from './silences.module.css';
import { useSilenceChange } from './use-silence-change.ts';
import { WriteFault } from '../design/write-fault.tsx';

/** As long as somebody types, nothing is asked. */
const TYPING_MS = 300;

export interface SilenceFormProps {
  readonly initial: SilenceDraft;
  /** The silence that is changed; absent: a new one is made. */
  readonly known?: Silence;
  readonly onSaved: (id: string) => void;
  readonly onCancel: () => void;
}

/** Everything a silence is, with what it would hit beside it. */
export function SilenceForm({ initial, known, onSaved, onCancel }: SilenceFormProps) {
  const { t } = useTranslation();
  const { draft, setDraft, account } = useDraft(initial);
  const { form, isTried, tryAgain } = useTries();
  const nowMs = useNow(10_000);
  const startedAtMs = known?.state === 'active' ? known.startsAtMs : undefined;
  const change = (part: Partial<SilenceDraft>): void => setDraft((old) => ({ ...old, ...part }));
  const matchers = matchersOf(draft);
  const preview = usePreview(matchers);
  const save = useSilenceChange(saveSilence, (id, { createdBy }) => {
    if (account === undefined) rememberAuthor(localStorage, createdBy);
    onSaved(id);
  });
  const isViewer = useIsViewer();
  const submit = (): void => {
    const order = orderOf(draft, browserClock.nowMs(), known);
    if (order === undefined) tryAgain();
    else save.mutate(order);
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
      <div className={css.fields}>
        {isViewer && <p className={css.viewer}>{t('silences.viewer')}</p>}
        <MatcherFields
          value={draft.matchers}
          isMissing={isTried && matchers === undefined}
          onChange={(next) => change({ matchers: next })}
        />
        <SpanFields
          value={draft.span}
          span={spanOf(draft.span, nowMs, startedAtMs)}
          startedAtMs={startedAtMs}
          onChange={(span) => change({ span })}
        />
        <WhoFields draft={draft} isKnown={account !== undefined} isTried={isTried} onChange={change} />
      </div>
      <div className={css.aside}>
        <PreviewPanel
          preview={preview.data}
          fault={preview.error?.message}
          isWhole={matchers !== undefined}
        />
        {known !== undefined && isReplacement(draft, known) && (
          <p className={css.quiet}>{t('silences.replaces')}</p>
        )}
        {save.error !== null && <WriteFault fault={save.error} />}
        <div className={css.actions}>
          <Button type="submit" loading={save.isPending} disabled={isViewer}>
            {known === undefined
              ? t('silences.create', {
                  count: matchers === undefined ? 0 : (preview.data?.matchedCount ?? 0),
                })
              : t('silences.save')}
          </Button>
          <Button variant="default" onClick={onCancel}>
            {t('silences.cancel')}
          </Button>
        </div>
      </div>
    </form>
  );
}

interface WhoFieldsProps {
  readonly draft: SilenceDraft;
  /** The author is who is signed in. */
  readonly isKnown: boolean;
  /** Whether it was tried to send: only then is what is missing pointed at. */
  readonly isTried: boolean;
  readonly onChange: (part: Partial<SilenceDraft>) => void;
}

function WhoFields({ draft: { createdBy, comment }, isKnown, isTried, onChange }: WhoFieldsProps) {
  const { t } = useTranslation();
  const headingId = useId();
  const missing = (text: string): string | undefined =>
    isTried && text.trim() === '' ? t('silences.missing') : undefined;
  return (
    <section className={css.card} aria-labelledby={headingId}>
      <header className={css.cardHead}>
        <h2 id={headingId}>{t('silences.whoAndWhy')}</h2>
      </header>
      <TextInput
        label={t('silences.author')}
        value={createdBy}
        autoComplete="username"
        readOnly={isKnown}
        aria-required="true"
        error={missing(createdBy)}
        onChange={(event) => onChange({ createdBy: event.currentTarget.value })}
      />
      <Textarea
        size="xs"
        rows={2}
        label={t('silences.comment')}
        placeholder={t('silences.commentHint')}
        value={comment}
        aria-required="true"
        error={missing(comment)}
        onChange={(event) => onChange({ comment: event.currentTarget.value })}
      />
    </section>
  );
}

/** Whoever is signed in makes it in their own name. */
function useDraft(initial: SilenceDraft) {
  const [typed, setDraft] = useState(initial);
  const account = useSession().data?.account ?? undefined;
  return { draft: account === undefined ? typed : { ...typed, createdBy: account }, setDraft, account };
}

function usePreview(matchers: readonly MatcherDraft[] | undefined) {
  const [settled] = useDebouncedValue(JSON.stringify(matchers ?? []), TYPING_MS);
  return useQuery({
    queryKey: ['silence-preview', settled],
    queryFn: ({ signal }) => previewSilence(JSON.parse(settled) as MatcherDraft[], signal),
    enabled: settled !== '[]',
    placeholderData: keepPreviousData,
  });
}
