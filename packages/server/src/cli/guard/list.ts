/** `vedette guard list`. */
import { guardDecisions, type GuardDecision } from '@vedette/api';
import { tableText, timeText } from '../alert/output.ts';
import { assertNoArguments, EXIT, parseOptions, UsageError, type CliIo } from '../command.ts';
import { GUARD_OPTIONS, GUARD_PATH, openGuardClient, scopeOf } from './guard-client.ts';

export async function listDecisions(args: readonly string[], io: CliIo): Promise<number> {
  const { values, positionals } = parseOptions(args, {
    ...GUARD_OPTIONS,
    scope: { type: 'string' },
    subject: { type: 'string' },
    policy: { type: 'string' },
    limit: { type: 'string' },
    live: { type: 'boolean' },
    reviews: { type: 'boolean' },
  });
  assertNoArguments(positionals);
  const { subject, policy, limit, scope } = values;
  if (scope !== undefined && subject === undefined)
    throw new UsageError('--scope says what --subject is; want both');
  const query = new URLSearchParams({
    ...(subject === undefined ? {} : { subject, scope: scopeOf(scope) }),
    ...(policy === undefined ? {} : { policy }),
    ...(limit === undefined ? {} : { limit }),
    ...(values.live === true ? { live: 'true' } : {}),
  });
  if (values.reviews === true && query.size > 0)
    throw new UsageError('--reviews lists all that wait for a person; it goes alone');
  const path =
    values.reviews === true ? `${GUARD_PATH}/reviews` : `${GUARD_PATH}/decisions?${query.toString()}`;
  const client = await openGuardClient(values, io);
  const answer = await client.ask('cannot list decisions', guardDecisions, { path });
  io.out(values.json === true ? `${JSON.stringify(answer)}\n` : tableOf(answer.decisions));
  return EXIT.ok;
}

function tableOf(decisions: readonly GuardDecision[]): string {
  return tableText([
    ['Id', 'Subject', 'Kind', 'Grade', 'State', 'Until', 'Policy', 'Reason'],
    ...decisions.map((one) => [
      one.id,
      `${one.scope}:${one.subject}`,
      one.kind,
      one.grade,
      one.state,
      untilText(one.untilMs),
      one.policy,
      one.reason,
    ]),
  ]);
}

export function untilText(untilMs: number | null): string {
  return untilMs === null ? 'a person lifts it' : timeText(untilMs);
}
