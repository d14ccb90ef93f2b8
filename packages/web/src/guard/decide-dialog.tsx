import type { GuardDecision } from '@vedette/api';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { changeDecision, type ChangeOrder, type Verb } from '../api/guard.ts';
import { formatMoment } from '../chart/time-axis.ts';
import { parseSilenceSpanMs } from '../silences/silence-span.ts';
import { AskDialog } from '../design/ask-dialog.tsx';
import css from './guard.module.css';
import { SaidFields, saidOf, useSaid } from './said-fields.tsx';
import { SpanField } from './span-field.tsx';
import { StrangeText } from '../design/strange-text.tsx';
import { useGuardChange } from './use-guard.ts';

export interface DecideDialogProps {
  readonly decision: GuardDecision;
  readonly verb: Verb;
  readonly onClose: () => void;
}

/** Asks why before a person overrules, prolongs or confirms a decision, and says what will follow. */
export function DecideDialog({ decision, verb, onClose }: DecideDialogProps) {
  const { t } = useTranslation();
  const [said, setSaid] = useSaid();
  const [longer, setLonger] = useState('1h');
  const [isTried, setIsTried] = useState(false);
  const change = useGuardChange(changeDecision, onClose);
  const spanMs = parseSilenceSpanMs(longer);
  const submit = (): void => {
    setIsTried(true);
    const words = saidOf(said);
    if (words === undefined) return;
    const order = orderOf(decision, verb, spanMs);
    if (order !== undefined) change.mutate({ ...order, ...words });
  };
  return (
    <AskDialog
      title={t(`guard.ask.${verb}`)}
      verb={t(`guard.verb.${verb}`)}
      isPending={change.isPending}
      fault={change.error}
      onSubmit={submit}
      onClose={onClose}
    >
      <p className={css.dialogSubject}>
        <span className={css.scope}>{t(`guard.scope.${decision.scope}`)}</span>{' '}
        <StrangeText text={decision.subject} />
      </p>
      <Consequence decision={decision} verb={verb} spanMs={spanMs} />
      {verb === 'extend' && (
        <SpanField
          label={t('guard.longerBy')}
          value={longer}
          error={spanMs === undefined ? t('silences.spanFault.for') : undefined}
          onChange={setLonger}
        />
      )}
      <SaidFields value={said} isTried={isTried} onChange={setSaid} isFirst />
    </AskDialog>
  );
}

function orderOf(
  { id, untilMs }: GuardDecision,
  verb: Verb,
  spanMs: number | undefined,
): Pick<ChangeOrder, 'id' | 'verb' | 'untilMs'> | undefined {
  if (verb !== 'extend') return { id, verb };
  return spanMs === undefined || untilMs === null ? undefined : { id, verb, untilMs: untilMs + spanMs };
}

interface ConsequenceProps {
  readonly decision: GuardDecision;
  readonly verb: Verb;
  readonly spanMs: number | undefined;
}

/** What the button does to the subject, in one sentence. */
function Consequence({ decision: { state, untilMs }, verb, spanMs }: ConsequenceProps) {
  const { t, i18n } = useTranslation();
  const place = state === 'held-back' || state === 'shadow' ? state : 'live';
  switch (verb) {
    case 'lift':
      return <p>{t(`guard.then.lift.${place}`)}</p>;
    case 'approve':
      return <p>{t(`guard.then.approve.${place}`)}</p>;
    case 'permanent':
      return <p>{t('guard.then.permanent')}</p>;
    case 'extend': {
      const end = spanMs === undefined || untilMs === null ? undefined : untilMs + spanMs;
      return (
        <p>{t('guard.then.extend', { end: end === undefined ? '–' : formatMoment(end, i18n.language) })}</p>
      );
    }
  }
}
