import { formatLabels, labelValueOf, withoutLabels } from '@vedette/model';
import { z } from 'zod';
import { uiPath } from '../../../lib/ui-path.ts';
import type { McpDeps } from '../mcp-deps.ts';
import type { McpTool, ToolResult } from '../tool.ts';
import { ALERT_STATES, countsBySeverity, listedAlertsOf, type ListedAlert } from './alert-states.ts';
import { agoOf, limitArgument, matchArgument, readMatch, wordArgument } from './arguments.ts';

const ROWS_DEFAULT = 50;

// About the budget of an answer at its greatest, with short rows.
const ROWS_MAX = 500;

const input = z.strictObject({
  state: z
    .enum([...ALERT_STATES, 'all'])
    .optional()
    .describe('Default: all but resolved. silenced and inhibited ones fire, but nobody is told'),
  severity: wordArgument.optional().describe('Of the label severity'),
  match: matchArgument('Labels'),
  group: wordArgument.optional().describe('Count by the values of this label instead: alertname, instance'),
  limit: limitArgument(ROWS_DEFAULT, ROWS_MAX),
});

export function alertsListTool(deps: McpDeps): McpTool<typeof input> {
  return {
    name: 'alerts_list',
    title: 'List alerts',
    description:
      'Firing and pending alerts, our own and those of other senders, with who mutes them. The fingerprint goes into alert_analyze and alert_explain.',
    input,
    access: 'read',
    run: async ({ state, severity, match, group, limit }, { nowMs }) => {
      const matchers = readMatch('match', match);
      const all = await listedAlertsOf(deps, nowMs);
      const alerts = all.filter(
        (one) =>
          (state === 'all' || (state === undefined ? one.state !== 'resolved' : one.state === state)) &&
          (severity === undefined || one.severity === severity) &&
          matchers.every((matcher) => matcher.matches(labelValueOf(one.labels, matcher.name))),
      );
      const summary = `${alerts.length} alerts: ${countsText(alerts)}`;
      const links = [{ label: 'Alerts', path: uiPath(['alerts'], { filter: match, group }) }];
      const section =
        group === undefined ? listOf(alerts, limit, nowMs) : groupsOf(alerts, { group, limit, nowMs });
      return {
        summary,
        sections: [section],
        links,
        ...hintOf(alerts.length, { all: all.length, limit, isGrouped: group !== undefined }),
      };
    },
  };
}

function hintOf(
  count: number,
  { all, limit, isGrouped }: { readonly all: number; readonly limit: number; readonly isGrouped: boolean },
): Pick<ToolResult, 'hint'> {
  if (count === 0 && all > 0)
    return { hint: `${all} alerts are known that do not fit; state=all with group=severity counts them` };
  if (count > limit && !isGrouped) return { hint: 'group=alertname counts them; match and severity narrow' };
  return {};
}

function countsText(alerts: readonly ListedAlert[]): string {
  const counts = ALERT_STATES.map((state) => {
    const count = alerts.filter((one) => one.state === state).length;
    return count === 0 ? '' : `${count} ${state}`;
  });
  return counts.filter((text) => text !== '').join(', ') || 'none';
}

type Section = NonNullable<ToolResult['sections']>[number];

// They stand in columns of their own.
const SHOWN_APART: ReadonlySet<string> = new Set(['alertname', 'severity']);

export function listOf(alerts: readonly ListedAlert[], limit: number, nowMs: number): Section {
  return {
    kind: 'table',
    title: 'Alerts',
    columns: ['fingerprint', 'alert', 'state', 'severity', 'for', 'labels', 'summary', 'muted by', 'from'],
    rows: alerts
      .slice(0, limit)
      .map((one) => [
        one.fingerprint,
        one.name,
        one.state,
        one.severity || null,
        agoOf(one.sinceMs, nowMs),
        formatLabels(withoutLabels(one.labels, SHOWN_APART)),
        labelValueOf(one.annotations, 'summary') || labelValueOf(one.annotations, 'description') || null,
        one.mutedBy.join(' ') || null,
        one.source,
      ]),
    total: alerts.length,
  };
}

function groupsOf(
  alerts: readonly ListedAlert[],
  { group, limit, nowMs }: { readonly group: string; readonly limit: number; readonly nowMs: number },
): Section {
  const groups = new Map<string, ListedAlert[]>();
  for (const alert of alerts) {
    const value = labelValueOf(alert.labels, group);
    const list = groups.get(value);
    if (list === undefined) groups.set(value, [alert]);
    else list.push(alert);
  }
  const sorted = [...groups].toSorted((a, b) => b[1].length - a[1].length);
  return {
    kind: 'table',
    title: 'Groups',
    columns: ['value', 'alerts', 'by severity', 'states', 'longest'],
    rows: sorted.slice(0, limit).map(([value, list]) => [
      value || '(without)',
      list.length,
      countsBySeverity(list)
        .map(([name, count]) => `${name} ${count}`)
        .join(', '),
      countsText(list),
      agoOf(Math.min(...list.map(({ sinceMs }) => sinceMs)), nowMs),
    ]),
    total: sorted.length,
  };
}
