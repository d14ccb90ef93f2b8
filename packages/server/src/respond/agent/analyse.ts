/**
 * One analysis, from alerts to a report:
 *
 *     subject → what changed → targets → traffic → related alerts → related series → nearby changes → suspects
 *             → runbooks → severity → blast radius → next steps → headline
 *
 * Collectors ask one after the other, each with its own deadline; what they do not find is a gap. Everything after them
 * is worked out from what they found. Nothing here is random or learned: the same stored samples, alerts and time give
 * the same report, `tookMs` aside.
 */
import type { AnalysisReport } from '@vedette/api';
import { runbookPath } from '../../lib/ui-path.ts';
import type { RunbookLibrary, RunbookMatch } from '../runbook/runbook.ts';
import { labelsToRecord, labelValueOf } from '@vedette/model';
import type { AgentAlert, SubjectCounter } from './agent-world.ts';
import { blastRadiusOf, findTargets, NO_TARGETS, valuesOf } from './blast-radius.ts';
import { CaseFile, type CaseDeps } from './case-file.ts';
import { findChange, type Change } from './change.ts';
import { headlineOf } from './headline.ts';
import { INSTANCE_LABELS, SERVICE_LABELS } from './identity.ts';
import { alertPath, analysisPath, explorePath, silencePath } from './links.ts';
import { findNearbyChanges } from './nearby-changes.ts';
import { nextStepsOf, runbooksReportOf } from './next-steps.ts';
import { findRelatedAlerts, type RelatedAlertsFound } from './related-alerts.ts';
import { findRelatedSeries, NO_SERIES } from './related-series.ts';
import { findTraffic } from './request-traffic.ts';
import { severityOf } from './severity.ts';
import { subjectReportOf, type AnalysedSubject } from './subject.ts';
import { findSuspects } from './suspects.ts';

export interface AnalyseDeps extends CaseDeps {
  readonly library: () => Promise<RunbookLibrary>;
  /** Absent: nothing counts users. */
  readonly subjects?: SubjectCounter | undefined;
}

export interface AnalyseRequest {
  readonly id: string;
  readonly atMs: number;
  readonly subject: AnalysedSubject;
  /** All that are known. */
  readonly alerts: readonly AgentAlert[];
  /** Those that are told together with the subject. */
  readonly group: readonly AgentAlert[];
}

const NO_ALERTS: RelatedAlertsFound = { alerts: [], sources: [], evidence: [] };

/** Rejects only when `signal` aborts. */
export async function analyse(
  deps: AnalyseDeps,
  request: AnalyseRequest,
  signal: AbortSignal,
): Promise<AnalysisReport> {
  const startedMs = deps.clock.monotonicMs();
  const { subject, atMs } = request;
  const file = new CaseFile(deps, subject, atMs);
  const change = await file.collect('what changed', { signal, otherwise: undefined }, (stop) =>
    findChange(file, stop),
  );
  const targets = await file.collect('targets', { signal, otherwise: NO_TARGETS }, (stop) =>
    findTargets(file, stop),
  );
  const traffic = await file.collect('traffic', { signal, otherwise: undefined }, (stop) =>
    findTraffic(file, stop),
  );
  const alerts = await file.collectHere('related alerts', { signal, otherwise: NO_ALERTS }, () =>
    findRelatedAlerts(file, request),
  );
  const onsetMs = onsetOf(subject, change);
  const about = { onsetMs, ownMetrics: change?.metrics ?? [] };
  const series = await file.collect('related series', { signal, otherwise: NO_SERIES }, (stop) =>
    findRelatedSeries(file, about, stop),
  );
  const changes = await file.collect('what else changed', { signal, otherwise: [] }, (stop) =>
    findNearbyChanges(file, onsetMs, stop),
  );
  const sources = { traffic, series, alerts, changes, ...about };
  const suspects = await file.collect('suspects', { signal, otherwise: [] }, (stop) =>
    findSuspects(file, sources, stop),
  );
  const runbooks = await file.collectHere('runbooks', { signal, otherwise: [] }, () =>
    matchRunbooks(deps, file),
  );
  const blastRadius = blastRadiusOf(file, { targets, traffic }, deps.subjects);
  const severity = severityOf({
    labels: subject.alerts.map(({ labels }) => labels),
    isFiring: subject.isFiring,
    durationMs: Math.max(0, (subject.endsAtMs ?? atMs) - subject.startsAtMs),
    alertCount: subject.alerts.length,
    instanceCount: Math.max(valuesOf(file, INSTANCE_LABELS).length, targets.affected.length),
    serviceCount: valuesOf(file, SERVICE_LABELS).length,
    downCount: targets.down.length,
    targetCount: targets.total,
    areTargetsOfJob: targets.isOfJob,
    errorRatio: traffic?.report.errorRatio ?? undefined,
    trafficShare: traffic?.report.shareRatio ?? undefined,
  });
  return {
    version: 1,
    id: request.id,
    createdAtMs: atMs,
    tookMs: Math.round(deps.clock.monotonicMs() - startedMs),
    headline: headlineOf({ subject, severity, change, atMs }),
    subject: subjectReportOf(subject),
    severity,
    change: change?.report ?? null,
    blastRadius,
    relatedAlerts: [...alerts.alerts],
    relatedSeries: [...series.report],
    suspects: [...suspects],
    runbooks: [...runbooksReportOf(runbooks)],
    nextSteps: [...nextStepsOf({ subject, change, changes, suspects, downTargets: targets.down, runbooks })],
    evidence: file.evidence,
    gaps: file.gaps,
    links: linksOf(subject, change, runbooks),
    narrative: null,
  };
}

// What its own expression did longer ago than this before the condition came true is another story.
const ONSET_LEAD_MS_MAX = 3_600_000;

/** When the trouble began: when its value left what it used to be, else when the condition came true. */
function onsetOf({ activeAtMs }: AnalysedSubject, change: Change | undefined): number {
  const first = change?.report.firstDeviationMs ?? undefined;
  return first !== undefined && first < activeAtMs && first > activeAtMs - ONSET_LEAD_MS_MAX
    ? first
    : activeAtMs;
}

async function matchRunbooks({ library }: AnalyseDeps, file: CaseFile): Promise<readonly RunbookMatch[]> {
  const { labels, annotations } = file.subject.first;
  const matches = (await library()).match({
    labels: labelsToRecord(labels),
    annotations: labelsToRecord(annotations),
  });
  if (matches.length === 0)
    file.gap(
      'runbooks',
      `no runbook is for ${labelValueOf(labels, 'alertname') || 'this alert'}; vedette runbook new begins one`,
    );
  for (const { runbook, why } of matches.slice(0, 3))
    file.add({
      kind: 'runbook',
      text: `Runbook ${runbook.id}: ${why.join(', ')}`,
      link: runbookPath(runbook.id),
    });
  return matches;
}

function linksOf(
  subject: AnalysedSubject,
  change: Change | undefined,
  [runbook]: readonly RunbookMatch[],
): AnalysisReport['links'] {
  const { first, labels, kind, window } = subject;
  const own = kind === 'group' && labels.length > 0 ? labels : first.labels;
  return [
    { label: 'Analysis', url: analysisPath(first.fingerprint) },
    { label: kind === 'group' ? 'Alerts' : 'Alert', url: alertPath(own) },
    ...(change === undefined ? [] : [{ label: 'Explore', url: explorePath(change.report.expr, window) }]),
    ...(subject.isFiring ? [{ label: 'Silence', url: silencePath(own) }] : []),
    ...(runbook === undefined ? [] : [{ label: 'Runbook', url: runbookPath(runbook.runbook.id) }]),
  ];
}
