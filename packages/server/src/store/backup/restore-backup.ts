import { FatalError, type Files, type Slicer } from '@vedette/model';
import { lockDataDirectory } from '../data-directory.ts';
import { readPieces } from './file-tree.ts';
import { invalid, readManifest, type Manifest } from './manifest.ts';
import { RESTORE_STAGING } from './restore-staging.ts';
import { assertSameContent, readBackupContent, verifyFiles } from './verify-backup.ts';
import { failureOf, syncDirectories, writeFile } from './write-backup.ts';

/** What is taken out of a backup, in the order in which it gets its place. */
const PARTS = ['metrics', 'imports', 'state.db'] as const;

/** The lock of a data directory, which is there when it was ever looked at. */
const LOCK = /^lock\.db(?:-journal)?$/;

/**
 * Puts a backup into an empty data directory.
 *
 * 1. Manifest and every file are checked before anything is written.
 * 2. The files are copied to `restore.tmp` in the data directory, checked by their bytes again, and read as a
 *    verification reads them: the counts must be those of the manifest.
 * 3. They get their places, and `restore.tmp` goes. Killed before that, no server starts there (`assertNoRestore`);
 *    the same command begins anew.
 *
 * Rejects with `FatalError`: VED_BACKUP_TARGET for a directory that is not empty, VED_DATA_LOCKED, VED_STORAGE_FULL,
 * VED_STORAGE_UNUSABLE; and like `verifyBackup`. The directory is then as it was.
 */
export async function restoreBackup(
  deps: { readonly files: Files; readonly slicer: Slicer },
  { from, dataDirectory }: { readonly from: string; readonly dataDirectory: string },
  signal: AbortSignal,
): Promise<Manifest> {
  const { files } = deps;
  const manifest = await readManifest(files, from);
  await assertEmpty(files, dataDirectory);
  await verifyFiles(files, from, manifest.files, signal);
  const lock = lockDataDirectory(dataDirectory);
  try {
    await assertEmpty(files, dataDirectory);
    await clear(files, dataDirectory);
    try {
      await copyFiles(deps, { from, dataDirectory, manifest }, signal);
      await settle(files, dataDirectory);
    } catch (error) {
      await clear(files, dataDirectory).catch(() => undefined);
      throw failureOf(error, dataDirectory);
    }
  } finally {
    lock.release();
  }
  return manifest;
}

/** A directory with the traces of an interrupted restore counts as empty: no server has run there. */
async function assertEmpty(files: Files, dataDirectory: string): Promise<void> {
  const found = (await files.list(dataDirectory)).map(({ name }) => name).filter((name) => !LOCK.test(name));
  const isInterrupted = found.includes(RESTORE_STAGING);
  const other = found.find((name) => !isInterrupted || ![RESTORE_STAGING, ...PARTS].includes(name));
  if (other === undefined) return;
  throw new FatalError(
    'VED_BACKUP_TARGET',
    `cannot restore into "${dataDirectory}": "${other}" is there; name an empty directory, or move what is in this one away`,
  );
}

async function clear(files: Files, dataDirectory: string): Promise<void> {
  for (const name of [...PARTS, RESTORE_STAGING]) await files.remove(`${dataDirectory}/${name}`);
}

async function copyFiles(
  deps: { readonly files: Files; readonly slicer: Slicer },
  { from, dataDirectory, manifest }: { from: string; dataDirectory: string; manifest: Manifest },
  signal: AbortSignal,
): Promise<void> {
  const { files } = deps;
  const staging = `${dataDirectory}/${RESTORE_STAGING}`;
  await files.makeDirectory(staging);
  await files.syncDirectory(dataDirectory);
  const wanted = manifest.files.filter(({ path }) => !path.startsWith('config/'));
  for (const { path, sha256 } of wanted) {
    const written = await writeFile(
      files,
      `${staging}/${path}`,
      readPieces(files, `${from}/${path}`),
      signal,
    );
    if (written.sha256 !== sha256)
      throw invalid(from, `"${path}" changed while it was copied; nothing was restored`);
  }
  await syncDirectories(files, staging, wanted);
  assertSameContent(staging, await readBackupContent(deps, staging), manifest.content);
}

async function settle(files: Files, dataDirectory: string): Promise<void> {
  const staging = `${dataDirectory}/${RESTORE_STAGING}`;
  const found = new Set((await files.list(staging)).map(({ name }) => name));
  for (const name of PARTS)
    if (found.has(name)) await files.rename(`${staging}/${name}`, `${dataDirectory}/${name}`);
  await files.remove(staging);
  await files.syncDirectory(dataDirectory);
}
