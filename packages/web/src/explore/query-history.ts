/** Queries kept in this browser, newest first. Enough to find yesterday's, few enough to read. */
const QUERIES_MAX = 30;

const STORAGE_KEY = 'vedette.explore.history';

/** The part of `localStorage` that is used. */
export interface TextStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

export function loadHistory(storage: TextStorage): string[] {
  try {
    const kept = JSON.parse(storage.getItem(STORAGE_KEY) ?? '[]') as unknown;
    return Array.isArray(kept) ? kept.filter((entry) => typeof entry === 'string').slice(0, QUERIES_MAX) : [];
  } catch {
    // Written by somebody else, or cut off: a history is not worth an error.
    return [];
  }
}

/** Leaves a query out, or all without one, and returns the new history. */
export function forget(storage: TextStorage, expr?: string): string[] {
  const history = expr === undefined ? [] : loadHistory(storage).filter((known) => known !== expr);
  storage.setItem(STORAGE_KEY, JSON.stringify(history));
  return history;
}

/** Puts a query first and returns the new history. */
export function remember(storage: TextStorage, expr: string): string[] {
  const history = [expr, ...loadHistory(storage).filter((known) => known !== expr)].slice(0, QUERIES_MAX);
  storage.setItem(STORAGE_KEY, JSON.stringify(history));
  return history;
}
