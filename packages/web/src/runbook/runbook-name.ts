/**
 * The name of one of our own runbooks that an alert's `runbook_url` leads to (`/runbooks/TargetDown`,
 * `https://this-server/runbooks/TargetDown.md`); `undefined` for every other address.
 */
export function runbookNameOf(url: string, origin: string): string | undefined {
  const path = url.startsWith(`${origin}/`) ? url.slice(origin.length) : url;
  return /^\/?(?:[\w-]+\/)*runbooks\/([\w.-]+?)(?:\.md)?$/.exec(path)?.[1];
}

/**
 * The name of the runbook that a link within another one leads to: `TargetDown.md`, `../db/PostgresDown.md#impact`.
 * They lie beside each other in one list, whatever folders their files are in.
 */
export function linkedRunbookOf(href: string): string | undefined {
  return /^(?:[\w.-]+\/)*([\w.-]+)\.md(?:#.*)?$/.exec(href)?.[1];
}

/** Whether an address may become a link: http and https only. */
export function isWebUrl(url: string): boolean {
  return /^https?:\/\//i.test(url);
}
