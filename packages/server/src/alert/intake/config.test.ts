import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alertIntakeConfig, ttlMsOf } from './config.ts';

const HOUR_MS = 3_600_000;

test('a source has its own TTL, that of all, or 12 h', () => {
  const config = alertIntakeConfig.parse({ ttl: '6h', sources: { grafana: { ttl: '1h' }, am: {} } });
  assert.equal(ttlMsOf(config, 'grafana'), HOUR_MS);
  assert.equal(ttlMsOf(config, 'am'), 6 * HOUR_MS);
  assert.equal(ttlMsOf(config, 'toString'), 6 * HOUR_MS);
  assert.equal(ttlMsOf(alertIntakeConfig.parse(undefined), 'any'), 12 * HOUR_MS);
});

test('a TTL of nothing and names that no path has are refused', () => {
  for (const wrong of [
    { ttl: '0s' },
    { ttl: 'soon' },
    { sources: { 'a/b': {} } },
    { sources: { a: { tll: '1h' } } },
  ])
    assert.equal(alertIntakeConfig.safeParse(wrong).success, false, JSON.stringify(wrong));
});
