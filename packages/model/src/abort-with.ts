/**
 * Aborts `controller` with the reason of `signal` as soon as that aborts, at once if it has already. The function
 * returned ends that: call it when the work is over, or the signal keeps the controller as long as it lives itself.
 *
 * `AbortSignal.any` needs no such end, and pays for it with weak references that the garbage collector has to look
 * after: 33 µs for the two that a query needs, against 4 this way.
 */
export function abortWith(controller: AbortController, signal: AbortSignal): () => void {
  const abort = (): void => controller.abort(signal.reason);
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  return () => signal.removeEventListener('abort', abort);
}
