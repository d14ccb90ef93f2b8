/** `vedette guard ban`, `lift`, `extend`, `approve`: what a person decides. */
import { guardDecision, type GuardDecision } from '@vedette/api';
import { printable } from '../../lib/printable.ts';
import { durationOf } from '../alert/arguments.ts';
import { EXIT, parseOptions, UsageError, type CliIo } from '../command.ts';
import type { ServerClient } from '../server-client.ts';
import { decisionsOf, GUARD_OPTIONS, GUARD_PATH, openGuardClient, scopeOf } from './guard-client.ts';
import { untilText } from './list.ts';

const REVIEW_OPTIONS = { ...GUARD_OPTIONS, reason: { type: 'string' }, by: { type: 'string' } } as const;
const END_OPTIONS = { for: { type: 'string' }, permanent: { type: 'boolean' } } as const;

const KINDS = ['refuse', 'challenge', 'slow'] as const;

export async function banSubject(args: readonly string[], io: CliIo): Promise<number> {
  const { values, positionals } = parseOptions(args, {
    ...REVIEW_OPTIONS,
    ...END_OPTIONS,
    scope: { type: 'string' },
    kind: { type: 'string' },
  });
  const subject = onlyOne(positionals, 'one subject');
  const kind = KINDS.find((one) => one === (values.kind ?? 'refuse'));
  if (kind === undefined)
    throw new UsageError(`--kind must be one of ${KINDS.join(', ')}; got "${values.kind}"`);
  const untilMs = endOf(values);
  const body = { scope: scopeOf(values.scope), subject, kind, untilMs, ...reviewerOf(values, io) };
  const client = await openGuardClient(values, io);
  const made = await client.ask('cannot ban the subject', guardDecision, {
    method: 'POST',
    path: `${GUARD_PATH}/decisions`,
    body,
  });
  tell(io, values, [made]);
  return EXIT.ok;
}

export async function liftDecisions(args: readonly string[], io: CliIo): Promise<number> {
  const { values, positionals } = parseOptions(args, { ...REVIEW_OPTIONS, scope: { type: 'string' } });
  if (positionals.length === 0) throw new UsageError('want the ids of decisions, or subjects');
  const reviewer = reviewerOf(values, io);
  const client = await openGuardClient(values, io);
  const lifted: GuardDecision[] = [];
  let isMissing = false;
  for (const who of positionals) {
    const decisions = await decisionsOf(client, who, { scope: values.scope, isLive: true });
    if (decisions.length === 0) {
      io.err(`${printable(`nothing holds for "${who}"`).replaceAll('\n', ' ')}\n`);
      isMissing = true;
    }
    for (const { id } of decisions)
      lifted.push(await review(client, 'cannot lift the decision', `${id}/lift`, reviewer));
  }
  tell(io, values, lifted);
  return isMissing ? EXIT.checkFailed : EXIT.ok;
}

export async function extendDecision(args: readonly string[], io: CliIo): Promise<number> {
  const { values, positionals } = parseOptions(args, { ...REVIEW_OPTIONS, ...END_OPTIONS });
  const id = encodeURIComponent(onlyOne(positionals, 'the id of one decision'));
  const untilMs = endOf(values);
  const reviewer = reviewerOf(values, io);
  const client = await openGuardClient(values, io);
  const doing = 'cannot extend the decision';
  const changed =
    untilMs === null
      ? await review(client, doing, `${id}/permanent`, reviewer)
      : await review(client, doing, `${id}/extend`, { untilMs, ...reviewer });
  tell(io, values, [changed]);
  return EXIT.ok;
}

export async function approveDecisions(args: readonly string[], io: CliIo): Promise<number> {
  const { values, positionals } = parseOptions(args, REVIEW_OPTIONS);
  if (positionals.length === 0) throw new UsageError('want the ids of decisions');
  const reviewer = reviewerOf(values, io);
  const client = await openGuardClient(values, io);
  const approved: GuardDecision[] = [];
  for (const id of positionals)
    approved.push(
      await review(client, 'cannot approve the decision', `${encodeURIComponent(id)}/approve`, reviewer),
    );
  tell(io, values, approved);
  return EXIT.ok;
}

async function review(
  client: ServerClient,
  doing: string,
  path: string,
  body: Readonly<Record<string, unknown>>,
): Promise<GuardDecision> {
  return await client.ask(doing, guardDecision, {
    method: 'POST',
    path: `${GUARD_PATH}/decisions/${path}`,
    body,
  });
}

function onlyOne(positionals: readonly string[], wanted: string): string {
  const [one, extra] = positionals;
  if (one === undefined) throw new UsageError(`want ${wanted}`);
  if (extra !== undefined) throw new UsageError(`want ${wanted}; got "${extra}", too`);
  return one;
}

/** `null`: until a person lifts it. */
function endOf(values: {
  readonly for?: string | undefined;
  readonly permanent?: boolean | undefined;
}): number | null {
  if ((values.for === undefined) === (values.permanent !== true))
    throw new UsageError('want --for with a time such as 2h, or --permanent');
  return values.for === undefined ? null : Date.now() + durationOf('--for', values.for);
}

export function reviewerOf(
  { reason, by }: { readonly reason?: string | undefined; readonly by?: string | undefined },
  { env }: Pick<CliIo, 'env'>,
): { readonly reason: string; readonly by?: string } {
  if (reason === undefined || reason.trim() === '')
    throw new UsageError('want --reason: who looks at the decision later must know why');
  const name = by ?? env['USER'] ?? '';
  return name === '' ? { reason } : { reason, by: name };
}

function tell(
  io: CliIo,
  { json }: { readonly json?: boolean | undefined },
  decisions: readonly GuardDecision[],
): void {
  if (json === true) return io.out(`${JSON.stringify({ decisions })}\n`);
  for (const { id, scope, subject, kind, grade, state, untilMs } of decisions) {
    const end = state === 'live' ? `, until ${untilText(untilMs)}` : '';
    const line = `${id}  ${scope} "${subject}": ${kind}, ${grade}, ${state}${end}`;
    io.out(`${printable(line).replaceAll(/[\t\n]/g, ' ')}\n`);
  }
}
