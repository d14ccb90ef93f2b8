/** `vedette guard why`: what a decision rests on and what became of it. */
import type { GuardDecision } from '@vedette/api';
import { formatDurationMs } from '@vedette/model';
import { printable } from '../../lib/printable.ts';
import { timeText } from '../alert/output.ts';
import { EXIT, parseOptions, UsageError, type CliIo } from '../command.ts';
import { decisionsOf, GUARD_OPTIONS, openGuardClient } from './guard-client.ts';
import { untilText } from './list.ts';

export async function explainDecisions(args: readonly string[], io: CliIo): Promise<number> {
  const { values, positionals } = parseOptions(args, { ...GUARD_OPTIONS, scope: { type: 'string' } });
  const [who, extra] = positionals;
  if (who === undefined || extra !== undefined)
    throw new UsageError('want the id of one decision ("vedette guard list" shows them) or one subject');
  const client = await openGuardClient(values, io);
  const decisions = await decisionsOf(client, who, { scope: values.scope, isLive: false });
  if (values.json === true) io.out(`${JSON.stringify({ decisions })}\n`);
  else if (decisions.length > 0) io.out(decisions.map(decisionText).join('\n'));
  else io.err(`${lineOf(`the guard has no decision about "${who}"`)}\n`);
  return decisions.length > 0 ? EXIT.ok : EXIT.checkFailed;
}

function decisionText(decision: GuardDecision): string {
  const { policy, policyVersion, mode } = decision;
  return [
    `${decision.kind}, ${decision.grade}, level ${decision.level}: ${decision.scope} "${decision.subject}" (${decision.state})`,
    `  decision  ${decision.id}`,
    `  until     ${untilText(decision.untilMs)}`,
    `  policy    ${policy} (version ${policyVersion}, ${mode}${decision.isEnforced ? '' : ', nobody is refused for it'})`,
    `  reason    ${decision.reason}`,
    `  evidence  ${evidenceText(decision.evidence)}`,
    ...decision.events.map((event) => `  ${timeText(event.atMs)}  ${eventText(event)}`),
  ]
    .map((line) => `${lineOf(line)}\n`)
    .join('');
}

/** Others wrote parts of it: no control characters, and no line ends of theirs. */
function lineOf(text: string): string {
  return printable(text).replaceAll(/[\t\n\u2028\u2029]/g, ' ');
}

function evidenceText(evidence: GuardDecision['evidence']): string {
  switch (evidence.kind) {
    case 'crossing': {
      const { value, threshold, over, factor, windowMs, topActions } = evidence;
      const scaled = factor === 1 ? '' : ` (${over} × factor ${factor})`;
      const most = topActions.map(({ action, count }) => `${action} ${count}`).join(', ');
      return `${value} in ${formatDurationMs(windowMs)}, above ${threshold}${scaled}${most === '' ? '' : `; most: ${most}`}`;
    }
    case 'alert':
      return `alert ${evidence.alertName} (${evidence.severity}) since ${timeText(evidence.startsAtMs)}, from ${evidence.source}, fingerprint ${evidence.fingerprint}`;
    case 'person':
      return `${evidence.by} decided`;
  }
}

function eventText(event: GuardDecision['events'][number]): string {
  switch (event.kind) {
    case 'made':
    case 'expired':
      return event.kind;
    case 'lifted':
    case 'approved':
      return `${event.kind} by ${event.by}: ${event.reason}`;
    case 'changed':
      return `${event.grade}, until ${untilText(event.untilMs)}, by ${event.by}: ${event.reason}`;
    case 'appealed':
      return `appealed: ${event.text}`;
  }
}
