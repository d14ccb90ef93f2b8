/** Runs a task that SIGINT and SIGTERM ask to stop: it cleans up and rejects with the reason of the signal. */
export async function withStopSignal<T>(task: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const abort = new AbortController();
  const onStop = (): void => abort.abort(new StoppedError('stopped'));
  process.once('SIGINT', onStop).once('SIGTERM', onStop);
  try {
    return await task(abort.signal);
  } finally {
    process.removeListener('SIGINT', onStop).removeListener('SIGTERM', onStop);
  }
}

/** Asked to by a signal of the system. */
export class StoppedError extends Error {}
