import type { TimeRange } from '@vedette/model';
import { z } from 'zod';
import { labelsFilter, uiPath } from '../../../lib/ui-path.ts';
import { invalidParameter } from '../../prometheus-api/api-error.ts';
import type { McpDeps } from '../mcp-deps.ts';
import { readTime, type TimeInput } from '../times.ts';
import type { McpTool, ToolCall } from '../tool.ts';
import { findAlert } from './alert-states.ts';
import { expressionArgument, notFound, timeArgument } from './arguments.ts';
import { runbookIn } from './runbooks.ts';

type PathOf = (id: string, range: TimeRange | undefined, deps: McpDeps) => string;

const HOUR_MS = 3_600_000;

const KINDS = [
  'overview',
  'alert',
  'rule',
  'silence',
  'new_silence',
  'notifications',
  'explore',
  'dashboard',
  'target',
  'guard_subject',
  'guard_decision',
  'guard_policy',
  'runbook',
] as const;

/** Each kind of page, and what its id is. Without an id: the list. */
const PAGES: Readonly<Record<(typeof KINDS)[number], PathOf>> = {
  overview: (_, range) => uiPath([], {}, range),
  alert: (id, range, deps) => alertPath(id, range, deps),
  rule: (id, range) => uiPath(['alerts'], { view: 'rules', q: id }, range),
  silence: (id) =>
    id === '' ? uiPath(['alerts'], { view: 'silences' }) : uiPath(['alerts', 'silences', id]),
  new_silence: (id) => uiPath(['alerts', 'silences', 'new'], { filter: id }),
  notifications: (id, range) => uiPath(['alerts'], { view: 'notifications', q: id }, range),
  explore: (id, range) => uiPath(['explore'], { expr: id }, range),
  dashboard: (id, range) => (id === '' ? uiPath(['dashboards']) : uiPath(['dashboards', id], {}, range)),
  target: (id) => uiPath(['targets'], { q: id }),
  guard_subject: (id) => uiPath(['guard'], { view: 'decisions', show: 'all', q: id }),
  guard_decision: (id) => (id === '' ? uiPath(['guard']) : uiPath(['guard', 'decisions', id])),
  guard_policy: (id) => uiPath(['guard'], { view: 'policies', policy: id }),
  runbook: (id) => {
    if (id !== '') return uiPath(['runbook', id]);
    throw invalidParameter('id', 'is missing: which runbook? runbooks_search lists them');
  },
};

const input = z.strictObject({
  kind: z.enum(KINDS).describe('Which page'),
  id: expressionArgument
    .optional()
    .describe(
      'alert: fingerprint or {label="value"}; explore: PromQL; new_silence: matchers; dashboard: uid; else name or id. Default: the list',
    ),
  from: timeArgument('Start of what is shown'),
  to: timeArgument('End; default now'),
});

export function linkTool(deps: McpDeps): McpTool<typeof input> {
  return {
    name: 'link',
    title: 'Link into the UI',
    description: 'The address of a page for people: an alert, a query, a dashboard, a silence.',
    input,
    access: 'read',
    run: async ({ kind, id = '', from, to }, call) => {
      const path = PAGES[kind](id, rangeOf(from, to, call), deps);
      // Names of runbooks are easily guessed, and an alert's name mostly is one.
      if (kind === 'runbook' && deps.library !== undefined) runbookIn(await deps.library(), id);
      return { summary: `the page for ${kind}`, links: [{ label: kind, path }] };
    },
  };
}

function rangeOf(
  from: TimeInput | undefined,
  to: TimeInput | undefined,
  { nowMs }: ToolCall,
): TimeRange | undefined {
  if (from === undefined && to === undefined) return undefined;
  const untilMs = readTime('to', to, nowMs) ?? nowMs;
  const fromMs = readTime('from', from, nowMs) ?? untilMs - HOUR_MS;
  if (fromMs < untilMs) return { fromMs, untilMs };
  throw invalidParameter('to', 'must lie after from');
}

const FINGERPRINT = /^[0-9a-f]{16}$/;

function alertPath(id: string, range: TimeRange | undefined, deps: McpDeps): string {
  if (!FINGERPRINT.test(id)) {
    const isFilter = id.includes('=');
    return uiPath(['alerts'], isFilter ? { filter: id } : { q: id }, range);
  }
  const alert = findAlert(deps, id);
  if (alert === undefined)
    throw notFound(`no alert has the fingerprint ${id} now; alerts_list shows those there are`);
  return uiPath(['alerts'], { filter: labelsFilter(alert.labels) }, range);
}
