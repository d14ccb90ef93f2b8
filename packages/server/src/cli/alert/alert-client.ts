/**
 * Speaks with a running server about alerts: over Alertmanager's API v2 where it has words for it, so that a
 * real Alertmanager works, too, else over `/api/vedette`.
 */
import type { CliIo } from '../command.ts';
import { openServerClient, type AskedPart, type ServerClient } from '../server-client.ts';

/** What every command that asks a server takes. */
export const SERVER_OPTIONS = {
  url: { type: 'string' },
  'alertmanager.url': { type: 'string' },
  'token-file': { type: 'string' },
} as const;

export interface ServerValues {
  readonly url?: string | undefined;
  readonly 'alertmanager.url'?: string | undefined;
  readonly 'token-file'?: string | undefined;
}

const ALERTS: AskedPart = {
  refusedCode: 'VED_ALERTS_REFUSED',
  unreachableCode: 'VED_ALERTS_UNREACHABLE',
  isItThere: 'is this the address of a server with alerts?',
  unknownQuestion:
    'the server there does not know this question; a Prometheus Alertmanager cannot explain and preview',
};

/** Throws `UsageError` for an address that is none and a token file that cannot be read. */
export async function openAlertClient(values: ServerValues, io: Pick<CliIo, 'env'>): Promise<ServerClient> {
  const url = values.url ?? values['alertmanager.url'];
  return await openServerClient({ option: '--url', url, tokenFile: values['token-file'] }, io, ALERTS);
}
