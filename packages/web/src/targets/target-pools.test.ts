import { expect, test } from 'vitest';
import type { PrometheusTarget } from '../api/prometheus.ts';
import { poolsOf } from './target-pools.ts';

const target = (
  scrapePool: string,
  port: number,
  health: PrometheusTarget['health'],
  lastError = '',
): PrometheusTarget => ({
  scrapePool,
  scrapeUrl: `http://127.0.0.1:${port}/metrics`,
  labels: { job: scrapePool, instance: `127.0.0.1:${port}` },
  discoveredLabels: {},
  health,
  lastError,
  lastScrape: '2026-11-21T10:00:00Z',
  lastScrapeDuration: 0.004,
});

const ALL = [
  target('b', 2, 'up'),
  target('a', 1, 'up'),
  target('c', 4, 'up'),
  target('c', 3, 'down', 'connection refused'),
  target('c', 5, 'unknown'),
];

test('pools with something down come first, the rest by name', () => {
  expect(poolsOf(ALL).map(({ name, upCount }) => [name, upCount])).toEqual([
    ['c', 1],
    ['a', 1],
    ['b', 1],
  ]);
});

test('within a pool what is down comes first', () => {
  expect(poolsOf(ALL)[0]?.targets.map(({ health }) => health)).toEqual(['down', 'unknown', 'up']);
});

test('health and words filter together', () => {
  const urls = (words: string, health?: PrometheusTarget['health']): string[] =>
    poolsOf(ALL, { words, health }).flatMap(({ targets }) =>
      targets.map(({ scrapeUrl }) => scrapeUrl.slice(17, 18)),
    );
  expect(urls('', 'down')).toEqual(['3']);
  expect(urls('REFUSED')).toEqual(['3']);
  expect(urls('job=c', 'up')).toEqual(['4']);
  expect(urls('nothing')).toEqual([]);
});

test('no targets make no pools', () => {
  expect(poolsOf([])).toEqual([]);
});
