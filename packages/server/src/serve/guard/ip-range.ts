/** Networks as they stand in decisions and questions. Pure. */
import { formatIp, parseIpRange, type IpRange } from '@vedette/sdk';

/** `203.0.113.0/24`. `undefined` when the text is none, and for a single address. */
export function findIpRange(text: string): IpRange | undefined {
  return text.includes('/') ? parseIpRange(text) : undefined;
}

/** The one spelling of a network: bits beyond the prefix are 0. */
export function formatIpRange({ ip, prefix }: IpRange): string {
  const rest = BigInt(ip.bitCount - prefix);
  return `${formatIp({ ...ip, value: (ip.value >> rest) << rest })}/${prefix}`;
}

export function isWithin(inner: IpRange, outer: IpRange): boolean {
  const rest = BigInt(outer.ip.bitCount - outer.prefix);
  return (
    inner.ip.bitCount === outer.ip.bitCount &&
    inner.prefix >= outer.prefix &&
    inner.ip.value >> rest === outer.ip.value >> rest
  );
}
