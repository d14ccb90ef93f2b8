import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configSchema } from '../../config/schema.ts';
import { validate } from '../../config/validate.ts';
import { parseYamlSource } from '../../config/yaml-source.ts';
import { metricsStorageSchema, remoteWriteOf, type PrometheusStorageConfig } from './config.ts';

function parse(config: Record<string, unknown>): PrometheusStorageConfig {
  const parsed = metricsStorageSchema.parse({ engine: 'prometheus', ...config });
  assert.ok(parsed.engine === 'prometheus');
  return parsed;
}

test('without an engine samples are kept here', () => {
  const parsed = metricsStorageSchema.parse({ retention: '1d' });
  assert.deepEqual(
    [parsed.engine, parsed.engine === 'embedded' && parsed.retention],
    ['embedded', 86_400_000],
  );
});

test('samples are written below the address of the engine, with its credentials', () => {
  const basic_auth = { username: 'me', password: 'secret' };
  const parsed = parse({ url: 'http://mimir:8080/prometheus/', basic_auth });
  const write = remoteWriteOf(parsed);
  assert.equal(write.url, 'http://mimir:8080/prometheus/api/v1/write');
  assert.equal(write.name, 'engine');
  assert.equal(write.basic_auth?.password?.reveal(), 'secret');
  assert.equal(parsed.rules, 'here');
});

test('an entry without a url keeps its queue and takes the address; one with a url is on its own', () => {
  const queue_config = { max_shards: 3 };
  const parsed = parse({ url: 'http://a', bearer_token: 'x', remote_write: { queue_config } });
  const joined = remoteWriteOf(parsed);
  assert.deepEqual(
    [joined.url, joined.queue_config.max_shards, joined.bearer_token?.reveal()],
    ['http://a/api/v1/write', 3, 'x'],
  );
  const apart = remoteWriteOf(
    parse({ url: 'http://a', bearer_token: 'x', remote_write: { url: 'http://b/push' } }),
  );
  assert.deepEqual([apart.url, apart.bearer_token], ['http://b/push', undefined]);
});

function faultsOf(storage: string): readonly string[] {
  const source = parseYamlSource('vedette.yml', storage);
  return validate(source, configSchema).faults.map(({ message }) => message);
}

test('faults name the key, whichever engine is meant', () => {
  const check = (metrics: string, want: readonly string[]): void =>
    assert.deepEqual(faultsOf(`storage: { metrics: ${metrics} }`), want);
  check('{ engine: influx }', ['must be one of "embedded", "prometheus"']);
  check('{ engine: prometheus }', ['missing key "url"']);
  check('{ engine: prometheus, url: "ftp://x" }', ['must be an http or https URL']);
  for (const end of ['?', '?a=b', '/#', '#a'])
    check(`{ engine: prometheus, url: "http://x${end}" }`, ['must have no ? and no #']);
  check('{ engine: prometheus, url: "http://x", retention: 1d }', ['unknown key "retention"']);
  check('{ engine: prometheus, url: "http://x", rules: nowhere }', ['must be one of "here", "there"']);
  check('{ url: "http://x" }', ['unknown key "url"']);
  check('{ engine: prometheus, url: "http://x", bearer_token: a, basic_auth: { username: b } }', [
    'at most one of basic_auth, authorization, bearer_token & bearer_token_file must be configured',
  ]);
  assert.deepEqual(
    faultsOf(
      'storage: { metrics: { engine: prometheus, url: "http://x" }, tsdb: { out_of_order_time_window: 1h } }',
    ),
    ['is for samples that are kept here; with storage.metrics.engine prometheus set it there'],
  );
});

test('a retention of nothing is refused: it would remove all that is stored', () => {
  for (const retention of ['0s', '1ms', '59m'])
    assert.match(String(metricsStorageSchema.safeParse({ retention }).error), /must be at least 1h/);
  for (const retention of ['1h', '100y']) assert.ok(metricsStorageSchema.safeParse({ retention }).success);
});
