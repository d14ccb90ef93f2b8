/** Why somebody was told, or was not. */
import { formatLabels, labelsOf } from '@vedette/model';
import { z } from 'zod';
import type { AlertExplanation } from '../../../alert/index.ts';
import { uiPath } from '../../../lib/ui-path.ts';
import { invalidParameter } from '../../prometheus-api/api-error.ts';
import { explanationJson } from '../../vedette-api/explanation-json.ts';
import type { McpDeps } from '../mcp-deps.ts';
import { isoOf, readRange } from '../times.ts';
import type { McpTool, ToolCell } from '../tool.ts';
import { findAlert } from './alert-states.ts';
import {
  agoOf,
  limitArgument,
  matchArgument,
  notFound,
  readLabels,
  timeArgument,
  wordArgument,
} from './arguments.ts';

const ROWS_DEFAULT = 50;

// About the budget of an answer at its greatest, with short rows.
const ROWS_MAX = 500;

const DAY_MS = 86_400_000;

const listInput = z.strictObject({
  receiver: wordArgument.optional().describe('Name of the receiver'),
  outcome: z.enum(['delivered', 'failed']).optional().describe('Default both'),
  fingerprint: wordArgument.optional().describe('Of an alert in it'),
  text: wordArgument.optional().describe('In group key, error or answer'),
  start: timeArgument('Default end-1d'),
  end: timeArgument('Default now'),
  limit: limitArgument(ROWS_DEFAULT, ROWS_MAX),
});

export function notificationsListTool({ insight }: McpDeps): McpTool<typeof listInput> {
  return {
    name: 'notifications_list',
    title: 'List notifications',
    description: 'Attempts to notify receivers, the newest first, with the error of those that failed.',
    input: listInput,
    access: 'read',
    run: async ({ start, end, ...query }, { nowMs }) => {
      const range = readRange({ start, end }, nowMs, DAY_MS);
      const { attempts, nextCursor } = await insight.attempts({ ...query, ...range });
      const failed = attempts.filter(({ outcome }) => outcome === 'failed').length;
      const oldest = attempts.at(-1);
      return {
        summary: `${attempts.length}${nextCursor === undefined ? '' : ' or more'} attempts, ${failed} of those listed failed`,
        sections: [
          {
            kind: 'table',
            title: 'Attempts',
            columns: [
              'at',
              'receiver',
              'channel',
              'outcome',
              'reason',
              'attempt',
              'firing',
              'resolved',
              'group',
              'error',
              'answer',
            ],
            rows: attempts.map((one) => [
              isoOf(one.atMs),
              one.receiver,
              `${one.integration}[${one.index}]`,
              one.outcome,
              one.reason,
              one.attempt,
              one.firingCount,
              one.resolvedCount,
              one.groupKey,
              one.error,
              one.answer === null ? null : `${one.answer.status} ${one.answer.text}`,
            ]),
          },
        ],
        ...(nextCursor === undefined || oldest === undefined
          ? {}
          : { hint: `older ones: end=${isoOf(oldest.atMs)}` }),
        links: [{ label: 'Notifications', path: uiPath(['alerts'], { view: 'notifications' }) }],
      };
    },
  };
}

const explainInput = z.strictObject({
  fingerprint: wordArgument.optional().describe('Of an alert, from alerts_list'),
  labels: matchArgument('Or of an alert that may come,'),
});

export function alertExplainTool(deps: McpDeps): McpTool<typeof explainInput> {
  return {
    name: 'alert_explain',
    title: 'Explain who is told',
    description:
      'Why people were told of an alert or not: silences, inhibition, routes, receivers, last and next message.',
    input: explainInput,
    access: 'read',
    run: async ({ fingerprint, labels }, { nowMs }) => {
      const { explanation, state } = await explainedAlert(deps, fingerprint, labels);
      const { summary, silencedBy, inhibitedBy, routes, ...one } = explanationJson(explanation);
      return {
        summary: `the alert is ${state}; ${silencedBy.length} silences and ${inhibitedBy.length} inhibiting alerts mute it; ${routes.length} routes take it`,
        sections: [
          { kind: 'text', title: 'In short', text: `${formatLabels(labelsOf(one.labels))}\n${summary}` },
          {
            kind: 'table',
            title: 'Receivers',
            columns: ['receiver', 'channel', 'last told', 'next message', 'why', 'last error', 'quiet by'],
            rows: routes.flatMap(({ receiver, integrations, mutedBy }) =>
              integrations.map(({ integration, index, told, next, lastError }): ToolCell[] => [
                receiver,
                `${integration}[${index}]`,
                told === null ? null : `${told.said ?? 'others of the group'} ${agoOf(told.atMs, nowMs)} ago`,
                next.reason === 'being retried'
                  ? 'being tried'
                  : next.atMs === null
                    ? null
                    : isoOf(next.atMs),
                next.text,
                lastError?.error ?? null,
                mutedBy?.names.join(', ') ?? null,
              ]),
            ),
          },
          {
            kind: 'table',
            title: 'Muted by',
            columns: ['kind', 'id', 'until', 'what'],
            rows: [
              ...silencedBy.map(({ id, endsAtMs, createdBy, comment }): ToolCell[] => [
                'silence',
                id,
                isoOf(endsAtMs),
                `${createdBy}: ${comment}`,
              ]),
              ...inhibitedBy.map((by): ToolCell[] => [
                'alert',
                by.fingerprint,
                null,
                formatLabels(labelsOf(by.labels)),
              ]),
            ],
          },
        ],
      };
    },
  };
}

/** Of an alert that is pending: what would be if it began to fire now. */
async function explainedAlert(
  deps: McpDeps,
  fingerprint: string | undefined,
  labels: string | undefined,
): Promise<{ readonly explanation: AlertExplanation; readonly state: string }> {
  if ((fingerprint === undefined) === (labels === undefined))
    throw invalidParameter('fingerprint', 'want either fingerprint or labels');
  const known = await deps.insight.explain(fingerprint ?? readLabels('labels', labels));
  if (known !== undefined) return { explanation: known, state: known.state };
  const pending = findAlert(deps, fingerprint ?? '');
  const explanation = pending && (await deps.insight.explain(pending.labels));
  if (explanation !== undefined) return { explanation, state: 'pending' };
  throw notFound(
    `no alert has the fingerprint ${JSON.stringify(fingerprint)} now; labels explains one that is not there`,
  );
}
