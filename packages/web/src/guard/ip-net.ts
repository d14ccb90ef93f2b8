/**
 * Networks, to say what a ban of one would hit. An address is its bits as a number with the width of its family; an
 * IPv4 address in IPv6 dress counts as IPv4. What cannot be read is `undefined`: the server says what is wrong with it.
 */
export interface IpNet {
  readonly first: bigint;
  readonly bits: number;
  readonly width: 32 | 128;
}

/** `203.0.113.0/24`, `2001:db8::/32`, or one address. */
export function parseIpNet(text: string): IpNet | undefined {
  const [address = '', prefix, ...rest] = text.trim().split('/');
  const ip = parseIp(address);
  if (ip === undefined || rest.length > 0) return undefined;
  const { value, width } = ip;
  if (prefix !== undefined && !/^\d{1,3}$/.test(prefix)) return undefined;
  const bits = prefix === undefined ? width : Number(prefix);
  if (bits > width) return undefined;
  const hostBits = BigInt(width - bits);
  return { first: (value >> hostBits) << hostBits, bits, width };
}

/** Whether the whole of `inner` lies in `outer`. */
export function containsNet(outer: IpNet, inner: IpNet): boolean {
  if (outer.width !== inner.width || inner.bits < outer.bits) return false;
  const hostBits = BigInt(outer.width - outer.bits);
  return outer.first >> hostBits === inner.first >> hostBits;
}

/** Addresses in it. */
export function sizeOf({ bits, width }: IpNet): number {
  return 2 ** (width - bits);
}

function parseIp(text: string): { value: bigint; width: 32 | 128 } | undefined {
  if (!text.includes(':')) {
    const value = parseV4(text);
    return value === undefined ? undefined : { value, width: 32 };
  }
  const mapped = /^::ffff:([\d.]+)$/i.exec(text)?.[1];
  if (mapped !== undefined) return parseIp(mapped);
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head = [], tail = []] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const groups = [...head, ...Array.from({ length: missing }, () => '0'), ...tail];
  if (!groups.every((group) => /^[\da-f]{1,4}$/i.test(group))) return undefined;
  return { value: groups.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n), width: 128 };
}

function parseV4(text: string): bigint | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256))
    return undefined;
  return parts.reduce((sum, part) => (sum << 8n) | BigInt(part), 0n);
}
