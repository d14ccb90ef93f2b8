/**
 * `vedette privacy export` and `vedette privacy erase`.
 *
 * 1. Ids become what is kept of them: every live pseudonym, or with no key file their one plain spelling.
 * 2. The server is asked once; with a key file no id is in the question.
 */
import * as path from 'node:path';
import { privacyExport, privacyReport, type PrivacyReportJson, type PrivacyRequest } from '@vedette/api';
import { normalisedId, pseudonymsOf, type PseudonymKey } from '@vedette/sdk';
import { printable } from '../../lib/printable.ts';
import { assertNoArguments, EXIT, parseOptions, UsageError, type CliIo } from '../command.ts';
import { openServerClient, type AskedPart, type ServerClient } from '../server-client.ts';
import { readKeyFile, writePrivateFile } from './key-files.ts';

const PERSON_OPTIONS = {
  id: { type: 'string', multiple: true },
  scope: { type: 'string', multiple: true },
  'key-file': { type: 'string' },
  tenant: { type: 'string' },
  url: { type: 'string' },
  'token-file': { type: 'string' },
  json: { type: 'boolean' },
} as const;

interface PersonValues {
  readonly id?: readonly string[] | undefined;
  readonly scope?: readonly string[] | undefined;
  readonly 'key-file'?: string | undefined;
  readonly tenant?: string | undefined;
  readonly url?: string | undefined;
  readonly 'token-file'?: string | undefined;
}

/** Networks name no person. */
const SCOPES = ['user', 'ip', 'session', 'key'] as const;

// What one request of the server takes.
const SUBJECTS_PER_REQUEST_MAX = 50;

// Files are written anew: on a spinning disk a gigabyte of samples and state takes some minutes.
const TIMEOUT_MS = 900_000;

const PRIVACY: AskedPart = {
  refusedCode: 'VED_GUARD_REFUSED',
  unreachableCode: 'VED_GUARD_UNREACHABLE',
  isItThere: 'is this the address of a Vedette?',
  unknownQuestion: 'the server there does not know this question',
};

export async function exportPerson(args: readonly string[], io: CliIo): Promise<number> {
  const { values, positionals } = parseOptions(args, { ...PERSON_OPTIONS, out: { type: 'string' } });
  assertNoArguments(positionals);
  const subjects = await subjectsOf(values, io);
  const found = await ask(await open(values, io), 'export', subjects, privacyExport);
  const text = `${JSON.stringify(found, undefined, 2)}\n`;
  if (values.out === undefined) io.out(text);
  else {
    await writePrivateFile(path.resolve(io.workingDirectory, values.out), text);
    io.err(`wrote "${values.out}"\n`);
  }
  if (found.isCut) io.err('more is kept than an export holds: it is cut\n');
  return EXIT.ok;
}

export async function erasePerson(args: readonly string[], io: CliIo): Promise<number> {
  const { values, positionals } = parseOptions(args, { ...PERSON_OPTIONS, yes: { type: 'boolean' } });
  assertNoArguments(positionals);
  const subjects = await subjectsOf(values, io);
  const client = await open(values, io);
  if (values.yes !== true && !(await isConfirmed(subjects, io))) {
    io.err('nothing was erased\n');
    return EXIT.checkFailed;
  }
  const report = await ask(client, 'erase', subjects, privacyReport);
  io.out(values.json === true ? `${JSON.stringify(report)}\n` : reportText(report));
  return EXIT.ok;
}

async function open(values: PersonValues, io: CliIo): Promise<ServerClient> {
  const { url, 'token-file': tokenFile } = values;
  return await openServerClient({ option: '--url', url, tokenFile }, io, PRIVACY);
}

async function ask<T>(
  client: ServerClient,
  what: 'export' | 'erase',
  subjects: PrivacyRequest['subjects'],
  schema: Parameters<typeof client.ask<T>>[1],
): Promise<T> {
  return await client.ask(`cannot ${what} what is kept about the person`, schema, {
    method: 'POST',
    path: `/api/vedette/privacy/${what}`,
    body: { subjects } satisfies PrivacyRequest,
    timeoutMs: TIMEOUT_MS,
  });
}

async function subjectsOf(values: PersonValues, io: CliIo): Promise<PrivacyRequest['subjects']> {
  const { id: ids = [], scope: scopes = ['user'], tenant = '', 'key-file': file } = values;
  if (ids.length === 0) throw new UsageError('want --id: whom it is about');
  if (file === undefined && tenant !== '') throw new UsageError('--tenant goes with --key-file');
  const keys = file === undefined ? undefined : await readKeyFile(path.resolve(io.workingDirectory, file));
  const subjects = new Map<string, PrivacyRequest['subjects'][number]>();
  for (const scope of new Set(scopes.map(scopeOf)))
    for (const id of ids)
      for (const subject of namesOf(id, scope, { keys, tenant }))
        subjects.set(`${scope} ${subject}`, { scope, subject });
  if (subjects.size > SUBJECTS_PER_REQUEST_MAX)
    throw new UsageError(
      `these are ${subjects.size} names, ${SUBJECTS_PER_REQUEST_MAX} go into one request; ask for fewer ids at once`,
    );
  return [...subjects.values()];
}

function namesOf(
  id: string,
  scope: (typeof SCOPES)[number],
  { keys, tenant }: { readonly keys: readonly PseudonymKey[] | undefined; readonly tenant: string },
): readonly string[] {
  const plain = normalisedId(id, scope);
  if (plain === undefined) throw new UsageError('--id must not be empty');
  return keys === undefined ? [plain] : pseudonymsOf(id, scope, keys, tenant);
}

function scopeOf(text: string): (typeof SCOPES)[number] {
  const scope = SCOPES.find((one) => one === text);
  if (scope !== undefined) return scope;
  throw new UsageError(`--scope must be one of ${SCOPES.join(', ')}; got "${text}"`);
}

async function isConfirmed(subjects: PrivacyRequest['subjects'], { confirm }: CliIo): Promise<boolean> {
  if (confirm === undefined)
    throw new UsageError(
      'nobody is there to ask (the input is no terminal): say --yes to erase without a question',
    );
  const names = subjects.map(({ scope, subject }) => `  ${scope} ${subject}`).join('\n');
  return await confirm(
    `${printable(`Everything kept under these names will be erased for good:\n${names}`)}\nGo on? [y/N] `,
  );
}

function reportText({ decisions, actions, series, stateRecords, remarks }: PrivacyReportJson): string {
  const lines = [
    `erased ${decisions} decisions, ${actions} actions, ${series} series, ${stateRecords} other records`,
    ...remarks.map((remark) => `not erased: ${remark}`),
    'Backups, snapshots and logs made before are as they were.',
  ];
  return lines.map((line) => `${printable(line)}\n`).join('');
}
