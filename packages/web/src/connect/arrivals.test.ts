import type { AlertSource } from '@vedette/api';
import { expect, test } from 'vitest';
import type { PrometheusTarget } from '../api/prometheus.ts';
import { arrivedBy, type Heard } from './arrivals.ts';

const targetOf = (
  job: string,
  lastScrape: string,
  health: PrometheusTarget['health'] = 'up',
): PrometheusTarget => ({
  scrapePool: job,
  scrapeUrl: 'http://127.0.0.1:3000/metrics',
  labels: { job },
  discoveredLabels: {},
  health,
  lastError: '',
  lastScrape,
  lastScrapeDuration: 0.01,
});
const sourceOf = (name: string, lastReceivedAtMs: number | null): AlertSource => ({
  name,
  ttlSeconds: 300,
  lastReceivedAtMs,
  firingCount: 0,
  staleCount: 0,
  stale: [],
});
const HEARD: Heard = {
  targets: [
    targetOf('node', '2026-11-21T10:00:09Z'),
    targetOf('api', '2026-11-21T10:00:00Z'),
    targetOf('api', '2026-11-21T10:00:05Z'),
    targetOf('shop', '2026-11-21T10:00:07Z'),
    targetOf('broken', '2026-11-21T10:00:09Z', 'down'),
  ],
  jobs: [
    { job: 'shop/cart', activeSeries: 12, limit: null },
    { job: 'api', activeSeries: 40, limit: null },
    { job: 'vedette', activeSeries: 300, limit: null },
    { job: 'gone', activeSeries: 0, limit: null },
    { job: '', activeSeries: 3, limit: null },
  ],
  sources: [sourceOf('site-a', 5000), sourceOf('silent', null)],
};

test('scraped jobs are those that answer and are not our own, the newest first', () => {
  expect(arrivedBy({ kind: 'target', job: undefined }, HEARD)).toEqual([
    { job: 'shop', seriesCount: undefined, atMs: Date.UTC(2026, 10, 21, 10, 0, 7) },
    { job: 'api', seriesCount: 40, atMs: Date.UTC(2026, 10, 21, 10, 0, 5) },
  ]);
  expect(arrivedBy({ kind: 'target', job: 'node-exporter' }, HEARD)).toEqual([]);
});

test('what has series and no target was sent', () => {
  expect(arrivedBy({ kind: 'push' }, HEARD)).toEqual([
    { job: 'shop/cart', seriesCount: 12, atMs: undefined },
  ]);
});

test('a source of alerts counts once it has sent something', () => {
  expect(arrivedBy({ kind: 'alerts' }, HEARD).map(({ job }) => job)).toEqual(['site-a']);
  expect(arrivedBy({ kind: 'none' }, HEARD)).toEqual([]);
});
