import type { AlertSource } from '@vedette/api';
import { expect, test } from 'vitest';
import type { PrometheusTarget } from '../api/prometheus.ts';
import { alertSourcesInOrder, jobSourcesOf } from './sources.ts';

const job = (name: string, activeSeries: number, limit: number | null = null) => ({
  job: name,
  activeSeries,
  limit,
});
const target = (name: string, health: PrometheusTarget['health'], lastScrape: string): PrometheusTarget => ({
  scrapePool: name,
  scrapeUrl: 'http://127.0.0.1:1/metrics',
  labels: { job: name },
  discoveredLabels: {},
  health,
  lastError: health === 'down' ? 'connection refused' : '',
  lastScrape,
  lastScrapeDuration: 0.001,
});
const at = (seconds: number): string => new Date(Date.UTC(2026, 10, 21, 10, 0, seconds)).toISOString();

test('how a job comes is told by its targets; what has none is sent', () => {
  const jobs = [job('node', 5), job('vedette', 4), job('api', 3), job('batch', 2), job('', 1)];
  const sources = jobSourcesOf({ jobs, turnoverByJob: [] }, [
    target('api', 'up', at(1)),
    target('api', 'up', at(9)),
  ]);
  expect(sources.map((source) => [source.job, source.kind])).toEqual([
    ['node', 'host'],
    ['vedette', 'self'],
    ['api', 'scraped'],
    ['batch', 'sent'],
    ['', 'rules'],
  ]);
  expect(sources.map(({ lastSeenMs }) => lastSeenMs)).toEqual([
    undefined,
    undefined,
    Date.parse(at(9)),
    undefined,
    undefined,
  ]);
});

test('a job whose targets never answered is there without series, and what is wrong comes first', () => {
  const sources = jobSourcesOf({ jobs: [job('api', 9)], turnoverByJob: [] }, [
    target('db', 'down', '0001-01-01T00:00:00Z'),
  ]);
  expect(sources[0]).toEqual({
    job: 'db',
    kind: 'scraped',
    seriesCount: 0,
    createdCount: 0,
    lastSeenMs: undefined,
    problems: [{ kind: 'down', count: 1, total: 1, error: 'connection refused' }],
  });
});

test('a job is close to its limit from nine tenths on', () => {
  const problemsAt = (activeSeries: number): number =>
    jobSourcesOf({ jobs: [job('api', activeSeries, 100)], turnoverByJob: [] }, [])[0]?.problems.length ?? 0;
  expect([problemsAt(89), problemsAt(90), problemsAt(100)]).toEqual([0, 1, 1]);
});

test('senders of alerts that fell silent come first, then the last heard', () => {
  const source = (name: string, lastReceivedAtMs: number | null, staleCount = 0): AlertSource => ({
    name,
    ttlSeconds: 300,
    lastReceivedAtMs,
    firingCount: 0,
    staleCount,
    stale: [],
  });
  const sources = [source('a', null), source('b', 1), source('c', 2), source('d', 1, 3)];
  expect(alertSourcesInOrder(sources).map(({ name }) => name)).toEqual(['d', 'c', 'b', 'a']);
});
