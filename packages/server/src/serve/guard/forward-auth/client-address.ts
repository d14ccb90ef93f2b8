/**
 * Who the client of a proxy is, from what the proxy says. One header is believed, the one that is configured: clients
 * can write every header, and a proxy that sets one leaves the others as they came.
 *
 * Of `X-Forwarded-For` the last entry was written by the proxy that asks us, the one before by the proxy before that;
 * entries further left than the trusted hops are anybody's words.
 */
import { formatIp, parseIp } from '@vedette/sdk';
import { headerOf, type HttpRequest } from '../../http/route.ts';
import { invalidParameter } from '../../prometheus-api/api-error.ts';

export interface AddressSource {
  readonly header: 'x-forwarded-for' | 'x-real-ip' | 'none';
  readonly trustedHops: number;
}

/** In its one spelling; `undefined` when no address is to be checked. Throws `ApiError` when the proxy names none. */
export function clientAddressOf(headers: HttpRequest['headers'], source: AddressSource): string | undefined {
  const { header, trustedHops } = source;
  if (header === 'none') return undefined;
  const value = headers[header];
  const written = typeof value === 'string' ? value : (value?.join(',') ?? '');
  const hops = written === '' ? [] : written.split(',');
  const hop = header === 'x-real-ip' ? written : hops.at(-trustedHops);
  const address = parseIp(withoutPort((hop ?? '').trim()));
  if (address !== undefined) return formatIp(address);
  const found =
    hop === undefined
      ? `${hops.length} entries, of which ${trustedHops} are to be trusted`
      : JSON.stringify(hop.trim().slice(0, 80));
  throw invalidParameter(
    headerOf(headers, header) === undefined ? `header ${header} is missing` : `header ${header}`,
    `want the client's address from the proxy; got ${found}; let the proxy set it, or ask with ?address=none`,
  );
}

/** `192.0.2.1:4711`, `[2001:db8::1]:4711` and `[2001:db8::1]`, as some proxies write. */
function withoutPort(text: string): string {
  return /^\[([^\]]*)\](?::\d{1,5})?$/.exec(text)?.[1] ?? /^([\d.]+):\d{1,5}$/.exec(text)?.[1] ?? text;
}
