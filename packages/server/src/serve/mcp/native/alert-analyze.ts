import type { AnalysisReport } from '@vedette/api';
import { formatLabels, labelsOf } from '@vedette/model';
import { z } from 'zod';
import type { AnalysisDesk, AnalysisTarget } from '../../../respond/index.ts';
import { runbookPath } from '../../../lib/ui-path.ts';
import { invalidParameter } from '../../prometheus-api/api-error.ts';
import { isoOf } from '../times.ts';
import type { McpTool, ToolCell, ToolLink, ToolSection } from '../tool.ts';
import { matchArgument, notFound, readLabels, wordArgument } from './arguments.ts';

const input = z.strictObject({
  fingerprint: wordArgument.optional().describe('Of an alert, from alerts_list'),
  match: matchArgument('Or all that fire with these labels (= alone),'),
  format: z.enum(['text', 'json']).default('text').describe('json: the whole report'),
});

export function alertAnalyzeTool(analysis: () => Promise<AnalysisDesk>): McpTool<typeof input> {
  return {
    name: 'alert_analyze',
    title: 'Analyse an alert',
    description:
      'Report on a firing alert or group, from measurements: severity with reasons, what changed, blast radius, related alerts and series, suspects, runbooks, next steps, and what is not known.',
    input,
    access: 'read',
    run: async ({ fingerprint, match, format }, { signal }) => {
      const target = targetOf(fingerprint, match);
      const report = await (await analysis()).analyse(target, signal);
      if (report === undefined)
        throw notFound(
          `no firing alert ${fingerprint === undefined ? 'has these labels' : `has the fingerprint ${JSON.stringify(fingerprint)}`} (a pending one does not fire yet); alerts_list shows those there are`,
        );
      const { severity, subject } = report;
      return {
        summary: `${severity.priority} (${severity.level}), ${subject.kind} of ${subject.alertCount}, ${subject.state} since ${isoOf(subject.startsAtMs)}; ${report.suspects.length} suspects, ${report.gaps.length} gaps`,
        sections:
          format === 'json' ? [{ kind: 'object', title: 'Report', value: report }] : sectionsOf(report),
        links: linksOf(report),
      };
    },
  };
}

function targetOf(fingerprint: string | undefined, match: string | undefined): AnalysisTarget {
  if ((fingerprint === undefined) === (match === undefined))
    throw invalidParameter('fingerprint', 'want either fingerprint or match');
  if (fingerprint !== undefined) return { kind: 'alert', fingerprint };
  return { kind: 'group', labels: readLabels('match', match) };
}

/** The report links runbooks as Markdown; here each is there once, as the page that people read. */
function linksOf({ links, runbooks }: AnalysisReport): readonly ToolLink[] {
  const asMarkdown = new Set(runbooks.map(({ link }) => link));
  return [
    ...links.filter(({ url }) => !asMarkdown.has(url)).map(({ label, url }) => ({ label, path: url })),
    ...runbooks.map(({ id }) => ({ label: `Runbook ${id}`, path: runbookPath(id) })),
  ];
}

/** As a person on call would read it: how bad, what, how far, why, what to do, what is not known. */
function sectionsOf(report: AnalysisReport): readonly ToolSection[] {
  return [
    { kind: 'text', title: 'What happens', text: headOf(report).join('\n') },
    ...causesOf(report),
    table(
      'Severity',
      ['points', 'reason'],
      report.severity.reasons.map(({ text, points }) => [points, text]),
    ),
    ...relationsOf(report),
    table(
      'Runbooks',
      ['id', 'title', 'why'],
      report.runbooks.map((one) => [one.id, one.title, one.why.join('; ')]),
    ),
    table(
      'Not known',
      ['what', 'why'],
      report.gaps.map(({ what, why }) => [what, why]),
    ),
    table(
      'Evidence',
      ['id', 'kind', 'what', 'value', 'before', 'query'],
      report.evidence.map((one) => [one.id, one.kind, one.text, one.value, one.baseline, one.query]),
    ),
    { kind: 'text', title: 'Told by a language model', text: report.narrative?.text ?? '' },
  ];
}

function headOf({ headline, subject, change, blastRadius }: AnalysisReport): readonly string[] {
  return [
    headline,
    `alert: ${subject.name} ${formatLabels(labelsOf(subject.labels))}`,
    ...Object.entries(subject.annotations).map(([name, text]) => `${name}: ${text}`),
    ...(subject.expr === null ? [] : [`expr: ${subject.expr}`]),
    ...(change === null ? [] : [`changed: ${change.text}`]),
    ...(typeof change?.firstDeviationMs !== 'number'
      ? []
      : [`first deviation: ${isoOf(change.firstDeviationMs)}`]),
    `blast radius: ${blastRadius.text}`,
    ...(blastRadius.users === null ? [] : [`users: ${blastRadius.users.text}`]),
  ];
}

function causesOf({ suspects, nextSteps }: AnalysisReport): readonly ToolSection[] {
  return [
    table(
      'Suspects',
      ['entity', 'kind', 'confidence', 'why', 'for', 'against'],
      suspects.map((one) => [
        one.entity,
        one.kind,
        one.confidence,
        one.text,
        one.evidenceFor.join(' ') || null,
        one.evidenceAgainst.join(' ') || null,
      ]),
    ),
    table(
      'Next steps',
      ['step', 'query', 'command', 'from'],
      nextSteps.map((one) => [one.text, one.query, one.command, one.source]),
    ),
  ];
}

function relationsOf({ relatedSeries, relatedAlerts }: AnalysisReport): readonly ToolSection[] {
  return [
    table(
      'Related series',
      ['query', 'score', 'direction', 'now', 'before', 'since'],
      relatedSeries.map((one) => [
        one.query,
        one.score,
        one.direction,
        one.now,
        one.before,
        one.firstDeviationMs === null ? null : isoOf(one.firstDeviationMs),
      ]),
    ),
    table(
      'Related alerts',
      ['fingerprint', 'alert', 'since', 'why'],
      relatedAlerts.map((one) => [one.fingerprint, one.name, isoOf(one.startsAtMs), one.text]),
    ),
  ];
}

function table(
  title: string,
  columns: readonly string[],
  rows: readonly (readonly ToolCell[])[],
): ToolSection {
  return { kind: 'table', title, columns, rows };
}
