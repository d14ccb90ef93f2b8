import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import { accountName, password as passwordSchema, ROLES, type Role } from '@vedette/api';
import { openAccounts, type OfflineAccounts } from '../compose-accounts.ts';
import { loadStartSettings, START_OPTIONS } from '../config/start-settings.ts';
import { DiskFiles } from '../lib/disk-files.ts';
import { SystemClock } from '../lib/system-clock.ts';
import { SystemRandom } from '../lib/system-random.ts';
import { AuthError } from '../serve/auth/auth-error.ts';
import { SILENT_LOG } from '../telemetry/log.ts';
import { EXIT, parseOptions, UsageError, type CliIo, type Command } from './command.ts';

const ACTIONS = ['add', 'list', 'role', 'disable', 'enable', 'delete', 'password', 'setup-link'] as const;
type Action = (typeof ACTIONS)[number];

export const accountCommand: Command = {
  help: `Accounts of people, in the data directory of a server that is stopped: for the first one, and for when
nobody can sign in any more. While the server runs, accounts are changed on its settings page.

Usage: vedette account list                  names, roles, last sign-ins
       vedette account add NAME ROLE         ROLE is viewer, operator or admin
       vedette account role NAME ROLE
       vedette account password NAME         all sessions of the account end
       vedette account disable|enable NAME
       vedette account delete NAME
       vedette account setup-link            the link that makes the first account, for the next start

Options:
  --data DIR            where samples and state live (default ./data)
  --config FILE         vedette.yml (default ./vedette.yml if it is there)
  --password-file FILE  add, password: the password; without it one is made and printed, once
  --json                list: a line of JSON

Exit codes: 0 done, 1 refused, 2 wrong usage, 4 the directory is in use or cannot be written.

Examples:
  vedette account add ada admin --data /var/lib/vedette
  vedette account password ada --password-file ada.password
`,
  async run(args, io) {
    const { values, positionals } = parseOptions(args, OPTIONS);
    const [name, ...rest] = positionals;
    const action = ACTIONS.find((known) => known === name);
    if (action === undefined)
      throw new UsageError(`want ${ACTIONS.join(', ')}; got ${name === undefined ? 'nothing' : `"${name}"`}`);
    const flags = { passwordFile: values['password-file'], isJson: values.json === true };
    const task = taskOf(action, rest, flags, io);
    const settings = await loadStartSettings({ data: values.data, config: values.config }, io);
    const deps = {
      clock: new SystemClock(),
      random: new SystemRandom(),
      files: new DiskFiles(),
      log: SILENT_LOG,
    };
    const accounts = await openAccounts(deps, settings);
    try {
      await task(accounts);
      return EXIT.ok;
    } catch (error) {
      if (!(error instanceof AuthError)) throw error;
      io.err(`${error.message}\n`);
      return EXIT.checkFailed;
    } finally {
      await accounts.close();
    }
  },
};

const OPTIONS = {
  data: START_OPTIONS.data,
  config: START_OPTIONS.config,
  'password-file': { type: 'string' },
  json: { type: 'boolean' },
} as const;

type Task = (accounts: OfflineAccounts) => Promise<void>;

interface Flags {
  readonly passwordFile: string | undefined;
  readonly isJson: boolean;
}

/** What is to be done, with its arguments checked: a wrong one is told before anything is opened. */
function taskOf(action: Action, args: readonly string[], flags: Flags, io: CliIo): Task {
  if (action === 'list' || action === 'setup-link') {
    if (args[0] !== undefined) throw new UsageError(`unexpected argument "${args[0]}"`);
    return action === 'list' ? (it) => list(it, flags, io) : (it) => setupLink(it, io);
  }
  const [name = '', ...rest] = args;
  if (!accountName.safeParse(name).success)
    throw new UsageError(`want the name of an account: 1 to 100 letters, digits and ._@+-; got "${name}"`);
  const wantsRole = action === 'add' || action === 'role';
  const extra = rest[wantsRole ? 1 : 0];
  if (extra !== undefined) throw new UsageError(`unexpected argument "${extra}"`);
  if (wantsRole) {
    const role = roleOf(rest[0]);
    return action === 'add' ? (it) => add(it, { name, role }, flags, io) : (it) => change(it, name, { role });
  }
  if (action === 'password') return (it) => changePassword(it, name, flags, io);
  if (action === 'delete') return (it) => remove(it, name);
  return (it) => change(it, name, { isDisabled: action === 'disable' });
}

function roleOf(text: string | undefined): Role {
  const role = ROLES.find((known) => known === text);
  if (role === undefined) throw new UsageError(`want a role: ${ROLES.join(', ')}; got "${text ?? ''}"`);
  return role;
}

function list({ identities }: OfflineAccounts, { isJson }: Flags, io: CliIo): Promise<void> {
  const accounts = identities.accounts.list();
  if (isJson) io.out(`${JSON.stringify(accounts)}\n`);
  else if (accounts.length === 0) io.out('no accounts\n');
  else
    for (const { name, role, isDisabled, lastSignInAtMs } of accounts) {
      const seen =
        lastSignInAtMs === null ? 'never signed in' : `signed in ${new Date(lastSignInAtMs).toISOString()}`;
      io.out(`${name}  ${role}  ${isDisabled ? 'disabled' : 'enabled'}  ${seen}\n`);
    }
  return Promise.resolve();
}

async function add(
  { identities, record }: OfflineAccounts,
  { name, role }: { readonly name: string; readonly role: Role },
  flags: Flags,
  io: CliIo,
): Promise<void> {
  const chosen = await passwordOf(flags, io);
  await identities.accounts.add({ name, role, passwordHash: await identities.passwords.hash(chosen.text) });
  await record({ action: 'account.create', target: name, detail: `role ${role}` });
  if (chosen.isMade) io.out(`password of ${name}: ${chosen.text}\n`);
}

async function change(
  { identities, record }: OfflineAccounts,
  name: string,
  wanted: { readonly role?: Role; readonly isDisabled?: boolean },
): Promise<void> {
  await identities.changeAccount(name, wanted);
  const detail =
    wanted.role === undefined ? (wanted.isDisabled === true ? 'disabled' : 'enabled') : `role ${wanted.role}`;
  await record({ action: 'account.update', target: name, detail });
}

async function changePassword(
  { identities, record }: OfflineAccounts,
  name: string,
  flags: Flags,
  io: CliIo,
): Promise<void> {
  const chosen = await passwordOf(flags, io);
  await identities.changeAccount(name, { passwordHash: await identities.passwords.hash(chosen.text) });
  await record({ action: 'account.update', target: name, detail: 'a new password' });
  if (chosen.isMade) io.out(`password of ${name}: ${chosen.text}\n`);
}

async function remove({ identities, record }: OfflineAccounts, name: string): Promise<void> {
  await identities.removeAccount(name);
  await record({ action: 'account.delete', target: name, detail: '' });
}

async function setupLink({ identities, leaveSetupLink }: OfflineAccounts, io: CliIo): Promise<void> {
  if (identities.accounts.hasAdministrator)
    throw new AuthError(
      409,
      'cannot make the link: there is an administrator already; vedette account password gives one a new password',
    );
  const key = await leaveSetupLink();
  io.out(`/setup#k=${key}\n`);
  io.err('start the server with server.accounts: enabled and open this path on it within 10 minutes\n');
}

// 24 characters of 6 bits.
const MADE_PASSWORD_BYTES = 18;

async function passwordOf(
  { passwordFile }: Flags,
  io: CliIo,
): Promise<{ readonly text: string; readonly isMade: boolean }> {
  if (passwordFile === undefined)
    return {
      text: Buffer.from(new SystemRandom().fill(new Uint8Array(MADE_PASSWORD_BYTES))).toString('base64url'),
      isMade: true,
    };
  const file = path.resolve(io.workingDirectory, passwordFile);
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new UsageError(`cannot read the password file "${file}": ${String(error)}`, { cause: error });
  });
  const trimmed = text.replace(/\r?\n$/, '');
  if (!passwordSchema.safeParse(trimmed).success)
    throw new UsageError(`the password in "${file}" must have 12 to 256 characters; got ${trimmed.length}`);
  return { text: trimmed, isMade: false };
}
