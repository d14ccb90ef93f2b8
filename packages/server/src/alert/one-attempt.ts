/** One attempt to send, outside of the lanes that flushes take, with a deadline of its own. */
import { TimeoutError, type Clock } from '@vedette/model';
import type { SendResult } from './notify/receiver.ts';

/** Never rejects for what the other side does; ends at the deadline, or soon after `signal` aborts. */
export async function attemptWithin(
  { clock, deadlineMs }: { readonly clock: Clock; readonly deadlineMs: number },
  send: (signal: AbortSignal) => Promise<SendResult>,
  signal: AbortSignal,
): Promise<SendResult> {
  const deadline = new AbortController();
  const fault = new TimeoutError('VED_NOTIFY_FAILED', `no answer within ${deadlineMs / 1000} s`);
  const timer = clock.setTimer(deadlineMs, () => deadline.abort(fault));
  try {
    return await send(AbortSignal.any([signal, deadline.signal]));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const category = deadline.signal.aborted || signal.aborted ? 'deadline' : 'other';
    return { kind: 'failed', isRetriable: category === 'deadline', category, error: reason };
  } finally {
    timer.cancel();
  }
}
