import type { DashboardEntry } from '@vedette/api';
import { expect, test } from 'vitest';
import { favouritesOf, recentOf, rememberOpened, toggleFavourite } from './kept-dashboards.ts';
import { shownDashboards, tagsOf } from './shown-dashboards.ts';

const entry = (uid: string, title: string, tags: string[] = []): DashboardEntry => ({
  uid,
  title,
  description: `About ${uid}`,
  tags,
  origin: 'stored',
  version: 1,
  panelCount: 1,
  updatedAtMs: null,
  updatedBy: null,
});
const all = [
  entry('h', 'Host', ['linux']),
  entry('a', 'API performance', ['shop', 'http']),
  entry('s', 'Sales', ['shop']),
];
const shown = (q: string, tag?: string, favourites: string[] = []): string[] =>
  shownDashboards(all, { q, tag, favourites }).map(({ uid }) => uid);

function storageOf(initial: Record<string, string> = {}) {
  const kept = new Map(Object.entries(initial));
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  };
}

test('every word must be found, in title, description, tags or id', () => {
  expect(shown('')).toEqual(['a', 'h', 's']);
  expect(shown('PERF api')).toEqual(['a']);
  expect(shown('linux')).toEqual(['h']);
  expect(shown('nothing')).toEqual([]);
});

test('a tag narrows, favourites come first', () => {
  expect(shown('', 'shop')).toEqual(['a', 's']);
  expect(shown('', undefined, ['s'])).toEqual(['s', 'a', 'h']);
});

test('tags are counted, the most frequent first', () => {
  expect(tagsOf(all)).toEqual([
    { tag: 'shop', count: 2 },
    { tag: 'http', count: 1 },
    { tag: 'linux', count: 1 },
  ]);
});

test('a favourite is one until it is chosen again', () => {
  const storage = storageOf();
  expect(toggleFavourite(storage, 'a')).toEqual(['a']);
  expect(toggleFavourite(storage, 'b')).toEqual(['b', 'a']);
  expect(toggleFavourite(storage, 'a')).toEqual(['b']);
  expect(favouritesOf(storage)).toEqual(['b']);
});

test('six dashboards are remembered, the newest first, each once', () => {
  const storage = storageOf();
  for (const uid of ['1', '2', '3', '4', '5', '6', '7', '2']) rememberOpened(storage, uid);
  expect(recentOf(storage)).toEqual(['2', '7', '6', '5', '4', '3']);
});

test('what the browser kept and nobody can read counts as nothing', () => {
  expect(favouritesOf(storageOf({ 'vedette.dashboards.favourites': '["a",' }))).toEqual([]);
  expect(recentOf(storageOf({ 'vedette.dashboards.recent': '{"a":1}' }))).toEqual([]);
  expect(recentOf(storageOf({ 'vedette.dashboards.recent': '[1,"a"]' }))).toEqual(['a']);
});

test('a browser that keeps nothing still shows what was chosen', () => {
  const storage = {
    getItem: () => null,
    setItem: () => {
      throw new Error('quota');
    },
  };
  expect(toggleFavourite(storage, 'a')).toEqual(['a']);
});
