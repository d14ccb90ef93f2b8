import { formatLabels } from '@vedette/model';
import { z } from 'zod';
import { uiPath } from '../../../lib/ui-path.ts';
import { invalidParameter } from '../../prometheus-api/api-error.ts';
import type { McpDeps } from '../mcp-deps.ts';
import type { McpTool } from '../tool.ts';
import { agoOf, expressionArgument, readMatch } from './arguments.ts';

const input = z.strictObject({ matchers: expressionArgument.describe('As {alertname="X",instance="a"}') });

export function silencePreviewTool(deps: McpDeps): McpTool<typeof input> {
  return {
    name: 'silence_preview',
    title: 'Preview a silence',
    description:
      'Which firing alerts a silence would mute and who would hear less. Changes nothing; ask before silence_write.',
    input,
    access: 'read',
    run: async ({ matchers: text }, { nowMs }) => {
      const matchers = readMatch('matchers', text);
      if (matchers.length === 0)
        throw invalidParameter('matchers', 'want at least one, such as {alertname="X"}');
      const preview = await deps.insight.previewSilence(matchers);
      const { warning, receivers, alerts, matchedCount } = preview;
      return {
        summary: `would mute ${matchedCount} of ${preview.firingCount} firing alerts; ${preview.mutedCount} of them are silenced or inhibited already`,
        sections: [
          ...(warning === undefined ? [] : [{ kind: 'text', title: 'Warning', text: warning } as const]),
          {
            kind: 'table',
            title: 'Alerts',
            columns: ['fingerprint', 'labels', 'for', 'receivers', 'muted by'],
            rows: alerts.map(({ alert, receivers: told, silencedBy, inhibitedBy }) => [
              alert.fingerprint,
              formatLabels(alert.labels),
              agoOf(alert.startsAt.ms, nowMs),
              told.join(', ') || null,
              [...silencedBy, ...inhibitedBy].join(' ') || null,
            ]),
            total: matchedCount,
          },
          {
            kind: 'table',
            title: 'Who would hear less',
            columns: ['receiver', 'alerts'],
            rows: receivers.map(({ name, alertCount }) => [name, alertCount]),
          },
        ],
        links: [{ label: 'New silence', path: uiPath(['alerts', 'silences', 'new'], { filter: text }) }],
      };
    },
  };
}
