import { IpRanges } from './ip-network.ts';
import type { KnownSubject } from './known-subject.ts';
import { normalisedId } from './subject-id.ts';

/** Subjects that the server never refuses: keys as it knows them, of any scope, and networks. */
export class ServerAllowList {
  readonly #keys: ReadonlySet<string>;
  readonly #ranges = new IpRanges<true>();

  constructor(texts: readonly string[]) {
    this.#keys = new Set(texts.flatMap((text) => normalisedId(text, 'user') ?? []));
    for (const text of texts) this.#ranges.add(text, true);
  }

  has({ keys, ip }: KnownSubject): boolean {
    if (keys.some((key) => this.#keys.has(key))) return true;
    return ip !== undefined && !this.#ranges.matches(ip).next().done;
  }
}
