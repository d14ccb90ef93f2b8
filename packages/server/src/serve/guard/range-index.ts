/**
 * Which networks with a decision contain an address. A guard holds decisions by the text of the subject; of an address
 * we do not know the text of the networks around it.
 *
 * They are read from the guard on first use and again after a change that names a network. Whether a network still holds
 * is asked of the guard each time: time runs out without a message.
 *
 * Rejected: asking the guard for each of 33 or 129 lengths; a network is stored as somebody wrote it (`10.0.0.7/8`).
 */
import { IpRanges, type FeedMessage, type IpAddress } from '@vedette/sdk';
import type { GuardService } from '../../respond/index.ts';

export class RangeIndex {
  readonly #guard: Pick<GuardService, 'live'>;
  #ranges: IpRanges<string> | undefined;

  /** Follows the guard as long as that lives. */
  constructor(guard: Pick<GuardService, 'live' | 'feed'>) {
    this.#guard = guard;
    guard.feed.subscribe((message) => {
      if (mayNameRange(message)) this.#ranges = undefined;
    });
  }

  /** Subjects of the scope `range` whose network contains the address. */
  containing(address: IpAddress): readonly string[] {
    this.#ranges ??= this.#read();
    return [...this.#ranges.matches(address)];
  }

  #read(): IpRanges<string> {
    const ranges = new IpRanges<string>();
    for (const { scope, subject } of this.#guard.live()) if (scope === 'range') ranges.add(subject, subject);
    return ranges;
  }
}

function mayNameRange(message: FeedMessage): boolean {
  if (message.type === 'snapshot') return true;
  if (message.type !== 'delta') return false;
  return [...message.put, ...message.drop].some(({ scope }) => scope === 'range');
}
