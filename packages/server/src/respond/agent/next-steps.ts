/** What to do next: first what the findings suggest, then what the runbook says, then how to be left in peace. */
import type { NextStep, RunbookMatchReport, Suspect } from '@vedette/api';
import { labelsToRecord, labelValueOf, type Labels } from '@vedette/model';
import type { Runbook, RunbookMatch } from '../runbook/runbook.ts';
import { stepsOf } from '../runbook/steps.ts';
import type { AgentAlert } from './agent-world.ts';
import type { Change } from './change.ts';
import { runbookPath } from '../../lib/ui-path.ts';
import { explorePath, silencePath } from './links.ts';
import type { NearbyChange } from './nearby-changes.ts';
import type { AnalysedSubject } from './subject.ts';
import { clip } from './words.ts';

// More is not read at three in the morning; the runbook has the rest.
const STEPS_MAX = 10;
// The runbook knows this alert better than rules for all of them do.
const OWN_STEPS_MAX = 4;
// What fits worse than the third is for the search.
const RUNBOOKS_MAX = 3;
// A step is a paragraph or a command; what is longer is a page of the runbook.
const TEXT_CHARS_MAX = 1000;

/** The agent's own rules. */
const OWN_SOURCE = 'agent';

export interface StepSources {
  readonly subject: AnalysedSubject;
  readonly change: Change | undefined;
  readonly changes: readonly NearbyChange[];
  readonly suspects: readonly Suspect[];
  readonly downTargets: readonly string[];
  readonly runbooks: readonly RunbookMatch[];
}

export function runbooksReportOf(matches: readonly RunbookMatch[]): readonly RunbookMatchReport[] {
  return matches.slice(0, RUNBOOKS_MAX).map(({ runbook, score, why }) => ({
    id: runbook.id,
    title: clip(runbook.title, 200),
    score,
    why: [...why],
    link: runbookPath(runbook.id),
  }));
}

export function nextStepsOf(sources: StepSources): readonly NextStep[] {
  const own = ownStepsOf(sources).slice(0, OWN_STEPS_MAX);
  const [best] = sources.runbooks;
  const fromRunbook = best === undefined ? [] : runbookStepsOf(best.runbook, sources.subject.first);
  const last = lastStepsOf(sources);
  return [...own, ...fromRunbook.slice(0, STEPS_MAX - own.length - last.length), ...last];
}

function ownStepsOf({ suspects, changes, downTargets, change, subject }: StepSources): readonly NextStep[] {
  const steps: NextStep[] = [];
  for (const { entity, text } of suspects.slice(0, 2))
    steps.push(step(`Look at ${clip(entity, 100)} first. ${clip(text, 300)}`));
  const version = changes.find(({ kind }) => kind === 'version');
  if (version !== undefined)
    steps.push(step(`Compare with the version before, or go back to it: ${version.text}`));
  const elsewhere = changes.find(({ kind, entity }) => kind === 'down' && !downTargets.includes(entity));
  if (elsewhere !== undefined && !suspects.some(({ entity }) => entity === elsewhere.entity))
    steps.push(step(`See whether this depends on it: ${elsewhere.text}`, { link: '/targets?health=down' }));
  const [target] = downTargets;
  if (target !== undefined)
    steps.push(
      step(`Find out why ${clip(target, 100)} does not answer scrapes: process, host, network`, {
        link: '/targets?health=down',
      }),
    );
  if (change !== undefined)
    steps.push(
      step('See its course beside the hours before', {
        query: change.report.expr,
        link: explorePath(change.report.expr, subject.window),
      }),
    );
  return steps;
}

function runbookStepsOf(runbook: Runbook, { labels }: AgentAlert): readonly NextStep[] {
  return stepsOf(runbook, labelsToRecord(labels)).map(({ text, query, command }) => ({
    text: clip(text, TEXT_CHARS_MAX),
    query: query ?? null,
    command: command ?? null,
    link: query === undefined ? runbookPath(runbook.id) : explorePath(query),
    source: runbook.id,
  }));
}

function lastStepsOf({ runbooks, subject }: StepSources): readonly NextStep[] {
  const name = labelValueOf(subject.first.labels, 'alertname');
  // A name is a word of a shell only when it is a plain one.
  const command = `vedette runbook new${/^[A-Za-z][A-Za-z0-9_]{0,99}$/.test(name) ? ` ${name}` : ''}`;
  const write = step('Write a runbook for this alert: none matches it', { command });
  const silence = step('Silence it while you work on it', { link: silencePath(silencedLabels(subject)) });
  return [...(runbooks.length === 0 ? [write] : []), ...(subject.isFiring ? [silence] : [])];
}

function silencedLabels({ labels, first, kind }: AnalysedSubject): Labels {
  return kind === 'group' && labels.length > 0 ? labels : first.labels;
}

function step(
  text: string,
  more: { readonly query?: string; readonly command?: string; readonly link?: string } = {},
): NextStep {
  const { query, command, link } = more;
  return { text, query: query ?? null, command: command ?? null, link: link ?? null, source: OWN_SOURCE };
}
