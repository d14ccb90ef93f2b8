import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { fingerprintOf, remoteNameOf, remoteWriteConfig, remoteWriteConfigs } from './config.ts';

const URL_KEY = { url: 'http://127.0.0.1:9090/api/v1/write' };

function faultOf(value: unknown): string {
  const result = remoteWriteConfigs.safeParse(value);
  assert.ok(!result.success, 'it was accepted');
  return z.prettifyError(result.error);
}

test('a URL is enough; the rest has the defaults of Prometheus', () => {
  const config = remoteWriteConfig.parse(URL_KEY);
  assert.partialDeepStrictEqual(config, {
    remote_timeout: 30_000,
    send_exemplars: false,
    send_native_histograms: false,
    protobuf_message: 'prometheus.WriteRequest',
    queue_config: {
      capacity: 10_000,
      max_shards: 50,
      min_shards: 1,
      max_samples_per_send: 2000,
      batch_send_deadline: 5000,
      min_backoff: 30,
      max_backoff: 5000,
      retry_on_http_429: false,
      sample_age_limit: 0,
    },
    metadata_config: { send: true, send_interval: 60_000, max_samples_per_send: 2000 },
  });
});

test('what cannot be is refused, by name', () => {
  const check = (entry: Record<string, unknown>, want: RegExp): void =>
    assert.match(faultOf([{ ...URL_KEY, ...entry }]), want);
  assert.match(faultOf([{}]), /must be an http or https URL/);
  check({ url: 'ftp://x/' }, /must be an http or https URL/);
  for (const key of ['sigv4', 'azuread', 'google_iam', 'oauth2', 'proxy_url'])
    check({ [key]: {} }, new RegExp(`${key} is not supported yet`));
  check({ headers: { Authorization: 'x' } }, /must be changed via the basic_auth or authorization/);
  check({ headers: { 'Content-Type': 'x' } }, /header "Content-Type" cannot be set: it is set by the sender/);
  check({ headers: { 'a b': 'x' } }, /header "a b" cannot be set: it is no header name/);
  check({ protobuf_message: 'v3' }, /protobuf_message/);
  check({ queue_config: { capacity: 0 } }, /capacity/);
  check({ queue_config: { min_shards: 60 } }, /must not be greater than max_shards; got 60, want at most 50/);
  check({ queue_config: { min_backoff: '10s' } }, /must not be greater than max_backoff/);
  check({ basic_auth: {}, bearer_token: 'x' }, /at most one of basic_auth, authorization/);
  check({ surprise: 1 }, /surprise/);
});

test('names are unique, given or made', () => {
  assert.match(
    faultOf([
      { ...URL_KEY, name: 'a' },
      { ...URL_KEY, name: 'a' },
    ]),
    /name "a" stands twice/,
  );
  assert.match(faultOf([URL_KEY, URL_KEY]), /stands twice with the same settings/);
  assert.equal(remoteWriteConfigs.parse([URL_KEY, { ...URL_KEY, remote_timeout: '1s' }]).length, 2);
  assert.match(remoteNameOf(remoteWriteConfig.parse(URL_KEY)), /^[0-9a-f]{6}$/);
});

test('equal settings have equal fingerprints; a secret or a rule makes another', () => {
  const of = (entry: Record<string, unknown>): string =>
    fingerprintOf(remoteWriteConfig.parse({ ...URL_KEY, ...entry }));
  assert.equal(of({}), of({ remote_timeout: '30s' }));
  assert.notEqual(of({ bearer_token: 'a' }), of({ bearer_token: 'b' }));
  const drop = (regex: string): Record<string, unknown> => ({
    write_relabel_configs: [{ source_labels: ['a'], regex, action: 'drop' }],
  });
  assert.equal(of(drop('x')), of(drop('x')));
  assert.notEqual(of(drop('x')), of(drop('y')));
});
