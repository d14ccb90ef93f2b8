import { abortWith, type Clock } from '@vedette/model';

/** The signal of work that has a limit of time; disposing ends the watch, not the work. */
export interface Deadline extends Disposable {
  readonly signal: AbortSignal;
}

export interface DeadlineOptions {
  /** From now on, by the clock of the deps. */
  readonly afterMs: number;
  /** The reason after that time; made when it comes to it. */
  readonly error: () => Error;
  /** Of whoever waits for the work: its reason goes on. */
  readonly signal: AbortSignal;
}

/**
 * A signal that aborts with `signal`, or after a time. To be held by `using`: else the timer, and a listener at `signal`,
 * outlive the work.
 */
export function startDeadline(
  { clock }: { readonly clock: Clock },
  { afterMs, error, signal }: DeadlineOptions,
): Deadline {
  const stop = new AbortController();
  const end = abortWith(stop, signal);
  const timer = clock.setTimer(afterMs, () => stop.abort(error()));
  return {
    signal: stop.signal,
    [Symbol.dispose]: () => {
      timer.cancel();
      end();
    },
  };
}
