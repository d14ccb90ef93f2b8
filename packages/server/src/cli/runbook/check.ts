/** `vedette check runbooks`: all faults of all files at once, and what is worth a look. */
import * as path from 'node:path';
import { InputError } from '@vedette/model';
import { DiskFiles } from '../../lib/disk-files.ts';
import { SystemClock } from '../../lib/system-clock.ts';
import {
  formatRunbookFault,
  parseRunbook,
  readRunbookText,
  remarksOn,
  RunbookError,
  runbookFilesOf,
} from '../../respond/runbook/index.ts';
import type { CliIo } from '../command.ts';

/** A file, or a folder with what lies below it. Rejects with `InputError` when there are faults. */
export async function checkRunbooks(given: string, { workingDirectory }: CliIo): Promise<string> {
  const files = new DiskFiles();
  const absolute = path.resolve(workingDirectory, given);
  const found = await runbookFilesOf(files, absolute);
  if (found.length === 0)
    throw new InputError('VED_RUNBOOK_INVALID', `cannot check "${given}": no Markdown is there`);
  const nowMs = new SystemClock().nowMs();
  const faults: string[] = [];
  const warnings: string[] = [];
  const byId = new Map<string, string>();
  for (const one of found) {
    const shown = path.join(given, path.relative(absolute, one.file));
    try {
      const text = await readRunbookText(files, one);
      const runbook = parseRunbook(text, { file: shown, origin: 'own' });
      const other = byId.get(runbook.id.toLowerCase());
      if (other !== undefined)
        faults.push(
          formatRunbookFault(shown, {
            line: 1,
            column: 1,
            message: `"${other}" has its id, "${runbook.id}"`,
          }),
        );
      byId.set(runbook.id.toLowerCase(), shown);
      for (const remark of remarksOn(text, runbook, nowMs))
        warnings.push(`warning: ${formatRunbookFault(shown, remark)}`);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      faults.push(error instanceof RunbookError ? error.message : `${shown}: ${error.message}`);
    }
  }
  if (faults.length > 0) throw new InputError('VED_RUNBOOK_INVALID', [...faults, ...warnings].join('\n'));
  const count = `${found.length} ${found.length === 1 ? 'runbook' : 'runbooks'}`;
  return [
    `${count}, ${warnings.length === 0 ? 'nothing to say' : `${warnings.length} warnings`}`,
    ...warnings,
  ].join('\n');
}
