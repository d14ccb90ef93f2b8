/** What every command about the guard takes, and how it asks. */
import { guardDecision, guardDecisions, type GuardDecision } from '@vedette/api';
import { SUBJECT_SCOPES } from '@vedette/sdk';
import { UsageError, type CliIo } from '../command.ts';
import { openServerClient, type AskedPart, type ServerClient } from '../server-client.ts';

export const GUARD_OPTIONS = {
  server: { type: 'string' },
  url: { type: 'string' },
  'token-file': { type: 'string' },
  json: { type: 'boolean' },
} as const;

const GUARD: AskedPart = {
  refusedCode: 'VED_GUARD_REFUSED',
  unreachableCode: 'VED_GUARD_UNREACHABLE',
  isItThere: 'is this the address of a Vedette with a guard?',
  unknownQuestion: 'the server there has no guard that could be asked',
};

export const GUARD_PATH = '/api/vedette/guard';

/** `--url` is what other commands call it. */
export async function openGuardClient(
  values: {
    readonly server?: string | undefined;
    readonly url?: string | undefined;
    readonly 'token-file'?: string | undefined;
  },
  io: Pick<CliIo, 'env'>,
): Promise<ServerClient> {
  const { server, url = server, 'token-file': tokenFile } = values;
  return await openServerClient({ option: '--server', url, tokenFile }, io, GUARD);
}

export function scopeOf(text: string | undefined): GuardDecision['scope'] {
  const scope = SUBJECT_SCOPES.find((one) => one === (text ?? 'user'));
  if (scope !== undefined) return scope;
  throw new UsageError(`--scope must be one of ${SUBJECT_SCOPES.join(', ')}; got "${text}"`);
}

const DECISION_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export interface Who {
  readonly scope: string | undefined;
  readonly isLive: boolean;
}

/** One decision by its id, or those of a subject, the newest first. With a scope a text is a subject, whatever it looks like. */
export async function decisionsOf(
  client: ServerClient,
  text: string,
  { scope, isLive }: Who,
): Promise<readonly GuardDecision[]> {
  if (scope === undefined && DECISION_ID.test(text)) {
    const path = `${GUARD_PATH}/decisions/${text}`;
    return [await client.ask('cannot find the decision', guardDecision, { path })];
  }
  const query = new URLSearchParams({ scope: scopeOf(scope), subject: text, live: String(isLive) });
  const path = `${GUARD_PATH}/decisions?${query.toString()}`;
  return (await client.ask('cannot list decisions', guardDecisions, { path })).decisions;
}
