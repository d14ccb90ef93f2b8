import { BlockList, isIP } from 'node:net';
import { normalisedId, type SubjectKey } from '@vedette/sdk';

/**
 * Subjects that nothing is decided about: exact ids of any scope, and networks for the scopes `ip` and `range`. It is
 * asked with ids as `normalisedId` gives them.
 */
export class AllowList {
  readonly #ids: ReadonlySet<string>;
  readonly #networks = new BlockList();

  constructor(entries: readonly string[]) {
    this.#ids = new Set(entries.flatMap(spellingsOf));
    for (const entry of entries) {
      const network = networkOf(entry);
      if (network !== undefined) this.#networks.addSubnet(network.address, network.bits, network.family);
    }
  }

  has({ scope, subject }: SubjectKey): boolean {
    if (this.#ids.has(subject)) return true;
    if (scope !== 'ip' && scope !== 'range') return false;
    // A range is allowed when it begins in an allowed network; one that only contains such a network is not, since
    // the allowed addresses in it are let pass where decisions are enforced.
    const network = networkOf(subject);
    return network !== undefined && this.#networks.check(network.address, network.family);
  }
}

/** An entry names no scope: it is spelled as an id, and as an address if it is one. */
function spellingsOf(entry: string): readonly string[] {
  const spellings = [normalisedId(entry, 'user'), normalisedId(entry, 'ip')];
  return spellings.filter((spelling) => spelling !== undefined);
}

/** Whether it is a network in CIDR notation. */
export function isNetwork(text: string): boolean {
  return text.includes('/') && networkOf(text) !== undefined;
}

interface Network {
  readonly address: string;
  readonly bits: number;
  readonly family: 'ipv4' | 'ipv6';
}

/** Of an address, or a network in CIDR notation; `undefined` for other texts. */
function networkOf(text: string): Network | undefined {
  const [address = '', bitsText, ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return undefined;
  const bitsMax = version === 4 ? 32 : 128;
  if (bitsText !== undefined && !/^\d{1,3}$/.test(bitsText)) return undefined;
  const bits = Number(bitsText ?? bitsMax);
  if (bits > bitsMax) return undefined;
  return { address, bits, family: version === 4 ? 'ipv4' : 'ipv6' };
}
