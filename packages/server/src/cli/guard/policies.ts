/** `vedette guard policies` and `mode`. */
import { guardPolicies, type GuardPolicies } from '@vedette/api';
import { tableText, timeText } from '../alert/output.ts';
import { assertNoArguments, EXIT, parseOptions, UsageError, type CliIo } from '../command.ts';
import { GUARD_OPTIONS, GUARD_PATH, openGuardClient } from './guard-client.ts';
import { reviewerOf } from './overrule.ts';

export async function listPolicies(args: readonly string[], io: CliIo): Promise<number> {
  const { values, positionals } = parseOptions(args, GUARD_OPTIONS);
  assertNoArguments(positionals);
  const client = await openGuardClient(values, io);
  const answer = await client.ask('cannot list policies', guardPolicies, { path: `${GUARD_PATH}/policies` });
  io.out(values.json === true ? `${JSON.stringify(answer)}\n` : tableOf(answer));
  return EXIT.ok;
}

const MODES = ['off', 'shadow', 'canary', 'enforce'] as const;

export async function setPolicyMode(args: readonly string[], io: CliIo): Promise<number> {
  const { values, positionals } = parseOptions(args, {
    ...GUARD_OPTIONS,
    reason: { type: 'string' },
    by: { type: 'string' },
  });
  const [policy, text, extra] = positionals;
  const mode = MODES.find((one) => one === text);
  if (policy === undefined || mode === undefined || extra !== undefined)
    throw new UsageError(`want a policy and one of ${MODES.join(', ')}`);
  const reviewer = reviewerOf(values, io);
  const client = await openGuardClient(values, io);
  const answer = await client.ask('cannot set the mode', guardPolicies, {
    method: 'POST',
    path: `${GUARD_PATH}/policies/${encodeURIComponent(policy)}/mode`,
    body: { mode, ...reviewer },
  });
  io.out(values.json === true ? `${JSON.stringify(answer)}\n` : tableOf(answer));
  return EXIT.ok;
}

function tableOf({ policies }: GuardPolicies): string {
  return tableText([
    ['Policy', 'Mode', 'Configured', 'Decisions', 'Enforced', 'Right', 'Wrong', 'Precision', 'Brake'],
    ...policies.map((one) => [
      one.name,
      one.mode,
      one.configuredMode,
      String(one.decisionCount),
      String(one.enforcedCount),
      String(one.rightCount),
      String(one.wrongCount),
      one.precision === null ? '-' : `${(one.precision * 100).toFixed(1)} %`,
      one.tripped === null ? '-' : `${timeText(one.tripped.atMs)}: ${one.tripped.reason}`,
    ]),
  ]);
}
