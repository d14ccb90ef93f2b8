/** Reads and writes the key file of an application's pseudonyms. What is wrong with it is wrong usage; no key is ever printed. */
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { FatalError } from '@vedette/model';
import { formatKeyFile, parseKeyFile, type PseudonymKey } from '@vedette/sdk';
import { UsageError } from '../command.ts';

// The owner's alone: who has the keys can name everybody.
const PRIVATE_MODE = 0o600;

export async function readKeyFile(file: string): Promise<readonly PseudonymKey[]> {
  try {
    return parseKeyFile(await readFile(file, 'utf8'));
  } catch (error) {
    throw new UsageError(`cannot use the key file "${file}": ${reasonOf(error)}`, { cause: error });
  }
}

/** Writes a file that only its owner can read; one that is there already stays as it is. */
export async function writePrivateFile(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text, { flag: 'wx', mode: PRIVATE_MODE, flush: true });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST')
      throw new UsageError(`cannot write "${file}": it exists already; name another one`, { cause: error });
    throw cannotWrite(file, error);
  }
}

/** Either the old keys are in the file, or the new ones: without its keys an application forgets whom it has banned. */
export async function replaceKeyFile(file: string, keys: readonly PseudonymKey[]): Promise<void> {
  const next = path.join(path.dirname(file), `.${path.basename(file)}.new`);
  await rm(next, { force: true });
  await writePrivateFile(next, formatKeyFile(keys));
  try {
    await rename(next, file);
  } catch (error) {
    await rm(next, { force: true });
    throw cannotWrite(file, error);
  }
}

function cannotWrite(file: string, error: unknown): FatalError {
  return new FatalError('VED_STORAGE_UNUSABLE', `cannot write "${file}": ${reasonOf(error)}`, {
    cause: error,
  });
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
