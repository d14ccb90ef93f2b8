import type { TextStorage } from '../../explore/query-history.ts';

/**
 * Which dashboards somebody likes and saw last. It is kept in the browser: it is a matter of taste,
 * needs no account, and is nobody else's business.
 */
const FAVOURITES_KEY = 'vedette.dashboards.favourites';
const RECENT_KEY = 'vedette.dashboards.recent';

/** A line of cards: more is no longer "just now". */
const RECENT_MAX = 6;

/** More favourites are a list again. */
const FAVOURITES_MAX = 100;

export function favouritesOf(storage: TextStorage): readonly string[] {
  return listOf(storage, FAVOURITES_KEY, FAVOURITES_MAX);
}

/** Likes it, or no longer. Returns the new list. */
export function toggleFavourite(storage: TextStorage, uid: string): readonly string[] {
  const known = favouritesOf(storage);
  const next = known.includes(uid) ? known.filter((one) => one !== uid) : [uid, ...known];
  return write(storage, FAVOURITES_KEY, next.slice(0, FAVOURITES_MAX));
}

/** The newest first. */
export function recentOf(storage: TextStorage): readonly string[] {
  return listOf(storage, RECENT_KEY, RECENT_MAX);
}

export function rememberOpened(storage: TextStorage, uid: string): readonly string[] {
  const next = [uid, ...recentOf(storage).filter((one) => one !== uid)];
  return write(storage, RECENT_KEY, next.slice(0, RECENT_MAX));
}

function listOf(storage: TextStorage, key: string, max: number): readonly string[] {
  try {
    const kept = JSON.parse(storage.getItem(key) ?? '[]') as unknown;
    return Array.isArray(kept) ? kept.filter((one) => typeof one === 'string').slice(0, max) : [];
  } catch {
    // Written by somebody else, or cut off: a list of favourites is not worth an error.
    return [];
  }
}

function write(storage: TextStorage, key: string, list: readonly string[]): readonly string[] {
  try {
    storage.setItem(key, JSON.stringify(list));
  } catch {
    // A browser that keeps nothing shows the list until the page is left.
  }
  return list;
}
