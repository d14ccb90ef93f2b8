import { Button, NativeSelect, Skeleton, TextInput } from '@mantine/core';
import { Link, useNavigate } from '@tanstack/react-router';
import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { GuardPolicy, WatchedPolicy } from '../api/guard.ts';
import { Fault } from '../design/fault.tsx';
import { formatAge } from '../format/relative-time.ts';
import { useNow } from '../time/use-now.ts';
import { BacktestReport } from './backtest-report.tsx';
import css from './guard.module.css';
import { candidateOf, policyOfTrial, trialOf, type TrialDraft } from './trial.ts';
import { useBacktest } from './use-backtest.ts';
import { usePolicies, useSubjects } from './use-guard.ts';

const DAY_MS = 86_400_000;
/** Single actions are kept for seven days by default. */
const DAYS = [1, 3, 7] as const;
const DECIDES = ['warn', 'slow', 'challenge', 'refuse'] as const;

/** Whom a policy would refuse with other thresholds, asked before they are put in force. */
export function BacktestView({ policy }: { readonly policy: string | undefined }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const watch = useSubjects();
  const known = usePolicies();
  const fault = watch.error ?? known.error;
  if (watch.data === undefined || known.data === undefined)
    return fault === null ? <Skeleton height={320} /> : <Fault message={fault.message} />;
  const { policies } = watch.data;
  const chosen = policies.find(({ name }) => name === policy) ?? policies[0];
  return (
    <div className={css.single}>
      <p className={css.back}>
        <Link to="/guard" search={{ view: 'policies' }} className={css.link}>
          {t('guard.backtest.back')}
        </Link>
      </p>
      <p className={css.hint}>{t('guard.backtest.hint')}</p>
      <NativeSelect
        size="xs"
        label={t('guard.backtest.policy')}
        value={chosen?.name ?? ''}
        onChange={(event) =>
          void navigate({
            to: '/guard',
            search: { view: 'backtest', policy: event.currentTarget.value },
            replace: true,
          })
        }
        data={policies.map(({ name }) => name)}
      />
      {chosen !== undefined && (
        <Trial key={chosen.name} policy={chosen} inForce={policies} known={known.data} />
      )}
    </div>
  );
}

interface TrialProps {
  readonly policy: WatchedPolicy;
  readonly inForce: readonly WatchedPolicy[];
  readonly known: readonly GuardPolicy[];
}

function Trial({ policy, inForce, known }: TrialProps) {
  const { t } = useTranslation();
  const [draft, setDraft] = useState(() => trialOf(policy));
  const [days, setDays] = useState<number>(7);
  const backtest = useBacktest();
  const changed = policyOfTrial(draft, policy);
  const submit = (): void => {
    if (changed === undefined) return;
    backtest.run({ policies: candidateOf(changed, inForce, known), lastMs: days * DAY_MS });
  };
  return (
    <>
      <form
        className={css.card}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <TrialFields draft={draft} onChange={setDraft} />
        <NativeSelect
          size="xs"
          label={t('guard.backtest.last')}
          value={String(days)}
          onChange={(event) => setDays(Number(event.currentTarget.value))}
          data={DAYS.map((value) => ({ value: String(value), label: `${value}d` }))}
        />
        {changed === undefined && (
          <p className={css.invalid} role="alert">
            {t('guard.backtest.bad')}
          </p>
        )}
        <div className={css.actions}>
          <Button type="submit" disabled={changed === undefined || backtest.startedAtMs !== undefined}>
            {t('guard.backtest.run')}
          </Button>
          {backtest.startedAtMs !== undefined && (
            <>
              <Button variant="default" onClick={backtest.stop}>
                {t('guard.backtest.stop')}
              </Button>
              <Running sinceMs={backtest.startedAtMs} />
            </>
          )}
        </div>
      </form>
      {backtest.fault !== undefined && <Fault message={backtest.fault} />}
      {backtest.done !== undefined && <BacktestReport {...backtest.done} />}
    </>
  );
}

function Running({ sinceMs }: { readonly sinceMs: number }) {
  const { t } = useTranslation();
  const nowMs = useNow(1000);
  return (
    <span className={css.quiet}>{t('guard.backtest.running', { age: formatAge(nowMs - sinceMs) })}</span>
  );
}

interface TrialFieldsProps {
  readonly draft: TrialDraft;
  readonly onChange: (draft: TrialDraft) => void;
}

function TrialFields({ draft, onChange }: TrialFieldsProps) {
  const { t } = useTranslation();
  const id = useId();
  const change = (at: number, part: Partial<TrialDraft['steps'][number]>): void =>
    onChange({ ...draft, steps: draft.steps.map((step, i) => (i === at ? { ...step, ...part } : step)) });
  return (
    <>
      <TextInput
        label={t('guard.backtest.window')}
        value={draft.window}
        spellCheck={false}
        onChange={(event) => onChange({ ...draft, window: event.currentTarget.value })}
      />
      {draft.steps.map((step, i) => (
        // Steps neither come nor go in this form.
        <div key={i} role="group" aria-labelledby={`${id}-${i}`}>
          <p id={`${id}-${i}`} className={css.subTitle}>
            {t('guard.backtest.step', { count: i + 1 })}
          </p>
          <div className={css.trialStep}>
            <TextInput
              label={t('guard.backtest.over')}
              value={step.over}
              inputMode="decimal"
              onChange={(event) => change(i, { over: event.currentTarget.value })}
            />
            <NativeSelect
              size="xs"
              label={t('guard.backtest.decide')}
              value={step.decide}
              onChange={(event) => {
                const decide = DECIDES.find((one) => one === event.currentTarget.value);
                if (decide !== undefined) change(i, { decide });
              }}
              data={DECIDES.map((value) => ({
                value,
                label: value === 'warn' ? t('guard.decideWarn') : t(`guard.kind.${value}`),
              }))}
            />
            <TextInput
              label={t('guard.backtest.for')}
              value={step.for}
              spellCheck={false}
              onChange={(event) => change(i, { for: event.currentTarget.value })}
            />
          </div>
        </div>
      ))}
    </>
  );
}
