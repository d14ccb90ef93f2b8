import type { GuardDecision } from '@vedette/api';
import { Button } from '@mantine/core';
import { IconCheck, IconClockPlus, IconInfinity, IconLockOpen } from '@tabler/icons-react';
import { Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Verb } from '../api/guard.ts';
import { useRole } from '../api/use-alertmanager.ts';
import { choicesOf } from './decisions.ts';
import css from './guard.module.css';
import { visibleText } from '../design/visible-text.ts';
import { part } from '../lib/part.ts';

const DecideDialog = part(async () => (await import('./decide-dialog.tsx')).DecideDialog);

const ICONS = {
  lift: IconLockOpen,
  approve: IconCheck,
  extend: IconClockPlus,
  permanent: IconInfinity,
} as const;

export interface DecisionActionsProps {
  readonly decision: GuardDecision;
  /** Only what one does in passing. */
  readonly isShort?: boolean;
  /** Other words on the buttons. */
  readonly labels?: Partial<Readonly<Record<Verb, string>>>;
}

/** What a person may do with a decision. Whom each button is about stands in its name. */
export function DecisionActions({ decision, isShort = false, labels = {} }: DecisionActionsProps) {
  const { t } = useTranslation();
  const role = useRole();
  const [verb, setVerb] = useState<Verb>();
  if (role === undefined || role === 'viewer') return null;
  const { canApprove, canLift, canExtend, canMakePermanent } = choicesOf(decision);
  const verbs: readonly (Verb | false)[] = [
    canLift && 'lift',
    canApprove && 'approve',
    canExtend && 'extend',
    canMakePermanent && !isShort && role === 'admin' && 'permanent',
  ];
  return (
    <span className={css.actions}>
      {verbs
        .filter((one) => one !== false)
        .map((one) => {
          const Icon = ICONS[one];
          return (
            <Button
              key={one}
              data-verb={one}
              variant="default"
              leftSection={<Icon size={14} />}
              aria-label={t('guard.verbOf', {
                verb: labels[one] ?? t(`guard.verb.${one}`),
                subject: visibleText(decision.subject),
              })}
              onClick={() => setVerb(one)}
            >
              {labels[one] ?? t(`guard.verb.${one}`)}
            </Button>
          );
        })}
      {verb !== undefined && (
        <Suspense>
          <DecideDialog decision={decision} verb={verb} onClose={() => setVerb(undefined)} />
        </Suspense>
      )}
    </span>
  );
}
