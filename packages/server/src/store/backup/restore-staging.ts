import { FatalError, type Files } from '@vedette/model';

/** Below the data directory while a restore is under way; with it there, no server starts. */
export const RESTORE_STAGING = 'restore.tmp';

/** Throws `FatalError` (VED_RESTORE_UNFINISHED) when a restore into the directory was interrupted. */
export async function assertNoRestore(files: Files, dataDirectory: string): Promise<void> {
  if (!(await files.list(dataDirectory)).some(({ name }) => name === RESTORE_STAGING)) return;
  throw new FatalError(
    'VED_RESTORE_UNFINISHED',
    `cannot start on "${dataDirectory}": a restore into it was interrupted; run vedette restore again, or remove "${RESTORE_STAGING}" and all beside it to start with nothing`,
  );
}
