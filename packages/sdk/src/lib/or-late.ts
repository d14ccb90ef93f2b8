import type { SdkClock } from '../system/system.ts';

export const LATE = Symbol('late');

/** What `promise` becomes, or `LATE` when that takes longer than `delayMs`; what it becomes then is passed over. */
export function orLate<T>(
  promise: Promise<T>,
  delayMs: number,
  clock: Pick<SdkClock, 'setTimer'>,
): Promise<T | typeof LATE> {
  return new Promise((resolve) => {
    const timer = clock.setTimer(delayMs, () => resolve(LATE));
    const end = (): void => {
      timer.cancel();
      resolve(promise);
    };
    promise.then(end, end);
  });
}
