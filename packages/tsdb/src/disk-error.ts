import { ExpectedError, UnavailableError } from '@vedette/model';

/** The error for callers when the disk refused. */
export function unavailable(what: string, cause: unknown): UnavailableError {
  const isFull = cause instanceof Error && 'code' in cause && cause.code === 'ENOSPC';
  const reason = cause instanceof Error ? cause.message : String(cause);
  return isFull
    ? new UnavailableError('VED_STORAGE_FULL', `cannot ${what}: the disk is full; free space on it`, {
        cause,
      })
    : new UnavailableError('VED_STORAGE_FAILED', `cannot ${what}: ${reason}`, { cause });
}

/** Does it, and throws what the disk throws as what it means to callers; anything else as it is. */
export async function orUnavailable<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw isDiskError(error) ? unavailable(what, error) : error;
  }
}

/** Codes of the system begin with E; those of Node itself are mistakes of ours. */
export function isDiskError(error: unknown): error is Error & { readonly code: unknown } {
  if (!(error instanceof Error) || error instanceof ExpectedError || !('code' in error)) return false;
  return /^E(?!RR_)/.test(String(error.code));
}
