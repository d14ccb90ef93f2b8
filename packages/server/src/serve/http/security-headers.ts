/**
 * Headers on every answer. Answers of the API are never stored by caches, and nothing of ours is
 * embedded, framed or sniffed by another site. What is opened in a tab by itself, an answer of the API or a file that
 * is downloaded, runs nothing and loads nothing; pages and scripts of the UI have a policy of their own.
 */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
};

/**
 * The policy of the UI's pages. `style-src` allows inline styles, since the component library and
 * the editor write them at run time; scripts are ours alone, plus inline ones whose hashes are given.
 */
export function contentSecurityPolicyOf(scriptHashes: readonly string[]): string {
  return [
    "default-src 'none'",
    `script-src ${["'self'", ...scriptHashes.map((hash) => `'sha256-${hash}'`)].join(' ')}`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "manifest-src 'self'",
    "worker-src 'self'",
    "base-uri 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');
}
