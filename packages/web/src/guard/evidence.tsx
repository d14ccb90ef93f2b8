import type { GuardDecision } from '@vedette/api';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { formatMoment } from '../chart/time-axis.ts';
import { Panel } from '../design/panel.tsx';
import { formatStep } from '../format/relative-time.ts';
import { formatValue } from '../format/unit.ts';
import { isShare } from './decisions.ts';
import css from './guard.module.css';
import { StrangeText } from '../design/strange-text.tsx';

type EvidenceOf<K extends GuardDecision['evidence']['kind']> = GuardDecision['evidence'] & { kind: K };

/** On what grounds, in words that hold up when the subject asks. */
export function Evidence({ evidence }: { readonly evidence: GuardDecision['evidence'] }) {
  const { t } = useTranslation();
  return (
    <Panel title={t('guard.evidence')}>
      {evidence.kind === 'crossing' && <Crossing evidence={evidence} />}
      {evidence.kind === 'alert' && <Alert evidence={evidence} />}
      {evidence.kind === 'person' && (
        <p className={css.words}>
          {t('guard.byPerson')} <StrangeText text={evidence.by} />
        </p>
      )}
    </Panel>
  );
}

function Crossing({ evidence }: { readonly evidence: EvidenceOf<'crossing'> }) {
  const { t } = useTranslation();
  const { value, threshold, over, factor, windowMs, topActions } = evidence;
  const unit = isShare(evidence) ? 'percentunit' : 'none';
  const most = Math.max(1, ...topActions.map(({ count }) => count));
  return (
    <>
      <p className={css.words}>
        {t('guard.measured', {
          value: formatValue(value, unit),
          window: formatStep(windowMs),
          threshold: formatValue(threshold, unit),
        })}
        {factor !== 1 &&
          ` ${t('guard.scaled', { over: formatValue(over, unit), factor: formatValue(factor, 'none') })}`}
      </p>
      {topActions.length > 0 && (
        <>
          <h3 className={css.subTitle}>{t('guard.topActions')}</h3>
          <ul className={css.bars}>
            {topActions.map(({ action, count }) => (
              <li key={action}>
                <span className={css.barName}>
                  <StrangeText text={action} />
                </span>
                <span className={css.bar} aria-hidden="true">
                  <span style={{ width: `${(count / most) * 100}%` }} />
                </span>
                <b>{count}</b>
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}

function Alert({ evidence }: { readonly evidence: EvidenceOf<'alert'> }) {
  const { t, i18n } = useTranslation();
  const { alertName, severity, source, startsAtMs } = evidence;
  return (
    <p className={css.words}>
      {t('guard.byAlert')}{' '}
      <Link to="/alerts" search={{ q: alertName }} className={css.link}>
        <StrangeText text={alertName} />
      </Link>{' '}
      <span className={css.quiet}>
        <StrangeText
          text={[severity, source, formatMoment(startsAtMs, i18n.language)].filter(Boolean).join(' · ')}
        />
      </span>
    </p>
  );
}
