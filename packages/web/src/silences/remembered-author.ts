import type { TextStorage } from '../explore/query-history.ts';

const STORAGE_KEY = 'vedette.silences.author';

/** The name under which silences were made in this browser before. */
export function rememberedAuthor(storage: TextStorage): string {
  return storage.getItem(STORAGE_KEY) ?? '';
}

export function rememberAuthor(storage: TextStorage, author: string): void {
  storage.setItem(STORAGE_KEY, author);
}
