import { isIP } from 'node:net';
import type { Subject } from '../guard/subject.ts';

/**
 * The subject behind a client's address: an IPv4 address as it is, of an IPv6 address the /64, which is what one
 * customer gets and changes addresses within at will. `undefined` for what is no address.
 */
export function addressSubjectOf(address: string | undefined): Subject | undefined {
  const plain = address?.replace(MAPPED, '').replace(ZONE, '');
  switch (plain === undefined ? 0 : isIP(plain)) {
    case 4:
      return { scope: 'ip', id: plain ?? '' };
    case 6:
      return { scope: 'range', id: `${networkOf(plain ?? '')}/64` };
    default:
      return undefined;
  }
}

/** IPv4 within IPv6, as sockets that listen on both show it. */
const MAPPED = /^::ffff:(?=\d+\.)/i;
/** The interface of a link-local address. */
const ZONE = /%.*$/;

/** The first four groups, in the short form of RFC 5952. */
function networkOf(address: string): string {
  const [head = '', tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const rest = tail === '' ? [] : tail.split(':');
    // An IPv4 address at the end stands for two groups; none of them is among the first four unless `::` is nearly empty.
    const restLength = rest.length + (rest.at(-1)?.includes('.') === true ? 1 : 0);
    while (groups.length + restLength < 8) groups.push('0');
    groups.push(...rest);
  }
  const network = groups.slice(0, 4).join(':');
  return new URL(`http://[${network}::]`).hostname.slice(1, -1);
}
