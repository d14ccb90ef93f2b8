import { readFile } from 'node:fs/promises';
import { UsageError } from './command.ts';

/** The text of a token file; one that cannot be read is wrong usage. */
export async function readTokenFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new UsageError(
      `cannot read the token file "${file}": ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
}
