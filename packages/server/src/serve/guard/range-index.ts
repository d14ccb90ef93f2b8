/**
 * Which networks with a decision contain an address. A guard holds decisions by the text of the subject; of an address
 * we do not know the text of the networks around it.
 *
 * 1. The networks are kept by prefix length: an address is cut to each length in use, at most 161, usually two or three,
 *    and looked up.
 * 2. They are read from the guard on first use and again after a change that names a network. Whether a network still
 *    holds is asked of the guard each time: time runs out without a message.
 *
 * Rejected: asking the guard for each of 33 or 129 lengths; a network is stored as somebody wrote it (`10.0.0.7/8`).
 */
import type { FeedMessage } from '@vedette/sdk';
import type { GuardService } from '../../respond/index.ts';
import { findIpRange, networkOf, type IpAddress } from './ip-address.ts';

export class RangeIndex {
  readonly #guard: Pick<GuardService, 'live'>;
  /** Family and length, such as `4/24` → value → the texts that were written for that network. */
  #byLength: ReadonlyMap<string, Map<bigint, string[]>> | undefined;

  /** Follows the guard as long as that lives. */
  constructor(guard: Pick<GuardService, 'live' | 'feed'>) {
    this.#guard = guard;
    guard.feed.subscribe((message) => {
      if (mayNameRange(message)) this.#byLength = undefined;
    });
  }

  /** Subjects of the scope `range` whose network contains the address. */
  containing(address: IpAddress): readonly string[] {
    const found: string[] = [];
    this.#byLength ??= this.#read();
    for (const [length, byValue] of this.#byLength) {
      const [family, prefixLength] = length.split('/').map(Number);
      if (family !== address.family || byValue.size === 0) continue;
      found.push(...(byValue.get(networkOf(address, prefixLength ?? 0).value) ?? []));
    }
    return found;
  }

  #read(): ReadonlyMap<string, Map<bigint, string[]>> {
    const byLength = new Map<string, Map<bigint, string[]>>();
    for (const { scope, subject } of this.#guard.live()) {
      const range = scope === 'range' ? findIpRange(subject) : undefined;
      if (range === undefined) continue;
      const length = `${range.address.family}/${range.prefixLength}`;
      const byValue = byLength.get(length) ?? new Map<bigint, string[]>();
      byLength.set(length, byValue);
      const { value } = range.address;
      byValue.set(value, [...new Set([...(byValue.get(value) ?? []), subject])]);
    }
    return byLength;
  }
}

function mayNameRange(message: FeedMessage): boolean {
  if (message.type === 'snapshot') return true;
  if (message.type !== 'delta') return false;
  return [...message.put, ...message.drop].some(({ scope }) => scope === 'range');
}
