/**
 * Waits for work that goes on by itself: ends with it, or when `signal` aborts, with the signal's reason. What comes of work
 * that is given up, also its failure, nobody hears.
 */
export async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const gone = Promise.withResolvers<never>();
  const leave = (): void => gone.reject(signal.reason);
  if (signal.aborted) leave();
  else signal.addEventListener('abort', leave, { once: true });
  try {
    return await Promise.race([gone.promise, work]);
  } finally {
    signal.removeEventListener('abort', leave);
  }
}
