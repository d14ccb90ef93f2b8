import { ExpectedError, FatalError, type ErrorCode } from '@vedette/model';
import { findNearest } from '../lib/nearest.ts';
import { EXIT, UsageError, type CliIo, type Command } from './command.ts';

/** Every command: imported when it is used, so that `vedette version` does not load the server. */
export const COMMANDS: readonly {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<Command>;
}[] = [
  {
    name: 'start',
    summary: 'run the server (the default)',
    load: async () => (await import('./start.ts')).startCommand,
  },
  {
    name: 'check',
    summary: 'check configuration, rule and alerting files, and runbooks',
    load: async () => (await import('./check.ts')).checkCommand,
  },
  {
    name: 'dashboard',
    summary: 'tell what of a Grafana dashboard is shown',
    load: async () => (await import('./dashboard.ts')).dashboardCommand,
  },
  {
    name: 'alertmanager',
    summary: 'run the alert part alone, as Alertmanager',
    load: async () => (await import('./alertmanager.ts')).alertmanagerCommand,
  },
  {
    name: 'alert',
    summary: 'alerts and silences of a running server, and why somebody was told or not',
    load: async () => (await import('./alert.ts')).alertCommand,
  },
  {
    name: 'runbook',
    summary: 'write runbooks, and tell which ones fit an alert',
    load: async () => (await import('./runbook.ts')).runbookCommand,
  },
  {
    name: 'guard',
    summary: 'decisions of a running server: who is refused and why; ban, lift, approve',
    load: async () => (await import('./guard.ts')).guardCommand,
  },
  {
    name: 'privacy',
    summary: 'copy or erase what is kept about a person; keep the keys of pseudonyms',
    load: async () => (await import('./privacy.ts')).privacyCommand,
  },
  {
    name: 'account',
    summary: 'accounts of people, while the server is stopped; the link that makes the first',
    load: async () => (await import('./account.ts')).accountCommand,
  },
  {
    name: 'test',
    summary: 'run unit tests of rules',
    load: async () => (await import('./test.ts')).testCommand,
  },
  {
    name: 'query',
    summary: 'ask a running server a PromQL question',
    load: async () => (await import('./query.ts')).queryCommand,
  },
  {
    name: 'import',
    summary: 'take over the samples of a Prometheus',
    load: async () => (await import('./import.ts')).importCommand,
  },
  {
    name: 'backup',
    summary: 'copy everything a server keeps, or check such a copy',
    load: async () => (await import('./backup.ts')).backupCommand,
  },
  {
    name: 'restore',
    summary: 'put a backup into an empty data directory',
    load: async () => (await import('./restore.ts')).restoreCommand,
  },
  {
    name: 'doctor',
    summary: 'look for what is wrong with this installation',
    load: async () => (await import('./doctor.ts')).doctorCommand,
  },
  {
    name: 'version',
    summary: 'print versions',
    load: async () => (await import('./version.ts')).versionCommand,
  },
];

/** Runs one command line; resolves with the exit code. Nothing is thrown past here but bugs. */
export async function runCli(args: readonly string[], io: CliIo): Promise<number> {
  const [first, ...rest] = args;
  if (first === '--help' || first === '-h' || first === 'help') return help(rest, io);
  if (first === '--version') return runCommand('version', rest, io);
  // `vedette --config x` is `vedette start --config x`.
  if (first === undefined || first.startsWith('-')) return runCommand('start', args, io);
  return runCommand(first, rest, io);
}

async function runCommand(name: string, args: readonly string[], io: CliIo): Promise<number> {
  const entry = COMMANDS.find((candidate) => candidate.name === name);
  if (entry === undefined) return unknownCommand(name, io);
  const command = await entry.load();
  if (args.includes('--help') || args.includes('-h')) {
    io.out(command.help);
    return EXIT.ok;
  }
  try {
    return await command.run(args, io);
  } catch (error) {
    return reportFailure(name, error, io);
  }
}

function unknownCommand(name: string, io: CliIo): number {
  const nearest = findNearest(
    name,
    COMMANDS.map((candidate) => candidate.name),
  );
  io.err(
    `vedette: unknown command "${name}"${nearest === undefined ? '' : `; did you mean "${nearest}"?`}\nSee "vedette --help".\n`,
  );
  return EXIT.usage;
}

function reportFailure(name: string, error: unknown, io: CliIo): number {
  if (error instanceof UsageError) {
    io.err(`vedette ${name}: ${error.message}\nSee "vedette ${name} --help".\n`);
    return EXIT.usage;
  }
  if (error instanceof ExpectedError) {
    io.err(`${error instanceof FatalError ? 'FATAL: ' : ''}${error.message}\n`);
    return exitCodeOf(error.code);
  }
  throw error;
}

const USAGE_CODES: ReadonlySet<ErrorCode> = new Set([
  'VED_CONFIG_INVALID',
  'VED_RULES_INVALID',
  'VED_TEMPLATE_INVALID',
]);
const ENVIRONMENT_CODES: ReadonlySet<ErrorCode> = new Set([
  'VED_BACKUP_TARGET',
  'VED_DATA_LOCKED',
  'VED_FORMAT_UNKNOWN',
  'VED_LISTEN_FAILED',
  'VED_RESTORE_UNFINISHED',
  'VED_STORAGE_CORRUPT',
  'VED_STORAGE_FAILED',
  'VED_STORAGE_FULL',
  'VED_STORAGE_UNUSABLE',
]);

const UNREACHABLE_CODES: ReadonlySet<ErrorCode> = new Set([
  'VED_ALERTS_UNREACHABLE',
  'VED_BACKUP_UNREACHABLE',
  'VED_GUARD_UNREACHABLE',
  'VED_IMPORT_UNREACHABLE',
]);

function exitCodeOf(code: ErrorCode): number {
  if (USAGE_CODES.has(code)) return EXIT.usage;
  if (UNREACHABLE_CODES.has(code)) return EXIT.unreachable;
  return ENVIRONMENT_CODES.has(code) ? EXIT.environment : EXIT.checkFailed;
}

async function help(args: readonly string[], io: CliIo): Promise<number> {
  const entry = COMMANDS.find((candidate) => candidate.name === args[0]);
  if (entry !== undefined) {
    io.out((await entry.load()).help);
    return EXIT.ok;
  }
  if (args[0] !== undefined && !args[0].startsWith('-')) return unknownCommand(args[0], io);
  const width = Math.max(...COMMANDS.map(({ name }) => name.length));
  const lines = COMMANDS.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  io.out(`Vedette watches an application and acts on what it sees.

Usage: vedette [command] [options]

${lines.join('\n')}

Examples:
  vedette                                      start with defaults on http://127.0.0.1:8080
  vedette start --config vedette.yml           start with a configuration (a prometheus.yml works too)
  vedette query 'sum by (mode) (rate(node_cpu_seconds_total[1m]))'

"vedette COMMAND --help" tells more about each. Exit codes: 0 ok, 1 failed check,
2 usage or configuration, 3 not reachable, 4 environment (port, lock, disk).
`);
  return EXIT.ok;
}
