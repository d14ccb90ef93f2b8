import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { GuardPolicy, WatchedPolicy } from '../api/guard.ts';
import { useRole } from '../api/use-alertmanager.ts';
import { formatStep } from '../format/relative-time.ts';
import { formatValue } from '../format/unit.ts';
import { isShare } from './decisions.ts';
import css from './guard.module.css';
import { StepWords } from './step-words.tsx';

/** How much of what the policy may decide in a while is used: what would pull the brake. */
export function Brake({ brake }: { readonly brake: GuardPolicy['brake'] }) {
  const { t } = useTranslation();
  const { usedCount, allowedCount, windowMs, minuteCount, minuteMax } = brake;
  const used = Math.max(usedCount / Math.max(1, allowedCount), minuteCount / Math.max(1, minuteMax));
  return (
    <div className={css.brake}>
      <span className={css.bar} data-tone={used >= 0.8 ? 'warning' : undefined} aria-hidden="true">
        <span style={{ width: `${Math.min(1, used) * 100}%` }} />
      </span>
      <span className={css.quiet}>
        {t('guard.brake', {
          used: usedCount,
          allowed: allowedCount,
          window: formatStep(windowMs),
          minute: minuteCount,
          minuteMax,
        })}
      </span>
    </div>
  );
}

export interface ThresholdsProps {
  readonly policy: WatchedPolicy;
  readonly factor: number;
}

/** The thresholds in force, and how they came to be. */
export function Thresholds({ policy, factor }: ThresholdsProps) {
  const { t } = useTranslation();
  const role = useRole();
  const { name, steps, windowMs, isDynamic } = policy;
  return (
    <div className={css.thresholds}>
      <ul>
        {steps.map((step) => {
          const unit = isShare(step) ? 'percentunit' : 'none';
          return (
            <li key={step.over}>
              <StepWords step={step}>
                {(what, span) =>
                  t('guard.inForce', {
                    threshold: formatValue(step.threshold, unit),
                    window: formatStep(windowMs),
                    what,
                    span,
                  })
                }
              </StepWords>
              {isDynamic && factor !== 1 && (
                <span className={css.quiet}>
                  {' '}
                  {t('guard.written', {
                    over: formatValue(step.over, unit),
                    factor: formatValue(factor, 'none'),
                  })}
                </span>
              )}
            </li>
          );
        })}
      </ul>
      {role !== undefined && role !== 'viewer' && (
        <Link
          to="/guard"
          search={{ view: 'backtest', policy: name }}
          className={css.link}
          aria-label={t('guard.backtest.of', { policy: name })}
        >
          {t('guard.backtest.title')}
        </Link>
      )}
    </div>
  );
}
