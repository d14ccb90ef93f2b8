import { Skeleton } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { GuardPolicy, WatchedPolicy, WatchedSubject } from '../api/guard.ts';
import { useRole } from '../api/use-alertmanager.ts';
import { containsWords } from '../alerts/group-alerts.ts';
import { Fault } from '../design/fault.tsx';
import { Empty, Panel } from '../design/panel.tsx';
import { formatStep } from '../format/relative-time.ts';
import { formatValue } from '../format/unit.ts';
import { Course } from './course.tsx';
import { isShare } from './decisions.ts';
import { DidMost } from './did-most.tsx';
import css from './guard.module.css';
import { PolicyName } from './policy-name.tsx';
import { StepWords } from './step-words.tsx';
import { useSteadyOrder } from '../design/use-steady-order.ts';
import { StrangeText } from '../design/strange-text.tsx';
import { usePolicies, useSubjects } from './use-guard.ts';
import { visibleText } from '../design/visible-text.ts';
import { nextStepOf, toneOfRatio } from './watched.ts';

export interface SubjectListProps {
  readonly filter: string;
  readonly policy: string | undefined;
}

/** Who is on the way to a threshold right now, the nearest first, and what would follow. */
export function SubjectList({ filter, policy }: SubjectListProps) {
  const { t } = useTranslation();
  const watch = useSubjects();
  const modes = usePolicies().data;
  const role = useRole();
  const kept = (watch.data?.subjects ?? []).filter(
    (one) => (policy === undefined || one.policy === policy) && containsWords(wordsOf(one), filter),
  );
  const { ordered: shown, holder } = useSteadyOrder(kept, keyOf);
  if (watch.data === undefined)
    return watch.error === null ? (
      <Skeleton height={240} />
    ) : (
      <Fault message={watch.error.message} onRetry={watch.refetch} />
    );
  const { subjects, policies, factor, activeCount } = watch.data;
  return (
    <>
      <p className={css.hint}>
        {t('guard.subjectsHint', { factor: formatValue(factor, 'none'), count: activeCount })}{' '}
        {role === 'viewer' && t('guard.pseudonyms')}{' '}
        <Link to="/dashboards/$uid" params={{ uid: 'vedette-behaviour' }} className={css.link}>
          {t('guard.dashboard')}
        </Link>
      </p>
      {shown.length === 0 ? (
        <Panel title={t('guard.subjects')}>
          {subjects.length > 0 ? (
            <Empty title={t('guard.noMatch')} />
          ) : (
            <Empty title={t('guard.noSubjects')} text={t('guard.noSubjectsText')} />
          )}
        </Panel>
      ) : (
        <ul className={css.rows} {...holder}>
          {shown.map((one) => {
            const judged = policies.find(({ name }) => name === one.policy);
            const mode = modes?.find(({ name }) => name === one.policy)?.mode;
            if (judged === undefined) return null;
            return (
              <SubjectRow
                key={keyOf(one)}
                watched={one}
                policy={judged}
                mode={mode}
                mayAct={role !== undefined && role !== 'viewer'}
              />
            );
          })}
        </ul>
      )}
    </>
  );
}

function keyOf({ policy, scope, subject }: WatchedSubject): string {
  return `${policy} ${scope} ${subject}`;
}

function wordsOf({ scope, subject, policy, topActions }: WatchedSubject): string {
  return [scope, subject, visibleText(subject), policy, ...topActions.map(({ action }) => action)].join(' ');
}

interface SubjectRowProps {
  readonly watched: WatchedSubject;
  readonly policy: WatchedPolicy;
  readonly mode: GuardPolicy['mode'] | undefined;
  readonly mayAct: boolean;
}

function SubjectRow({ watched, policy, mode, mayAct }: SubjectRowProps) {
  const { t } = useTranslation();
  const { scope, subject, value, ratio, course, topActions } = watched;
  const next = nextStepOf(watched, policy);
  const tone = toneOfRatio(ratio);
  const unit = next !== undefined && isShare(next) ? 'percentunit' : 'none';
  const name = (
    <>
      <span className={css.scope}>{t(`guard.scope.${scope}`)}</span> <StrangeText text={subject} />
    </>
  );
  return (
    <li className={css.watched}>
      <div className={css.rowSubject}>
        {mayAct ? (
          <Link
            to="/guard"
            search={{ show: 'all', q: subject }}
            className={css.subject}
            title={visibleText(subject)}
            data-row=""
          >
            {name}
          </Link>
        ) : (
          <span className={css.subject}>{name}</span>
        )}
        <DidMost actions={topActions.slice(0, 3)} label={t('guard.topActions')} />
      </div>
      <div className={css.watchedMeter}>
        <span className={css.meter} data-tone={tone} aria-hidden="true">
          <span style={{ width: `${Math.min(1, ratio) * 100}%` }} />
        </span>
        <span className={css.meterText}>
          {t('guard.ofThreshold', {
            value: formatValue(value, unit),
            threshold: formatValue(next?.threshold, unit),
            window: formatStep(policy.windowMs),
          })}
        </span>
      </div>
      <Course course={course} tone={tone} label={t('guard.course')} />
      <div className={css.rowPolicy}>
        <PolicyName policy={policy.name} />
        <Consequence watched={watched} policy={policy} mode={mode} />
      </div>
      {mayAct && (
        <span className={css.rowActions}>
          <Link
            to="/guard/ban"
            search={{ scope, subject }}
            className={css.link}
            aria-label={t('guard.verbOf', { verb: t('guard.banOne'), subject: visibleText(subject) })}
          >
            {t('guard.banOne')}
          </Link>
        </span>
      )}
    </li>
  );
}

/** What is or would be decided now; below the first step, what comes there. */
function Consequence({ watched, policy, mode }: Omit<SubjectRowProps, 'mayAct'>) {
  const { t } = useTranslation();
  const passed = watched.step === null ? undefined : policy.steps[watched.step];
  const step = passed ?? policy.steps[0];
  if (step === undefined) return null;
  const unit = isShare(step) ? 'percentunit' : 'none';
  const key = mode === 'shadow' ? 'shadow' : 'live';
  return (
    <span className={css.quiet}>
      <StepWords step={step}>
        {(what, span) =>
          passed === undefined
            ? t('guard.wouldBe.next', { threshold: formatValue(step.threshold, unit), what, span })
            : t(`guard.wouldBe.${key}`, { what, span })
        }
      </StepWords>
    </span>
  );
}
