/** What every adapter of `StateStore` refuses, and in which words: the limits stand in `port.ts`. */
import { ConflictError, InputError } from '@vedette/model';
import { ROWS_PER_TRANSACTION_MAX } from './group-commit.ts';
import type { DocumentWrite } from './port.ts';

/** Keys are names, not texts: 512 bytes hold a label set's hash with room for a path. */
const KEY_BYTES_MAX = 512;

/** A value is one document, not a file: 1 MiB parses in about 5 ms. */
const VALUE_BYTES_MAX = 1024 * 1024;

export function assertKeys(...keys: readonly string[]): void {
  for (const key of keys) {
    const bytes = Buffer.byteLength(key);
    if (bytes >= 1 && bytes <= KEY_BYTES_MAX && key.isWellFormed()) continue;
    throw new InputError(
      'VED_STATE_TOO_LARGE',
      `cannot use "${key.slice(0, 80)}" as a key of the state store: must be valid text of 1 to ${KEY_BYTES_MAX} bytes; got ${bytes}`,
    );
  }
}

export function assertCount(what: string, count: number): void {
  if (count <= ROWS_PER_TRANSACTION_MAX) return;
  throw new InputError(
    'VED_STATE_TOO_LARGE',
    `cannot write to the state store: got ${count} ${what} in one call, want at most ${ROWS_PER_TRANSACTION_MAX}`,
  );
}

export function jsonOf(value: unknown, key: string): string {
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) {
    throw new InputError('VED_STATE_TOO_LARGE', `cannot write "${key}": the value is no JSON value`);
  }
  const bytes = Buffer.byteLength(text);
  if (bytes <= VALUE_BYTES_MAX) return text;
  throw new InputError(
    'VED_STATE_TOO_LARGE',
    `cannot write "${key}" to the state store: the value has ${bytes} bytes, limit is ${VALUE_BYTES_MAX}`,
  );
}

export function conflictOf(write: DocumentWrite, stored: number): ConflictError {
  return new ConflictError(
    'VED_STATE_CONFLICT',
    `cannot write document "${write.key}" in "${write.collection}": somebody else wrote it; got version ${stored}, want ${write.ifVersion}`,
  );
}
