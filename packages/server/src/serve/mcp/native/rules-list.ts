import { formatDurationMs, labelsFromPairs, withLabel, labelValueOf } from '@vedette/model';
import { z } from 'zod';
import { uiPath } from '../../../lib/ui-path.ts';
import type { RuleGroupView, RuleView } from '../../prometheus-api/views.ts';
import type { McpDeps } from '../mcp-deps.ts';
import type { McpTool, ToolCell } from '../tool.ts';
import { agoOf, limitArgument, matchArgument, readMatch } from './arguments.ts';

const ROWS_DEFAULT = 50;

// About the budget of an answer at its greatest, with short rows.
const ROWS_MAX = 500;

const input = z.strictObject({
  type: z.enum(['alerting', 'recording']).optional().describe('Default both'),
  match: matchArgument('Labels of the rule, its name as alertname:'),
  health: z.enum(['ok', 'err', 'unknown']).optional().describe('err: the last evaluation failed'),
  limit: limitArgument(ROWS_DEFAULT, ROWS_MAX),
});

interface Listed {
  readonly group: RuleGroupView;
  readonly view: RuleView;
}

export function rulesListTool(deps: McpDeps): McpTool<typeof input> {
  return {
    name: 'rules_list',
    title: 'List rules',
    description: 'Alerting and recording rules with expression, state and health; failing ones first.',
    input,
    access: 'read',
    run: ({ type, match, health, limit }, { nowMs }) => {
      const matchers = readMatch('match', match);
      const all = deps.rules
        .groups()
        .flatMap((group) => group.rules.map((view): Listed => ({ group, view })));
      const listed = all.filter(({ view }) => {
        const labels = withLabel(labelsFromPairs(view.rule.labels), 'alertname', view.rule.name);
        return (
          (type === undefined || view.kind === type) &&
          (health === undefined || view.last.health === health) &&
          matchers.every((matcher) => matcher.matches(labelValueOf(labels, matcher.name)))
        );
      });
      const failing = listed.filter(({ view }) => view.last.health === 'err').length;
      return Promise.resolve({
        summary: `${listed.length} of ${all.length} rules; ${failing} failing`,
        sections: [
          {
            kind: 'table',
            title: 'Rules',
            columns: [
              'rule',
              'type',
              'group',
              'state',
              'health',
              'expr',
              'for',
              'labels',
              'evaluated',
              'took',
              'error',
            ],
            rows: listed
              .toSorted(byTrouble)
              .slice(0, limit)
              .map((one) => rowOf(one, nowMs)),
            total: listed.length,
          },
        ],
        links: [{ label: 'Rules', path: uiPath(['alerts'], { view: 'rules' }) }],
      });
    },
  };
}

function byTrouble(a: Listed, b: Listed): number {
  return rankOf(a) - rankOf(b);
}

const STATES = ['firing', 'pending', 'inactive'];

function rankOf({ view }: Listed): number {
  if (view.last.health === 'err') return 0;
  return view.kind === 'alerting' ? 1 + STATES.indexOf(view.state) : 1 + STATES.length;
}

function rowOf({ group, view }: Listed, nowMs: number): readonly ToolCell[] {
  const { rule, last } = view;
  return [
    rule.name,
    view.kind,
    group.name,
    view.kind === 'alerting'
      ? `${view.state}${view.alerts.length === 0 ? '' : ` ${view.alerts.length}`}`
      : null,
    last.health,
    rule.expr,
    view.kind === 'alerting' ? formatDurationMs(view.rule.forMs) : null,
    rule.labels.map(([name, value]) => `${name}=${value}`).join(' ') || null,
    last.atMs === undefined ? 'never' : `${agoOf(last.atMs, nowMs)} ago`,
    `${Math.round(last.tookMs)} ms`,
    last.error ?? null,
  ];
}
