import { WAYS, type WayId } from './ways.ts';

export interface ConnectSearch {
  /** Which way is shown; absent: the first. */
  way?: WayId;
}

export function connectSearch(raw: Readonly<Record<string, unknown>>): ConnectSearch {
  const way = WAYS.find((known) => known === raw['way']);
  return way === undefined ? {} : { way };
}
