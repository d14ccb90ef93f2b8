import { z } from 'zod';
import { activeAlertsOf, alertSummaryOf, statusSummaryOf } from '../../vedette-api/summaries.ts';
import type { McpDeps } from '../mcp-deps.ts';
import type { McpTool } from '../tool.ts';

// The list of alerts has the rest.
const ALERTS_MAX = 20;

export function overviewTool(deps: McpDeps): McpTool {
  return {
    name: 'overview',
    title: 'Overview',
    description:
      'Health of everything watched, now: problems, firing alerts, targets, storage. Ask this first.',
    input: z.strictObject({}),
    access: 'read',
    run: async () => {
      const status = statusSummaryOf(deps);
      const alerts = activeAlertsOf(deps).map(alertSummaryOf);
      const { targets, alerts: counts } = status;
      return {
        summary: `${status.status}: ${counts.firing} firing and ${counts.pending} pending alerts; targets ${targets.up} up, ${targets.down} down, ${targets.unknown} unknown; as of ${new Date(status.nowMs).toISOString()}`,
        sections: [
          { kind: 'text', title: 'Problems of this server', text: status.problems.join('\n') || 'none' },
          {
            kind: 'table',
            title: 'Alerts',
            columns: ['name', 'state', 'severity', 'since', 'summary'],
            rows: alerts
              .slice(0, ALERTS_MAX)
              .map(({ name, state, severity, activeAtMs, annotations }) => [
                name,
                state,
                severity,
                new Date(activeAtMs).toISOString(),
                annotations['summary'] ?? null,
              ]),
            total: alerts.length,
          },
        ],
        links: [{ label: 'Overview', path: '/' }],
      };
    },
  };
}
