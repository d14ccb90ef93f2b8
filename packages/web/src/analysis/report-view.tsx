import type { AnalysisReport, Priority } from '@vedette/api';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { ChartCard, type ChartSpec } from '../chart/chart-card.tsx';
import { formatLabels } from '../chart/frame.ts';
import { useHappened } from '../dashboards/answers/use-happened.ts';
import { LabelList } from '../design/labels.tsx';
import { Panel } from '../design/panel.tsx';
import { StrangeText } from '../design/strange-text.tsx';
import { Badge } from '../design/tone-badge.tsx';
import type { Tone } from '../design/tone.ts';
import css from './analysis.module.css';
import { EvidenceList } from './evidence-list.tsx';
import { RelatedAlerts, RelatedSeriesTable } from './report-related.tsx';
import { Runbooks, Steps } from './report-steps.tsx';

const TONES: Readonly<Record<Priority, Tone>> = { P1: 'critical', P2: 'critical', P3: 'warning', P4: 'info' };

/**
 * A report in the order in which one asks: how bad, what changed, what may be behind it, what to do, what else
 * moved. Its sentences are the server's, in English; the headings are the reader's.
 */
export function ReportView({ report }: { readonly report: AnalysisReport }) {
  return (
    <div className={css.report}>
      <Head report={report} />
      <div className={css.columns}>
        <div className={css.main}>
          <Narrative report={report} />
          <Change report={report} />
          <Suspects report={report} />
          <RelatedSeriesTable series={report.relatedSeries} />
          <RelatedAlerts alerts={report.relatedAlerts} />
        </div>
        <div className={css.side}>
          <Runbooks runbooks={report.runbooks} />
          <Steps steps={report.nextSteps} />
          <Reach report={report} />
          <Severity report={report} />
          <Gaps report={report} />
        </div>
      </div>
    </div>
  );
}

/** A sentence of the report: English, and full of names that strangers chose. */
export function Said({ text }: { readonly text: string }) {
  return (
    <span lang="en">
      <StrangeText text={text} />
    </span>
  );
}

function Head({ report: { severity, headline, subject } }: { readonly report: AnalysisReport }) {
  const { t } = useTranslation();
  return (
    <header className={css.head}>
      <Badge tone={TONES[severity.priority]}>
        {severity.priority} · {t(`analysis.level.${severity.level}`)}
      </Badge>
      <p className={css.headline}>
        <Said text={headline} />
      </p>
      {subject.alertCount > 1 && <p>{t('analysis.group', { count: subject.alertCount })}</p>}
      <LabelList labels={subject.labels} without={['alertname']} />
    </header>
  );
}

/** What a model wrote, plainly marked as that. */
function Narrative({ report: { narrative, evidence } }: { readonly report: AnalysisReport }) {
  const { t } = useTranslation();
  if (narrative === null) return null;
  const { text, claims, droppedClaimCount, model } = narrative;
  return (
    <Panel title={t('analysis.narrative')} aside={<StrangeText text={model} />}>
      <div className={css.body}>
        <p className={css.narrative}>
          <StrangeText text={text} mayBreak />
        </p>
        <ul className={css.list}>
          {claims.map((claim, i) => (
            <li key={i}>
              <StrangeText text={claim.text} /> <EvidenceList ids={claim.evidence} evidence={evidence} />
            </li>
          ))}
        </ul>
        <p className={css.note}>
          {t('analysis.narrativeNote')}
          {droppedClaimCount > 0 && <> {t('analysis.dropped', { count: droppedClaimCount })}</>}
        </p>
      </div>
    </Panel>
  );
}

function Change({ report: { change } }: { readonly report: AnalysisReport }) {
  const { t } = useTranslation();
  const { calm } = useHappened();
  const expr = change?.expr;
  const spec = useMemo<ChartSpec | undefined>(
    () =>
      expr === undefined
        ? undefined
        : {
            title: t('analysis.course'),
            exprs: [expr],
            unit: 'short',
            nameOf: ({ labels }) => formatLabels(labels),
          },
    [expr, t],
  );
  if (change === null || spec === undefined) return null;
  return (
    <section aria-label={t('analysis.change')} className={css.change}>
      <h2 className={css.title}>{t('analysis.change')}</h2>
      <p className={css.sentence}>
        <Said text={change.text} />
      </p>
      <ChartCard spec={spec} marks={calm} />
    </section>
  );
}

function Suspects({ report: { suspects, evidence } }: { readonly report: AnalysisReport }) {
  const { t } = useTranslation();
  return (
    <Panel title={t('analysis.suspects')}>
      <div className={css.body}>
        {suspects.length === 0 && <p className={css.note}>{t('analysis.noSuspects')}</p>}
        <ol className={css.suspects}>
          {suspects.map(({ entity, kind, confidence, text, evidenceFor, evidenceAgainst }) => (
            <li key={`${kind} ${entity}`}>
              <p className={css.suspect}>
                <b>
                  <StrangeText text={entity} />
                </b>
                <span className={css.note}>
                  {t(`analysis.kind.${kind}`)} ·{' '}
                  {t('analysis.confidence', { percent: Math.round(confidence * 100) })}
                </span>
              </p>
              <p>
                <Said text={text} />
              </p>
              <EvidenceList ids={evidenceFor} evidence={evidence} heading={t('analysis.for')} />
              <EvidenceList ids={evidenceAgainst} evidence={evidence} heading={t('analysis.against')} />
            </li>
          ))}
        </ol>
      </div>
    </Panel>
  );
}

/** Who and what is hit. */
function Reach({ report: { blastRadius } }: { readonly report: AnalysisReport }) {
  const { t } = useTranslation();
  const { text, targets, services, instances, users } = blastRadius;
  const rows: readonly (readonly [string, readonly string[]])[] = [
    [t('analysis.down'), targets.down],
    [t('analysis.services'), services],
    [t('analysis.instances'), instances],
  ];
  return (
    <Panel title={t('analysis.reach')}>
      <div className={css.body}>
        <p>
          <Said text={text} />
        </p>
        <dl className={css.facts}>
          {rows
            .filter(([, names]) => names.length > 0)
            .map(([title, names]) => (
              <div key={title}>
                <dt>{title}</dt>
                <dd>
                  <StrangeText text={names.join(', ')} />
                </dd>
              </div>
            ))}
          {users !== null && (
            <div>
              <dt>{t('analysis.users')}</dt>
              <dd>
                <Said text={users.text} />
              </dd>
            </div>
          )}
        </dl>
      </div>
    </Panel>
  );
}

function Severity({ report: { severity } }: { readonly report: AnalysisReport }) {
  const { t } = useTranslation();
  return (
    <Panel title={t('analysis.severity', { priority: severity.priority })} aside={severity.score}>
      <ul className={css.points}>
        {severity.reasons.map(({ text, points }, i) => (
          <li key={i}>
            <Said text={text} />
            <span>{points > 0 ? `+${points}` : points}</span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Gaps({ report: { gaps } }: { readonly report: AnalysisReport }) {
  const { t } = useTranslation();
  if (gaps.length === 0) return null;
  return (
    <Panel title={t('analysis.gaps')}>
      <ul className={css.gaps}>
        {gaps.map(({ what, why }, i) => (
          <li key={i}>
            <b>
              <Said text={what} />
            </b>{' '}
            <Said text={why} />
          </li>
        ))}
      </ul>
    </Panel>
  );
}
