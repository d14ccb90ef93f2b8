/** `host:port` as in the label `instance`. */

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;

/** `web-1.example.com:9100` → `web-1.example.com`, `[::1]:9100` → `::1`; what is no `host:port` stays. */
export function stripPort(hostPort: string): string {
  return splitHostPort(hostPort)?.host ?? hostPort;
}

/** `web-1.example.com:9100` → `web-1:9100`; addresses stay. */
export function stripDomain(hostPort: string): string {
  const { host, port } = splitHostPort(hostPort) ?? { host: hostPort, port: '' };
  if (IPV4.test(host) || isIpv6(host)) return hostPort;
  const name = host.split('.', 1)[0] ?? '';
  if (port === '') return name;
  return name.includes(':') ? `[${name}]:${port}` : `${name}:${port}`;
}

/** Go's `net.SplitHostPort`; `undefined` where that is an error. */
function splitHostPort(hostPort: string): { host: string; port: string } | undefined {
  const match = /^(?:\[([^[\]]*)\]|([^:[\]]*)):([^:[\]]*)$/.exec(hostPort);
  return match === null ? undefined : { host: match[1] ?? match[2] ?? '', port: match[3] ?? '' };
}

function isIpv6(host: string): boolean {
  if (!host.includes(':')) return false;
  const [head = '', tail, ...more] = host.split('::');
  if (more.length > 0) return false;
  const groups = [...groupsOf(head), ...groupsOf(tail ?? '')];
  const last = groups.at(-1) ?? '';
  const count = groups.length + (IPV4.test(last) ? 1 : 0);
  const areGood = groups.every(
    (group, i) => /^[\da-f]{1,4}$/i.test(group) || (i === groups.length - 1 && IPV4.test(group)),
  );
  return areGood && (tail === undefined ? count === 8 : count < 8);
}

function groupsOf(text: string): string[] {
  return text === '' ? [] : text.split(':');
}
