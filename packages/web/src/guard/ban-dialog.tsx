import type { GuardDecision } from '@vedette/api';
import { useTranslation } from 'react-i18next';
import { banSubject, type Said } from '../api/guard.ts';
import { formatMoment } from '../chart/time-axis.ts';
import { browserClock } from '../lib/browser-clock.ts';
import { AskDialog } from '../design/ask-dialog.tsx';
import { useNow } from '../time/use-now.ts';
import { endOf, type BanDraft } from './ban-draft.ts';
import css from './guard.module.css';
import { StrangeText } from '../design/strange-text.tsx';
import { useGuardChange } from './use-guard.ts';

export interface BanDialogProps {
  readonly draft: BanDraft;
  readonly said: Said;
  readonly onClose: () => void;
  readonly onDone: (decision: GuardDecision) => void;
}

/** The last question before somebody is kept out: whom exactly, with every unseen character of the id shown. */
export function BanDialog({ draft, said, onClose, onDone }: BanDialogProps) {
  const { t, i18n } = useTranslation();
  const nowMs = useNow(1000);
  const ban = useGuardChange(banSubject, onDone);
  const { scope, subject, kind } = draft;
  const untilMs = endOf(draft, nowMs);
  const confirm = (): void => {
    // From now on, not from when the question was asked.
    const endMs = endOf(draft, browserClock.nowMs());
    if (endMs !== undefined) ban.mutate({ scope, subject, kind, untilMs: endMs, ...said });
  };
  return (
    <AskDialog
      title={t('guard.ban.ask')}
      verb={t('guard.ban.confirm')}
      isPlain
      isPending={ban.isPending}
      fault={ban.error}
      onSubmit={confirm}
      onClose={onClose}
    >
      <p className={css.dialogSubject}>
        <span className={css.scope}>{t(`guard.scope.${scope}`)}</span> <StrangeText text={subject} />
      </p>
      <p>
        {t(`guard.ban.then.${kind}`)}{' '}
        {typeof untilMs === 'number'
          ? t('guard.ban.until', { end: formatMoment(untilMs, i18n.language) })
          : t('guard.ban.untilLifted')}
      </p>
      {scope !== 'user' && <p className={css.hint}>{t('guard.ban.wide')}</p>}
    </AskDialog>
  );
}
