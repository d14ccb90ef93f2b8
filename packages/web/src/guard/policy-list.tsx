import { Button, Skeleton } from '@mantine/core';
import { Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { GuardPolicy, WatchedPolicy } from '../api/guard.ts';
import { useRole } from '../api/use-alertmanager.ts';
import { containsWords } from '../alerts/group-alerts.ts';
import { Fault } from '../design/fault.tsx';
import { Empty, Panel } from '../design/panel.tsx';
import type { Tone } from '../design/tone.ts';
import { Badge, ToneIcon } from '../design/tone-badge.tsx';
import { formatAge } from '../format/relative-time.ts';
import { formatValue } from '../format/unit.ts';
import { useNow } from '../time/use-now.ts';
import css from './guard.module.css';
import { PolicyName } from './policy-name.tsx';
import { StrangeText } from '../design/strange-text.tsx';
import { Brake, Thresholds } from './policy-facts.tsx';
import { usePolicies, useSubjects } from './use-guard.ts';
import { part } from '../lib/part.ts';

const ModeDialog = part(async () => (await import('./mode-dialog.tsx')).ModeDialog);

const TONES: Readonly<Record<GuardPolicy['mode'], Tone>> = {
  off: 'unknown',
  shadow: 'info',
  canary: 'warning',
  enforce: 'ok',
};

/** What each policy does now, how often it decided, and how often people found it right. */
export function PolicyList({ filter }: { readonly filter: string }) {
  const { t } = useTranslation();
  const policies = usePolicies();
  const watch = useSubjects().data;
  if (policies.data === undefined)
    return policies.error === null ? (
      <Skeleton height={320} />
    ) : (
      <Fault message={policies.error.message} onRetry={policies.refetch} />
    );
  const shown = policies.data.filter(({ name, mode }) => containsWords(`${name} ${mode}`, filter));
  if (shown.length === 0)
    return (
      <Panel title={t('guard.policies')}>
        <Empty title={t('guard.noMatch')} />
      </Panel>
    );
  return (
    <ul className={css.rows}>
      {shown.map((policy) => (
        <Policy
          key={policy.name}
          policy={policy}
          judged={watch?.policies.find(({ name }) => name === policy.name)}
          factor={watch?.factor ?? 1}
        />
      ))}
    </ul>
  );
}

interface PolicyProps {
  readonly policy: GuardPolicy;
  /** As detection has it; absent for what alerts bring, and for what is off. */
  readonly judged: WatchedPolicy | undefined;
  readonly factor: number;
}

function Policy({ policy, judged, factor }: PolicyProps) {
  const { t } = useTranslation();
  const { name, version, mode, configuredMode, tripped } = policy;
  return (
    <li className={css.policyRow}>
      <div className={css.policyHead}>
        <Badge tone={tripped === null ? TONES[mode] : 'critical'}>{t(`guard.mode.${mode}`)}</Badge>
        <span className={css.policyTitle}>
          <PolicyName policy={name} /> <span className={css.quiet}>{version}</span>
        </span>
        <Counts policy={policy} />
        <ModeButton policy={policy} />
      </div>
      <p className={css.policyText}>
        {t(`guard.modeText.${mode}`)}
        {mode !== configuredMode &&
          tripped === null &&
          ` ${t('guard.configured', { mode: t(`guard.mode.${configuredMode}`) })}`}
      </p>
      {tripped !== null && <Tripped policy={policy} tripped={tripped} />}
      <Brake brake={policy.brake} />
      {judged !== undefined && <Thresholds policy={judged} factor={factor} />}
    </li>
  );
}

interface TrippedProps {
  readonly policy: GuardPolicy;
  readonly tripped: NonNullable<GuardPolicy['tripped']>;
}

/** Why the brake was pulled, and how to let go of it. */
function Tripped({ policy: { configuredMode }, tripped: { atMs, reason } }: TrippedProps) {
  const { t } = useTranslation();
  const nowMs = useNow(10_000);
  return (
    <div className={css.tripped}>
      <ToneIcon tone="critical" size={18} />
      <div>
        <strong>{t('guard.tripped', { age: formatAge(nowMs - atMs) })}</strong>
        <p>
          <StrangeText text={reason} />
        </p>
        <p>{t('guard.wayBack', { mode: t(`guard.mode.${configuredMode}`) })}</p>
      </div>
    </div>
  );
}

function Counts({ policy }: { readonly policy: GuardPolicy }) {
  const { t } = useTranslation();
  const { decisionCount, enforcedCount, rightCount, wrongCount, precision } = policy;
  const facts = [
    ['decisions', formatValue(decisionCount)],
    ['enforced', formatValue(enforcedCount)],
    ['right', formatValue(rightCount)],
    ['wrong', formatValue(wrongCount)],
    ['precision', formatValue(precision, 'percentunit')],
  ] as const;
  return (
    <dl className={css.counts}>
      {facts.map(([id, value]) => (
        <div key={id}>
          <dt>{t(`guard.count.${id}`)}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function ModeButton({ policy }: { readonly policy: GuardPolicy }) {
  const { t } = useTranslation();
  const role = useRole();
  const [isOpen, setIsOpen] = useState(false);
  if (role !== 'admin') return null;
  return (
    <>
      <Button
        variant="default"
        aria-label={t(policy.tripped === null ? 'guard.changeModeOf' : 'guard.releaseOf', {
          policy: policy.name,
        })}
        onClick={() => setIsOpen(true)}
      >
        {t(policy.tripped === null ? 'guard.changeMode' : 'guard.release')}
      </Button>
      {isOpen && (
        <Suspense>
          <ModeDialog policy={policy} onClose={() => setIsOpen(false)} />
        </Suspense>
      )}
    </>
  );
}
