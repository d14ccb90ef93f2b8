/**
 * IP addresses and networks as numbers, so that one address has one spelling: `2001:DB8:0::1` is `2001:db8::1`, and an
 * IPv4 address that came in an IPv6 socket (`::ffff:192.0.2.1`) is the IPv4 address. Pure.
 */
import { isIP } from 'node:net';

export interface IpAddress {
  readonly family: 4 | 6;
  readonly value: bigint;
}

/** All addresses whose first `prefixLength` bits are those of `address`; its other bits are 0. */
export interface IpRange {
  readonly address: IpAddress;
  readonly prefixLength: number;
}

const BITS = { 4: 32, 6: 128 } as const;
const MAPPED_PREFIX = 0xffffn << 32n;

/** `undefined` when the text is none. A zone (`%eth0`) is left out: it means something on one machine only. */
export function findIpAddress(text: string): IpAddress | undefined {
  // An IPv6 address of any spelling is shorter, zone included.
  if (text.length > 100) return undefined;
  const plain = text.replace(/%.*$/s, '');
  const family = isIP(plain);
  if (family === 4) return { family, value: valueOfOctets(plain) };
  if (family !== 6) return undefined;
  const value = valueOfGroups(plain);
  if (value >> 32n === MAPPED_PREFIX >> 32n) return { family: 4, value: value & 0xffffffffn };
  return { family, value };
}

/** `203.0.113.0/24`; bits beyond the prefix are cut off. `undefined` when the text is none. */
export function findIpRange(text: string): IpRange | undefined {
  const match = /^([^/]{1,100})\/(\d{1,3})$/.exec(text);
  const written = match?.[1] ?? '';
  const address = findIpAddress(written);
  if (address === undefined) return undefined;
  // `::ffff:192.0.2.0/120` is a network of the IPv4 world, 96 bits later.
  const isMapped = address.family === 4 && written.includes(':');
  const prefixLength = Number(match?.[2]) - (isMapped ? 96 : 0);
  if (prefixLength < 0 || prefixLength > BITS[address.family]) return undefined;
  return { address: networkOf(address, prefixLength), prefixLength };
}

/** The address with all bits beyond the prefix 0. */
export function networkOf({ family, value }: IpAddress, prefixLength: number): IpAddress {
  const rest = BigInt(BITS[family] - prefixLength);
  return { family, value: (value >> rest) << rest };
}

export function isWithin(inner: IpRange, outer: IpRange): boolean {
  return (
    inner.address.family === outer.address.family &&
    inner.prefixLength >= outer.prefixLength &&
    networkOf(inner.address, outer.prefixLength).value === outer.address.value
  );
}

/** The network that is one address. */
export function singleRangeOf(address: IpAddress): IpRange {
  return { address, prefixLength: BITS[address.family] };
}

/** The one spelling (RFC 5952 for IPv6). */
export function formatIpAddress({ family, value }: IpAddress): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join('.');
  const hex = value.toString(16).padStart(32, '0');
  const groups = (hex.match(/.{4}/g) ?? []).map((group) => group.replace(/^0+(?=.)/, ''));
  const gap = longestZeros(groups);
  if (gap.count < 2) return groups.join(':');
  return `${groups.slice(0, gap.start).join(':')}::${groups.slice(gap.start + gap.count).join(':')}`;
}

export function formatIpRange({ address, prefixLength }: IpRange): string {
  return `${formatIpAddress(address)}/${prefixLength}`;
}

function valueOfOctets(text: string): bigint {
  return text.split('.').reduce((value, octet) => (value << 8n) | BigInt(octet), 0n);
}

/** Of a text that is an IPv6 address, maybe with an IPv4 address as its last 32 bits. */
function valueOfGroups(text: string): bigint {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  const tail = dotted === null ? undefined : valueOfOctets(dotted[2] ?? '');
  const written =
    tail === undefined
      ? text
      : `${dotted?.[1]}${(tail >> 16n).toString(16)}:${(tail & 0xffffn).toString(16)}`;
  const [left = '', right] = written.split('::');
  const groupsOf = (part: string): string[] => (part === '' ? [] : part.split(':'));
  const head = groupsOf(left);
  const rest = right === undefined ? [] : groupsOf(right);
  const zeros = Array.from({ length: 8 - head.length - rest.length }, () => '0');
  return [...head, ...zeros, ...rest].reduce((value, group) => (value << 16n) | BigInt(`0x${group}`), 0n);
}

/** The first of the longest runs of zero groups. */
function longestZeros(groups: readonly string[]): { readonly start: number; readonly count: number } {
  let best = { start: 0, count: 0 };
  for (let start = 0; start < groups.length; start++) {
    let count = 0;
    while (groups[start + count] === '0') count++;
    if (count > best.count) best = { start, count };
  }
  return best;
}
