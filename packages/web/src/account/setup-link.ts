/** The key of the one-time link `/setup#k=KEY`: behind the hash, so that it stands in no log of a proxy. */
export function setupKeyOf(hash: string): string | undefined {
  const key = new URLSearchParams(hash.replace(/^#/, '')).get('k') ?? '';
  // What the server takes at most.
  return key === '' || key.length > 256 ? undefined : key;
}
