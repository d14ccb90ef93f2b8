/**
 * `server.external_url` as those need it who build addresses or read them. A final slash of it means nothing, and a path
 * in it is the route prefix: some proxies pass it on, others cut it off, so requests with and without it mean the same.
 */

/** Without final slashes: paths that begin with one are added to it. */
export function baseOf(externalUrl: string): string {
  return externalUrl.replace(/\/+$/, '');
}

/** The route prefix without a final slash; empty when there is none. */
export function prefixOf(externalUrl: string | undefined): string {
  return externalUrl === undefined ? '' : baseOf(new URL(externalUrl).pathname);
}

/** `/vedette/api?x` is `/api?x` under the prefix `/vedette`. */
export function withoutPrefix(url: string, prefix: string): string {
  if (prefix === '' || !url.startsWith(prefix)) return url;
  const rest = url.slice(prefix.length);
  if (rest === '' || rest.startsWith('?')) return `/${rest}`;
  return rest.startsWith('/') ? rest : url;
}
