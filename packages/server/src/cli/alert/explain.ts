/** `vedette alert explain`: why somebody was told of an alert, or was not. */
import { alertExplanation, type AlertExplanation, type ExplainedRouteStep } from '@vedette/api';
import { formatDurationMs } from '@vedette/model';
import { printable } from '../../lib/printable.ts';
import { EXIT, parseOptions, UsageError, type CliIo } from '../command.ts';
import { openAlertClient, SERVER_OPTIONS } from './alert-client.ts';
import { labelRecordOf } from './arguments.ts';
import { OUTPUT_OPTIONS, outputFormOf, pairsText, timeText } from './output.ts';

type ExplainedRoute = AlertExplanation['routes'][number];
type ExplainedIntegration = ExplainedRoute['integrations'][number];

const FINGERPRINT = /^[0-9a-f]{16}$/;

export async function explainAlert(args: readonly string[], io: CliIo): Promise<number> {
  const { values, positionals } = parseOptions(args, { ...SERVER_OPTIONS, ...OUTPUT_OPTIONS });
  const form = outputFormOf(values);
  const [first, ...rest] = positionals;
  if (first === undefined)
    throw new UsageError(
      'want a fingerprint ("vedette alert query -o extended" shows them) or labels NAME=VALUE',
    );
  const isFingerprint = rest.length === 0 && FINGERPRINT.test(first);
  const request = isFingerprint
    ? ({ path: `/api/vedette/alerts/${first}/explain` } as const)
    : ({
        method: 'POST',
        path: '/api/vedette/alerts/explain',
        body: { labels: labelRecordOf(positionals) },
      } as const);
  const client = await openAlertClient(values, io);
  const explanation = await client.ask('cannot explain the alert', alertExplanation, request);
  io.out(form === 'json' ? `${JSON.stringify(explanation)}\n` : printable(explanationText(explanation)));
  return EXIT.ok;
}

function explanationText(explanation: AlertExplanation): string {
  const { alert, inhibitedBy, silencedBy } = explanation;
  return [
    explanation.summary,
    '',
    `Alert ${explanation.fingerprint} (${explanation.state})  ${pairsText(explanation.labels)}`,
    ...(alert === null ? [] : [`  since ${timeText(alert.startsAtMs)}`]),
    ...inhibitedBy.map(
      ({ labels, rule }) =>
        `  inhibited by ${pairsText(labels)} (rule ${rule.name === '' ? 'without a name' : `"${rule.name}"`})`,
    ),
    ...silencedBy.map(
      ({ id, comment, createdBy, endsAtMs }) =>
        `  silenced by ${id} of ${createdBy} until ${timeText(endsAtMs)}: ${comment}`,
    ),
    '',
    'Routes',
    ...treeLines(explanation.tree, '  '),
    ...explanation.routes.flatMap(routeLines),
    '',
  ].join('\n');
}

const MARKS = { taken: '+', passed: '|', refused: '-', 'not asked': '.' } as const;

function treeLines(step: ExplainedRouteStep, indent: string): readonly string[] {
  return [
    `${indent}${MARKS[step.verdict]} ${step.receiver}: ${step.verdict}, since ${step.reason}`,
    ...step.routes.flatMap((child) => treeLines(child, `${indent}  `)),
  ];
}

function routeLines(route: ExplainedRoute): readonly string[] {
  const { group, mutedBy } = route;
  const [wait, interval, repeat] = [route.groupWaitMs, route.groupIntervalMs, route.repeatIntervalMs].map(
    formatDurationMs,
  );
  const alerts = group?.alertCount === 1 ? 'alert' : 'alerts';
  const until =
    mutedBy === null || mutedBy.untilMs === null
      ? 'with no end in sight'
      : `until ${timeText(mutedBy.untilMs)}`;
  return [
    '',
    `Receiver ${route.receiver}, group ${route.groupKey}`,
    `  group_wait ${wait}, group_interval ${interval}, repeat_interval ${repeat}`,
    group === null
      ? '  no such group now'
      : `  ${group.alertCount} ${alerts}, next flush ${timeText(group.nextFlushMs)}`,
    ...(mutedBy === null ? [] : [`  quiet by ${mutedBy.names.join(', ')} ${until}`]),
    ...(route.integrations.length === 0 ? ['  no integration: nobody is told this way'] : []),
    ...route.integrations.flatMap(integrationLines),
  ];
}

function integrationLines(one: ExplainedIntegration): readonly string[] {
  const { told, unconfirmed, lastError, next } = one;
  const about = (said: string | null): string => (said === null ? 'others of the group' : `it ${said}`);
  return [
    `  ${one.integration}[${one.index}]`,
    ...(told === null
      ? []
      : [`    told of ${about(told.said)} at ${timeText(told.atMs)}, message ${told.id}`]),
    ...(unconfirmed === null
      ? []
      : [
          `    not confirmed: message ${unconfirmed.id} of ${timeText(unconfirmed.atMs)}, about ${about(unconfirmed.said)}`,
        ]),
    ...(lastError === null
      ? []
      : [`    last error at ${timeText(lastError.atMs)} (${lastError.category}): ${lastError.error}`]),
    `    ${next.text}`,
  ];
}
