/**
 * One report through the channels of one receiver: each by itself, tried again while that may help, at most until a
 * deadline. Every attempt has the same key, so that a channel that knows such keys shows it once whatever happened.
 */
import type { Clock, Random } from '@vedette/model';
import type { PreparedNotice, SendResult } from '../../../alert/index.ts';

// From a failed attempt to the next: 1 s, twice as long each time, to a minute; each between half and one and a half of it.
const BACKOFF_FIRST_MS = 1000;
const BACKOFF_MS_MAX = 60_000;

// After ten minutes a report is no news any more; whoever looks finds it on the page.
export const DELIVERY_MS_MAX = 600_000;

export interface DeliverDeps {
  readonly clock: Clock;
  readonly random: Random;
  /** One attempt; `undefined`: there is no such channel any more. */
  readonly tell: (notice: PreparedNotice, signal: AbortSignal) => Promise<SendResult | undefined>;
}

/** `interrupted`: the process ended between two attempts, of which the last was refused; it may go on after the next start. */
export type ChannelOutcome = 'delivered' | 'failed' | 'interrupted';

export interface ChannelWork {
  readonly notice: Omit<PreparedNotice, 'attempt'>;
  /** Attempts end at this moment of the monotonic clock. */
  readonly deadlineMs: number;
}

/** Never rejects. */
export async function deliverToChannel(
  { clock, random, tell }: DeliverDeps,
  { notice, deadlineMs }: ChannelWork,
  stopping: AbortSignal,
): Promise<ChannelOutcome> {
  for (let attempt = 1; ; attempt++) {
    const result = await tell({ ...notice, attempt }, stopping);
    if (result === undefined) return 'failed';
    if (result.kind === 'delivered') return 'delivered';
    // Broken off in the middle: it may have arrived, and must not come twice.
    if (!result.isRetriable || stopping.aborted) return 'failed';
    const baseMs = Math.min(BACKOFF_FIRST_MS * 2 ** (attempt - 1), BACKOFF_MS_MAX);
    const waitMs = Math.max(baseMs * (0.5 + random.float()), result.retryAfterMs ?? 0);
    if (clock.monotonicMs() + waitMs > deadlineMs) return 'failed';
    try {
      await clock.sleep(waitMs, stopping);
    } catch {
      return isUnknown(result) ? 'failed' : 'interrupted';
    }
  }
}

/** No answer came: the other side may have taken it all the same. */
function isUnknown({ category }: Extract<SendResult, { readonly kind: 'failed' }>): boolean {
  return category === 'deadline' || category === 'network';
}
