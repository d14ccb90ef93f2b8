import { isIPv4, isIPv6 } from 'node:net';

/** An address as a number; IPv4 in IPv6 (`::ffff:192.0.2.1`) is IPv4. */
export interface IpAddress {
  readonly bitCount: 32 | 128;
  readonly value: bigint;
}

/** `undefined` for what is no address. A zone (`fe80::1%eth0`) is left out: it belongs to a machine, not to a peer. */
export function parseIp(text: string): IpAddress | undefined {
  if (isIPv4(text)) return { bitCount: 32, value: bitsOfIpv4(text) };
  if (!isIPv6(text)) return undefined;
  const value = bitsOfIpv6(text.split('%', 1)[0] ?? '');
  return value >> 32n === 0xffffn ? { bitCount: 32, value: value & 0xffff_ffffn } : { bitCount: 128, value };
}

/** One spelling for each address, that of `formatIp`. Other text is handed back. */
export function canonicalIp(text: string): string {
  const ip = parseIp(text);
  return ip === undefined ? text : formatIp(ip);
}

/** Dotted, or as RFC 5952 writes IPv6; `parseIp` reads it back. */
export function formatIp(ip: IpAddress): string {
  if (ip.bitCount === 32) return [24n, 16n, 8n, 0n].map((shift) => (ip.value >> shift) & 255n).join('.');
  const groups = Array.from({ length: 8 }, (_, i) =>
    ((ip.value >> BigInt(112 - 16 * i)) & 0xffffn).toString(16),
  );
  // The URL parser compresses zeros the way the RFC asks.
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}

/**
 * Finds the networks that hold an address: one Map per prefix length in use, so a look-up costs one probe for each
 * distinct length, whatever the number of networks. Two spellings of one network stand side by side.
 */
export class IpRanges<T> {
  #lengths: PrefixLength<T>[] = [];

  get isEmpty(): boolean {
    return this.#lengths.length === 0;
  }

  /** Takes `203.0.113.0/24` or a single address; returns false for anything else. */
  add(range: string, value: T): boolean {
    const network = parseIpRange(range);
    if (network === undefined) return false;
    const { ip, prefix } = network;
    let length = this.#lengthOf(ip.bitCount, prefix);
    if (length === undefined) {
      length = { bitCount: ip.bitCount, shift: BigInt(ip.bitCount - prefix), networks: new Map() };
      this.#lengths.push(length);
    }
    const bits = ip.value >> length.shift;
    length.networks.set(bits, [...(length.networks.get(bits) ?? []), value]);
    return true;
  }

  delete(range: string, value: T): void {
    const network = parseIpRange(range);
    const length = network && this.#lengthOf(network.ip.bitCount, network.prefix);
    if (network === undefined || length === undefined) return;
    const bits = network.ip.value >> length.shift;
    const rest = (length.networks.get(bits) ?? []).filter((other) => other !== value);
    if (rest.length > 0) length.networks.set(bits, rest);
    else length.networks.delete(bits);
    if (length.networks.size === 0) this.#lengths = this.#lengths.filter((other) => other !== length);
  }

  /** Values of all networks that hold `ip`. */
  *matches(ip: IpAddress): Generator<T> {
    for (const { bitCount, shift, networks } of this.#lengths)
      if (bitCount === ip.bitCount) yield* networks.get(ip.value >> shift) ?? [];
  }

  #lengthOf(bitCount: number, prefix: number): PrefixLength<T> | undefined {
    const shift = BigInt(bitCount - prefix);
    return this.#lengths.find((length) => length.bitCount === bitCount && length.shift === shift);
  }
}

/** A network: all addresses that share the first `prefix` bits of `ip`; its other bits mean nothing. */
export interface IpRange {
  readonly ip: IpAddress;
  readonly prefix: number;
}

interface PrefixLength<T> {
  readonly bitCount: number;
  /** Bits of an address behind the prefix. */
  readonly shift: bigint;
  readonly networks: Map<bigint, readonly T[]>;
}

/** Reads `203.0.113.0/24`, or a single address as the network that it is; `undefined` for anything else. */
export function parseIpRange(text: string): IpRange | undefined {
  const [address = '', length, ...rest] = text.split('/');
  const ip = parseIp(address);
  if (ip === undefined || rest.length > 0) return undefined;
  if (length === undefined) return { ip, prefix: ip.bitCount };
  if (!/^\d{1,3}$/.test(length)) return undefined;
  // `::ffff:192.0.2.0/120` counts the 96 bits in front.
  const prefix = Number(length) - (ip.bitCount === 32 && address.includes(':') ? 96 : 0);
  return prefix >= 0 && prefix <= ip.bitCount ? { ip, prefix } : undefined;
}

function bitsOfIpv4(text: string): bigint {
  return text.split('.').reduce((bits, part) => (bits << 8n) | BigInt(part), 0n);
}

/** `text` is known to be an address. */
function bitsOfIpv6(text: string): bigint {
  const [front = '', back] = text.split('::');
  const frontGroups = groupsOf(front);
  const backGroups = back === undefined ? [] : groupsOf(back);
  const zeros = Array.from({ length: 8 - frontGroups.length - backGroups.length }, () => 0n);
  return [...frontGroups, ...zeros, ...backGroups].reduce((bits, group) => (bits << 16n) | group, 0n);
}

function groupsOf(text: string): bigint[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [BigInt(`0x${group}`)];
    const bits = bitsOfIpv4(group);
    return [bits >> 16n, bits & 0xffffn];
  });
}
