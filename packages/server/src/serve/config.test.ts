import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serverSchema } from './config.ts';

test('without a word the server listens on loopback', () => {
  assert.deepEqual(serverSchema.parse(undefined), {
    listen: '127.0.0.1:8080',
    accounts: 'auto',
    limits: { live_connections: 100, shutdown_timeout: 4000 },
  });
});

test('addresses are HOST:PORT', () => {
  const isGood = (listen: string): boolean => serverSchema.safeParse({ listen }).success;
  for (const good of ['127.0.0.1:0', 'localhost:65535', '[::1]:8080', ':8080', '0.0.0.0:80'])
    assert.ok(isGood(good), good);
  for (const bad of [
    '',
    '8080',
    '127.0.0.1',
    'localhost:',
    'localhost:65536',
    '::1:8080',
    'http://a:1',
    'a b:1',
    'a:-1',
  ])
    assert.ok(!isGood(bad), bad);
});

test('unknown keys, addresses without http and limits below 1 are refused', () => {
  for (const bad of [
    { port: 8080 },
    { external_url: 'ftp://x' },
    { external_url: 'x' },
    { token_file: '' },
    { listeners: [] },
    { listeners: [{ address: 'a:1', surfaces: [] }] },
    { listeners: [{ address: 'a:1', surfaces: ['everything'] }] },
    { limits: { live_connections: 0 } },
    { limits: { shutdown_timeout: 5 } },
    { limits: { shutdown_timeout: '4001ms' } },
  ])
    assert.equal(serverSchema.safeParse(bad).success, false, JSON.stringify(bad));
});

test('a listener serves everything unless it says otherwise', () => {
  const { listeners } = serverSchema.parse({ listeners: [{ address: '127.0.0.1:9090' }] });
  assert.deepEqual(listeners, [{ address: '127.0.0.1:9090', surfaces: ['ui', 'api', 'ingest', 'guard'] }]);
});
