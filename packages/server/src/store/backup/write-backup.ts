import { createHash } from 'node:crypto';
import * as path from 'node:path';
import { ExpectedError, FatalError, type Clock, type Files, type Slicer } from '@vedette/model';
import {
  invalid,
  isDataPath,
  MANIFEST,
  writeManifest,
  type Manifest,
  type ManifestFile,
} from './manifest.ts';
import type { HotBackups, StagedBackup } from './port.ts';
import { readBackupContent } from './verify-backup.ts';

export interface WriteBackupDeps {
  readonly files: Files;
  readonly clock: Clock;
  readonly slicer: Slicer;
  /** Told of the files that are written. */
  readonly onProgress: (done: { readonly files: number; readonly bytes: number }) => void;
}

export interface WriteBackupOptions {
  /** The address or the directory that is backed up, for people. */
  readonly source: string;
  /** Must not exist, or be empty; it gets its name when everything is in it and was read back. */
  readonly target: string;
  readonly vedetteVersion: string;
  /** Files beside what the source has: the configuration. */
  readonly extra: readonly { readonly path: string; readonly bytes: Uint8Array }[];
}

/** What is not finished has this ending; the next backup to the same place removes it. */
const UNFINISHED = '.tmp';

/**
 * Writes a backup: complete, read back and synced, or not there at all. Each file is hashed as it comes; then the copy is
 * read as a verification reads it, so that what the original has lost is found today and not on the day of the restore.
 * Rejects with `FatalError`: VED_BACKUP_TARGET, VED_STORAGE_FULL, VED_STORAGE_UNUSABLE; `InputError` VED_BACKUP_INVALID
 * when what was read cannot be right; and what the source rejects with.
 */
export async function writeBackup(
  deps: WriteBackupDeps,
  backups: HotBackups,
  options: WriteBackupOptions,
  signal: AbortSignal,
): Promise<Manifest> {
  const { files, clock } = deps;
  const { target, vedetteVersion, source } = options;
  await assertFree(files, target);
  const unfinished = target + UNFINISHED;
  const createdAt = new Date(clock.nowMs()).toISOString();
  // Before anything is removed: while another backup is under way, what is there may be its.
  const staged = await backups.begin();
  try {
    assertInside(staged, source);
    // Another one may have come to its end since the first look.
    await assertFree(files, target);
    await files.remove(unfinished);
    await files.makeDirectory(unfinished);
    const pieces = (file: string): Promise<AsyncIterable<Uint8Array>> => backups.open(staged.name, file);
    const written = await writeFiles(deps, { staged, pieces, directory: unfinished, options }, signal);
    const content = await readBackupContent(deps, unfinished);
    const manifest = { vedetteVersion, createdAt, source, files: written, content };
    const whole = await writeManifest(files, unfinished, manifest);
    await syncDirectories(files, unfinished, written);
    await files.rename(unfinished, target);
    // Not before: it keeps away whoever would begin with removing what is unfinished.
    await backups.end(staged.name).catch(() => undefined);
    return whole;
  } catch (error) {
    // The next backup to the same place removes what cannot be removed now.
    await files.remove(unfinished).catch(() => undefined);
    // A server that is gone has nothing to end; any other ends it by itself.
    await backups.end(staged.name).catch(() => undefined);
    throw failureOf(error, target);
  }
}

async function assertFree(files: Files, target: string): Promise<void> {
  const found = await files.list(target);
  if (found.length === 0) return;
  const what = found.some(({ name }) => name === MANIFEST) ? 'a backup is there' : 'something is in it';
  throw new FatalError(
    'VED_BACKUP_TARGET',
    `cannot write a backup to "${target}": ${what}; name a directory that does not exist, such as one with the date`,
  );
}

/** Paths come from a server that may be anybody's: none leads out of the target. */
function assertInside({ files }: StagedBackup, source: string): void {
  const outside = files.find((file) => !isDataPath(file.path));
  if (outside === undefined) return;
  throw invalid(
    source,
    `it names the file ${JSON.stringify(outside.path)}, which no backup has; is this a server of Vedette, and yours?`,
  );
}

interface Work {
  readonly staged: StagedBackup;
  readonly pieces: (path: string) => Promise<AsyncIterable<Uint8Array>>;
  readonly directory: string;
  readonly options: WriteBackupOptions;
}

async function writeFiles(
  { files, onProgress }: WriteBackupDeps,
  { staged, pieces, directory, options }: Work,
  signal: AbortSignal,
): Promise<readonly ManifestFile[]> {
  const written: ManifestFile[] = [];
  let bytes = 0;
  for (const file of staged.files) {
    signal.throwIfAborted();
    const one = await writeFile(files, `${directory}/${file.path}`, await pieces(file.path), signal);
    if (one.sizeBytes !== file.sizeBytes)
      throw new FatalError(
        'VED_BACKUP_UNREACHABLE',
        `cannot back up "${options.source}": "${file.path}" ended after ${one.sizeBytes} bytes, want ${file.sizeBytes}; try again`,
      );
    written.push({ path: file.path, ...one });
    onProgress({ files: written.length, bytes: (bytes += one.sizeBytes) });
  }
  for (const { path: name, bytes: content } of options.extra)
    written.push({ path: name, ...(await writeFile(files, `${directory}/${name}`, [content], signal)) });
  return written;
}

/** Writes and syncs a file; its directory is the caller's. */
export async function writeFile(
  files: Files,
  target: string,
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  signal: AbortSignal,
): Promise<{ sizeBytes: number; sha256: string }> {
  await files.makeDirectory(path.dirname(target));
  const hash = createHash('sha256');
  const appender = await files.openAppender(target);
  try {
    for await (const piece of pieces) {
      signal.throwIfAborted();
      hash.update(piece);
      await appender.append(piece);
    }
    await appender.sync();
    return { sizeBytes: appender.sizeBytes, sha256: hash.digest('hex') };
  } finally {
    await appender.close();
  }
}

/** Makes the entries of all directories of the copy durable. */
export async function syncDirectories(
  files: Files,
  directory: string,
  written: readonly { readonly path: string }[],
): Promise<void> {
  const below = new Set(written.flatMap(({ path: name }) => ancestorsOf(name)));
  for (const name of below) await files.syncDirectory(`${directory}/${name}`);
  await files.syncDirectory(directory);
}

function ancestorsOf(name: string): string[] {
  const parent = path.dirname(name);
  return parent === '.' ? [] : [parent, ...ancestorsOf(parent)];
}

/** An error of the disk as one for people; any other as it is. */
export function failureOf(error: unknown, target: string): unknown {
  if (error instanceof ExpectedError || !(error instanceof Error) || !('code' in error)) return error;
  const code = String(error.code);
  if (!/^E(?!RR_)/.test(code)) return error;
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new FatalError(
      'VED_STORAGE_FULL',
      `cannot write "${target}": the disk is full; what was written was removed; free space, or choose another disk`,
      { cause: error },
    );
  return new FatalError(
    'VED_STORAGE_UNUSABLE',
    `cannot write "${target}": ${error.message}; choose a directory that this user may write to`,
    { cause: error },
  );
}
