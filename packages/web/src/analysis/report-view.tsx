import type { AnalysisReport, Priority } from '@vedette/api';
import type { TFunction } from 'i18next';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { ChartCard, type ChartSpec } from '../chart/chart-card.tsx';
import { formatLabels } from '../chart/frame.ts';
import { formatMinute } from '../chart/time-axis.ts';
import { useHappened } from '../dashboards/answers/use-happened.ts';
import { useFirstRange } from '../dashboards/view/use-first-range.ts';
import { LabelList } from '../design/labels.tsx';
import { Panel } from '../design/panel.tsx';
import { StrangeText } from '../design/strange-text.tsx';
import { Badge } from '../design/tone-badge.tsx';
import type { Tone } from '../design/tone.ts';
import { unitOfExpr } from '../explore/unit-of-expr.ts';
import { formatValue } from '../format/unit.ts';
import { useNow } from '../time/use-now.ts';
import css from './analysis.module.css';
import { EvidenceList } from './evidence-list.tsx';
import { rangeOfReport } from './range-of-report.ts';
import { RelatedAlerts, RelatedSeriesTable } from './report-related.tsx';
import { Runbooks, Steps } from './report-steps.tsx';

const TONES: Readonly<Record<Priority, Tone>> = { P1: 'critical', P2: 'critical', P3: 'warning', P4: 'info' };

/**
 * A report in the order in which one asks: how bad, what changed, what may be behind it, what to do, what else
 * moved; on a wide screen what to do stands beside the rest. Its sentences are the server's, in English; the headings
 * are the reader's.
 */
export function ReportView({ report }: { readonly report: AnalysisReport }) {
  useFirstRange(rangeOfReport(report, useNow(undefined)));
  return (
    <div className={css.report}>
      <Head report={report} />
      <div className={css.columns}>
        <div className={css.main}>
          <Narrative report={report} />
          <Change report={report} />
          <Suspects report={report} />
        </div>
        <div className={css.side}>
          <Runbooks runbooks={report.runbooks} />
          <Steps steps={report.nextSteps} />
          <Reach report={report} />
          <Severity report={report} />
        </div>
        <div className={css.main}>
          <RelatedSeriesTable series={report.relatedSeries} />
          <RelatedAlerts alerts={report.relatedAlerts} />
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

function Head({ report }: { readonly report: AnalysisReport }) {
  const { t, i18n } = useTranslation();
  const { severity, headline, subject, createdAtMs, tookMs } = report;
  const summary = subject.annotations['summary'] ?? '';
  const nowMs = useNow(undefined);
  const minuteOf = (ms: number): string => formatMinute(ms, { language: i18n.language, nowMs });
  return (
    <header className={css.head}>
      <p className={css.state}>
        <Badge tone={TONES[severity.priority]}>
          {severity.priority} · {t(`analysis.level.${severity.level}`)}
        </Badge>
        {subject.state === 'resolved' && <Badge tone="ok">{t('analysis.resolved')}</Badge>}
        <span className={css.note}>
          {t('analysis.began', { time: minuteOf(subject.startsAtMs) })} ·{' '}
          {t('analysis.made', { time: minuteOf(createdAtMs), ms: Math.max(1, Math.round(tookMs)) })}
        </span>
      </p>
      <p className={css.headline}>
        <Said text={headline} />
      </p>
      {summary !== '' && (
        <p className={css.sentence}>
          <StrangeText text={summary} />
        </p>
      )}
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
            unit: unitOfExpr(expr),
            nameOf: ({ labels }) => (Object.keys(labels).length === 0 ? expr : formatLabels(labels)),
          },
    [expr, t],
  );
  if (change === null || spec === undefined) return null;
  return (
    <Panel title={t('analysis.change')}>
      <div className={css.change}>
        <p className={css.sentence}>
          <Said text={change.text} />
        </p>
        <ChartCard spec={spec} marks={calm} />
      </div>
    </Panel>
  );
}

function Suspects({ report: { suspects, evidence } }: { readonly report: AnalysisReport }) {
  const { t } = useTranslation();
  return (
    <Panel title={t('analysis.suspects')}>
      {suspects.length === 0 && <p>{t('analysis.noSuspects')}</p>}
      {suspects.length > 0 && (
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
      )}
    </Panel>
  );
}

/** Who and what is hit: the sentence of the report in numbers and names; where it has none, the sentence. */
function Reach({ report: { blastRadius } }: { readonly report: AnalysisReport }) {
  const { t } = useTranslation();
  const { text, targets, services, instances, users, traffic } = blastRadius;
  const down = t('analysis.downOf', { down: targets.down.length, total: targets.total });
  const rows: readonly Fact[] = [
    { title: t('analysis.traffic'), said: traffic === null ? '' : trafficWords(t, traffic), names: [] },
    { title: t('analysis.targets'), said: targets.total === 0 ? '' : down, names: targets.down },
    { title: t('analysis.services'), said: '', names: services },
    { title: t('analysis.instances'), said: '', names: instances },
  ];
  const known = rows.filter(({ said, names }) => said !== '' || names.length > 0);
  return (
    <Panel title={t('analysis.reach')}>
      {known.length === 0 && (
        <p className={css.unknown}>
          <Said text={text} />
        </p>
      )}
      <dl className={css.facts}>
        {known.map(({ title, said, names }) => (
          <div key={title}>
            <dt>{title}</dt>
            {said !== '' && <dd>{said}</dd>}
            {names.length > 0 && (
              <dd>
                <StrangeText text={names.join(', ')} />
              </dd>
            )}
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
    </Panel>
  );
}

interface Fact {
  readonly title: string;
  /** Words of ours. */
  readonly said: string;
  readonly names: readonly string[];
}

function trafficWords(
  t: TFunction,
  { requestsPerSecond, shareRatio, errorRatio }: NonNullable<AnalysisReport['blastRadius']['traffic']>,
): string {
  const words = [
    requestsPerSecond === null ? '' : formatValue(requestsPerSecond, 'reqps'),
    shareRatio === null ? '' : t('analysis.share', { share: formatValue(shareRatio, 'percentunit') }),
    errorRatio === null ? '' : t('analysis.fail', { share: formatValue(errorRatio, 'percentunit') }),
  ];
  return words.filter((word) => word !== '').join(' · ');
}

function Severity({ report: { severity } }: { readonly report: AnalysisReport }) {
  const { t } = useTranslation();
  if (severity.reasons.length === 0) return null;
  return (
    <Panel
      title={t('analysis.severity', { priority: severity.priority })}
      aside={t('analysis.points', { count: severity.score })}
    >
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
      <dl className={css.facts} lang="en">
        {gaps.map(({ what, why }, i) => (
          <div key={i}>
            <dt>
              <StrangeText text={what} />
            </dt>
            <dd>
              <StrangeText text={why} />
            </dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}
