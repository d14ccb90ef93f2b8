import * as path from 'node:path';
import { DiskFiles } from '../lib/disk-files.ts';
import { SystemClock } from '../lib/system-clock.ts';
import { TimeSlicer } from '../lib/time-slicer.ts';
import { restoreBackup } from '../store/backup/restore-backup.ts';
import { printBackup } from './backup/print-backup.ts';
import { assertNoArguments, EXIT, parseOptions, UsageError, type Command } from './command.ts';
import { StoppedError, withStopSignal } from './stop-signal.ts';

export const restoreCommand: Command = {
  help: `Puts a backup into an empty data directory. Every checksum is looked at before anything is written,
and everything is read again afterwards; when something differs the directory stays empty.

Usage: vedette restore --from DIR --data DIR [--json]

Options:
  --from DIR   a directory that vedette backup wrote
  --data DIR   the data directory: empty, or not there; only this user may read what comes into it
  --json       print the manifest of what was restored

A configuration in the backup stays there, below config/: put it where it belongs yourself.

Exit codes: 0 done, 1 the backup is damaged, 2 wrong usage, 4 the directory, its lock, the disk, or a backup
of a newer version.

Examples:
  vedette restore --from /backups/vedette-2026-11-21 --data /var/lib/vedette
  vedette restore --from /backups/vedette-2026-11-21 --data /tmp/drill && vedette start --data /tmp/drill
`,
  async run(args, io) {
    const { values, positionals } = parseOptions(args, {
      from: { type: 'string' },
      data: { type: 'string' },
      json: { type: 'boolean' },
    });
    assertNoArguments(positionals);
    const { from, data } = values;
    if (from === undefined || data === undefined) throw new UsageError('want --from DIR and --data DIR');
    // As the backup is: samples, alerts and sessions are nobody else's business.
    process.umask(0o077);
    const slicer = new TimeSlicer(new SystemClock());
    const directories = {
      from: path.resolve(io.workingDirectory, from),
      dataDirectory: path.resolve(io.workingDirectory, data),
    };
    try {
      const manifest = await withStopSignal((signal) =>
        restoreBackup({ files: new DiskFiles(), slicer }, directories, signal),
      );
      if (values.json === true) io.out(`${JSON.stringify(manifest)}\n`);
      else io.out(`restored "${from}" to "${data}"\n${printBackup(manifest)}`);
      return EXIT.ok;
    } catch (error) {
      if (!(error instanceof StoppedError)) throw error;
      io.err('stopped; nothing was restored\n');
      return EXIT.checkFailed;
    }
  },
};
