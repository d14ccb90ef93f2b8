import { isIP } from 'node:net';
import { headerOf, type HttpRequest } from '../http/route.ts';

/** Where a request comes from, judged by its headers and its socket. Pure. */

type Headers = HttpRequest['headers'];

/** `127.0.0.1:8080`, `[::1]:8080`, `localhost`: the name of this machine to itself. */
export function isLoopbackHost(host: string | undefined): boolean {
  const name = hostNameOf(host);
  return name === 'localhost' || name.endsWith('.localhost') || isLoopbackAddress(name);
}

/** An IP address of the loopback interface, IPv4-mapped ones included. */
export function isLoopbackAddress(address: string): boolean {
  const plain = address.toLowerCase().replace(/^::ffff:/, '');
  return plain === '::1' || (isIP(plain) === 4 && plain.startsWith('127.'));
}

/** A proxy passed the request on: the socket's address is then not the caller's. */
export function isForwarded(headers: Headers): boolean {
  return Object.keys(headers).some(
    (name) =>
      name === 'forwarded' || name === 'via' || name === 'x-real-ip' || name.startsWith('x-forwarded-'),
  );
}

/** The proxy in front took the request by TLS. Of a chain of proxies, which list what each saw, the first one counts. */
export function isTlsAhead(headers: Headers): boolean {
  const [first = ''] = (headerOf(headers, 'x-forwarded-proto') ?? '').split(',');
  return first.trim().toLowerCase() === 'https';
}

/**
 * A page of another origin made the browser send this. Programs send neither header. `Origin: null`
 * (sandboxed frames, files) is foreign. `ownOrigin` is that of `external_url`, which a proxy may
 * have replaced in `Host`.
 */
export function isForeignOrigin(headers: Headers, ownOrigin: string | undefined): boolean {
  const origin = headerOf(headers, 'origin');
  if (origin !== undefined) return !isSameOrigin(origin, headers, ownOrigin);
  const site = headerOf(headers, 'sec-fetch-site');
  return site === 'cross-site' || site === 'same-site';
}

/** Whether an `Origin` is the one the request was sent to. The scheme is left out: TLS ends at the proxy. */
export function isSameOrigin(origin: string, headers: Headers, ownOrigin: string | undefined): boolean {
  if (ownOrigin !== undefined && origin === ownOrigin) return true;
  const match = /^https?:\/\/([^/]+)$/.exec(origin);
  const host = headerOf(headers, 'host');
  return match !== null && host !== undefined && match[1]?.toLowerCase() === host.toLowerCase();
}

/** A page of another site embeds us or reads from us; following a link to a page is fine. */
export function isForeignRead(headers: Headers): boolean {
  return (
    headerOf(headers, 'sec-fetch-site') === 'cross-site' && headerOf(headers, 'sec-fetch-mode') !== 'navigate'
  );
}

/** `host` without port and brackets, in lower case; empty when missing. */
function hostNameOf(host: string | undefined): string {
  const match = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/.exec(host ?? '');
  return (match?.[1] ?? match?.[2] ?? '').toLowerCase();
}
