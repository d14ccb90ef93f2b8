/** What may be kept on a device, and how much of it. */

export interface KeptValue {
  readonly json: string;
  /** When the server said it. */
  readonly atMs: number;
}

/** 200 series of 300 points; a hundred of the largest are 50 MB, which browsers grant without asking. */
export const VALUE_CHARS_MAX = 500_000;

const PAGES = /\/(?:|alerts|dashboards(?:\/[^/]+)?)$/;

/** Whether a page is one of those that can be read without a server. */
export function isKept(pathname: string): boolean {
  return PAGES.test(pathname);
}

// Answers that these pages ask for by HTTP, and nothing else: lists of alerts and groups, dashboards, and the series
// of charts. Sessions, accounts, the guard and the log of notifications are never kept.
const ANSWERS =
  /\/api\/(?:status|alerts|v1\/(?:rules|query_range)|v2\/(?:alerts\/groups|silences)|vedette\/dashboards(?:\/[\w-]+)?)$/;

/** Whether the answer to a GET of a page may be kept. */
export function isKeptAnswer(pathname: string): boolean {
  return ANSWERS.test(pathname);
}
