import { readFile, stat } from 'node:fs/promises';
import * as path from 'node:path';
import type { Clock, Files } from '@vedette/model';
import { configDirectory } from '../config/load.ts';
import { loadStartSettings, type StartSettings } from '../config/start-settings.ts';
import { DiskFiles } from '../lib/disk-files.ts';
import { SystemClock } from '../lib/system-clock.ts';
import { SystemRandom } from '../lib/system-random.ts';
import { TimeSlicer } from '../lib/time-slicer.ts';
import { VEDETTE_VERSION } from '../lib/version.ts';
import { StagedBackups } from '../store/backup/hot-backups.ts';
import type { Manifest } from '../store/backup/manifest.ts';
import type { HotBackups } from '../store/backup/port.ts';
import { createStoppedMetrics } from '../store/backup/stopped-metrics.ts';
import { verifyBackup } from '../store/backup/verify-backup.ts';
import { writeBackup } from '../store/backup/write-backup.ts';
import { lockDataDirectory } from '../store/data-directory.ts';
import { SILENT_LOG } from '../telemetry/log.ts';
import { HttpBackups } from './backup/http-backups.ts';
import { printBackup } from './backup/print-backup.ts';
import { assertNoArguments, EXIT, parseOptions, UsageError, type CliIo, type Command } from './command.ts';
import { readTokenFile } from './token-file.ts';
import { StoppedError, withStopSignal } from './stop-signal.ts';

export const backupCommand: Command = {
  help: `Copies everything a server keeps (samples, state, the configuration if named) to a directory, and
reads the copy back. It is complete, or it is not there. A running server goes on meanwhile.

Usage: vedette backup [--url URL] --out DIR      of a running server
       vedette backup --data DIR --out DIR       of a stopped one
       vedette backup --verify DIR               reads a backup and compares it with its manifest

Options:
  --out DIR           a directory that does not exist yet; only this user may read it
  --url URL           the server (default VEDETTE_URL, else where --config listens, else http://127.0.0.1:8080)
  --data DIR          the data directory of a stopped server
  --config FILE       put this file into the backup, too
  --token-file FILE   send the token in this file (or VEDETTE_TOKEN_FILE)
  --json              print the manifest

Exit codes: 0 done, 1 the backup is damaged or was refused, 2 wrong usage, 3 the server is not reachable,
4 the directory, its lock or the disk.

Examples:
  vedette backup --out /backups/vedette-$(date +%F)
  vedette backup --data /var/lib/vedette --config /etc/vedette.yml --out /backups/before-upgrade
  vedette backup --verify /backups/vedette-2026-11-21
`,
  async run(args, io) {
    const { values, positionals } = parseOptions(args, {
      out: { type: 'string' },
      url: { type: 'string' },
      data: { type: 'string' },
      config: { type: 'string' },
      'token-file': { type: 'string' },
      verify: { type: 'string' },
      json: { type: 'boolean' },
    });
    assertNoArguments(positionals);
    const task = taskOf(values, io);
    try {
      const manifest = await withStopSignal((signal) => task.run(signal));
      io.out(
        values.json === true ? `${JSON.stringify(manifest)}\n` : `${task.done}\n${printBackup(manifest)}`,
      );
      return EXIT.ok;
    } catch (error) {
      if (!(error instanceof StoppedError)) throw error;
      io.err('stopped; nothing was kept\n');
      return EXIT.checkFailed;
    }
  },
};

interface BackupFlags {
  readonly out?: string | undefined;
  readonly url?: string | undefined;
  readonly data?: string | undefined;
  readonly config?: string | undefined;
  readonly 'token-file'?: string | undefined;
  readonly verify?: string | undefined;
}

interface Task {
  /** What is said when it has ended well. */
  readonly done: string;
  readonly run: (signal: AbortSignal) => Promise<Manifest>;
}

function taskOf(flags: BackupFlags, io: CliIo): Task {
  const clock = new SystemClock();
  const deps = { clock, files: new DiskFiles(), slicer: new TimeSlicer(clock), onProgress: () => undefined };
  const { verify, out } = flags;
  if (verify !== undefined) {
    if (out !== undefined) throw new UsageError('--verify reads a backup; it goes without --out');
    const directory = path.resolve(io.workingDirectory, verify);
    return {
      done: `backup "${verify}" is sound`,
      run: (signal) => verifyBackup(deps, directory, signal),
    };
  }
  if (out === undefined) throw new UsageError('--out is missing: the directory to write');
  if (flags.data !== undefined && flags.url !== undefined)
    throw new UsageError('want --url for a running server or --data for a stopped one; got both');
  const target = path.resolve(io.workingDirectory, out);
  return {
    done: `wrote backup "${out}"`,
    run: async (signal) => {
      // Samples, alerts, a configuration: nobody else's business.
      process.umask(0o077);
      const settings = await loadStartSettings({ data: flags.data, config: flags.config }, io);
      const extra = await extraFilesOf(flags, io);
      const open = flags.data === undefined ? openRunning : openStopped;
      const { source, backups, close } = await open({ ...deps, flags, settings, io, signal });
      try {
        const options = { target, source, vedetteVersion: VEDETTE_VERSION, extra };
        return await writeBackup(deps, backups, options, signal);
      } finally {
        await close();
      }
    },
  };
}

/** The configuration as it stands in its file. */
async function extraFilesOf(
  { config }: BackupFlags,
  { workingDirectory }: CliIo,
): Promise<readonly { path: string; bytes: Uint8Array }[]> {
  if (config === undefined) return [];
  const bytes = await readFile(path.resolve(workingDirectory, config));
  return [{ path: `config/${path.basename(config)}`, bytes }];
}

interface OpenDeps {
  readonly clock: Clock;
  readonly files: Files;
  readonly flags: BackupFlags;
  readonly settings: StartSettings;
  readonly io: CliIo;
  readonly signal: AbortSignal;
}

interface Opened {
  readonly source: string;
  readonly backups: HotBackups;
  readonly close: () => Promise<void>;
}

async function openRunning({ flags, settings, io, signal }: OpenDeps): Promise<Opened> {
  const { config, configFile } = settings;
  const given = flags.url ?? io.env['VEDETTE_URL'];
  const url = given ?? urlOfListen(config.server.listen);
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url))
    throw new UsageError(`--url must be a URL such as http://127.0.0.1:8080; got "${url}"`);
  const named = flags['token-file'] ?? io.env['VEDETTE_TOKEN_FILE'];
  const { token_file } = config.server;
  // A token of ours goes to our own address alone.
  const own = given === undefined && token_file !== undefined ? token_file : undefined;
  const file =
    named === undefined
      ? own && path.resolve(configDirectory(configFile, io.workingDirectory), own)
      : path.resolve(io.workingDirectory, named);
  const token = file === undefined ? undefined : (await readTokenFile(file)).trim();
  return { source: url, backups: new HttpBackups(url, token, signal), close: () => Promise.resolve() };
}

/** A wildcard is reached on loopback. */
function urlOfListen(listen: string): string {
  return `http://${listen.replace(/^(?:0\.0\.0\.0|\[::\])?:/, '127.0.0.1:')}`;
}

async function openStopped({ clock, files, settings }: OpenDeps): Promise<Opened> {
  const directory = settings.dataDirectory;
  if (
    !(await stat(path.join(directory, 'state.db')).then(
      () => true,
      () => false,
    ))
  )
    throw new UsageError(`--data "${directory}" is no data directory: it has no state.db`);
  const lock = lockDataDirectory(directory);
  const backups = new StagedBackups(
    {
      clock,
      files,
      random: new SystemRandom(),
      log: SILENT_LOG,
      admin: createStoppedMetrics(files, `${directory}/metrics`),
    },
    directory,
  );
  const close = async (): Promise<void> => {
    await backups.stop();
    lock.release();
  };
  return { source: directory, backups, close };
}
