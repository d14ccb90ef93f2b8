/** Longest address that is followed: browsers cut above about this. */
const LINK_LENGTH_MAX = 8192;

const SCHEMES: ReadonlySet<string> = new Set(['http', 'https', 'mailto']);

/**
 * The address when it may stand in an `href`: http, https, mailto, or within this site (`/d/x`,
 * `?a=b`, `#c`). `undefined` for the others: scripts, data, and what only looks like a path to a browser.
 */
export function safeLink(url: string): string | undefined {
  // Browsers drop tabs and line ends inside an address, so that `java\nscript:` runs: whoever writes such means harm.
  const trimmed = url.trim();
  if (trimmed === '' || trimmed.length > LINK_LENGTH_MAX || hasControl(trimmed)) return undefined;
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(trimmed);
  if (scheme !== null) return SCHEMES.has((scheme[1] ?? '').toLowerCase()) ? trimmed : undefined;
  // `//host` and `/\host` lead to another host without saying so; a colon before any slash may be a scheme after all.
  if (/^[/\\]{2}/.test(trimmed) || /^[^/?#]*:/.test(trimmed)) return undefined;
  return trimmed;
}

function hasControl(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || code === 0x7f) return true;
  }
  return false;
}
