/**
 * Where notifications may be sent. The address comes from whoever subscribes: a server that sent to any of them could be
 * made to knock at doors behind its own firewall. So it is https, to a name, and that name must not lead to an address of
 * this machine or of a private network, looked at when the connection is made: a name that was harmless when it was
 * checked may lead elsewhere later. Redirects are not followed.
 */
import { lookup as resolve, type LookupAddress } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { InputError } from '@vedette/model';

/** The longest known are some 500 characters. */
const ENDPOINT_CHARS_MAX = 2048;

const PRIVATE = new BlockList();
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const)
  PRIVATE.addSubnet(network, bits, 'ipv4');
for (const [network, bits] of [
  // With addresses of IPv4 in their last bits.
  ['::', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['2001::', 32],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
] as const)
  PRIVATE.addSubnet(network, bits, 'ipv6');

/** Whether an address is of this machine, of a private network, or of no single machine. */
export function isPrivateAddress(address: string): boolean {
  const plain = address.toLowerCase().replace(/^::ffff:(?=\d+\.)/, '');
  const family = isIP(plain);
  if (family === 0) return true;
  // Other ways to write an IPv4 address in IPv6.
  if (family === 6 && plain.startsWith('::ffff:')) return true;
  return PRIVATE.check(plain, family === 4 ? 'ipv4' : 'ipv6');
}

/** Throws `InputError` (VED_PUSH_INVALID). A name's addresses are looked at by `publicLookup`. */
export function assertPublicEndpoint(endpoint: string): void {
  const url = endpoint.length <= ENDPOINT_CHARS_MAX ? URL.parse(endpoint) : null;
  const host = url?.hostname.replace(/^\[|\]$/g, '') ?? '';
  const isFine =
    url?.protocol === 'https:' &&
    url.username === '' &&
    url.password === '' &&
    (isIP(host) === 0 ? host.includes('.') : !isPrivateAddress(host));
  if (isFine) return;
  throw new InputError(
    'VED_PUSH_INVALID',
    `cannot send notifications to this address: must be https, at a public push service; got ${JSON.stringify(endpoint.slice(0, 80))}`,
  );
}

/** `dns.lookup` that fails when any address found is private. */
export const publicLookup: LookupFunction = (hostname, options, callback) => {
  resolve(hostname, { ...options, all: true }, (error, found) => {
    const bad = found?.find(({ address }: LookupAddress) => isPrivateAddress(address));
    const [first] = found ?? [];
    if (error !== null) callback(error, '', 0);
    else if (bad !== undefined || first === undefined)
      callback(new Error(`${hostname} leads to a private address`), '', 0);
    else if (options.all === true) callback(null, found);
    else callback(null, first.address, first.family);
  });
};
