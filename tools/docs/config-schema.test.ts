import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configSchema } from '../../packages/server/src/config/schema.ts';
import { byteSize, durationMs, labelRecord, secret } from '../../packages/server/src/lib/schema.ts';
import {
  peel,
  sectionsOf,
  typeOf,
  type ConfigKey,
  type ConfigSection,
  type Schema,
} from './config-schema.ts';
import { printConfiguration } from './configuration.ts';
import { printEditorSchema } from './editor-schema.ts';

const sections = sectionsOf(configSchema);

function sectionOf(path: string): ConfigSection {
  const section = sections.find((candidate) => candidate.path === path);
  assert.ok(section, `no section ${path}; there are ${sections.map((one) => one.path).join(', ')}`);
  return section;
}

function keyOf(path: string, name: string): ConfigKey {
  const key = sectionOf(path).keys.find((candidate) => candidate.name === name);
  assert.ok(key, `no key ${name} in ${path}`);
  return key;
}

test('notations of configuration files have their names, however they are wrapped', () => {
  const check = (schema: Schema, want: string): void => assert.equal(typeOf(schema), want);
  check(durationMs, 'duration');
  check(durationMs.optional().describe('x'), 'duration');
  check(durationMs.refine(() => true).prefault('5m'), 'duration');
  check(durationMs.array(), 'list of durations');
  check(byteSize, 'size');
  check(secret.optional(), 'secret');
  check(labelRecord.default({}), 'map to strings');
  check(durationMs.or(byteSize), 'duration or size');
});

test('defaults are in the notation of the file', () => {
  const check = (schema: Schema, want: unknown): void => assert.equal(peel(schema).default, want);
  check(durationMs.default(90_000), '1m30s');
  check(durationMs.prefault('15s'), '15s');
  check(durationMs.optional(), undefined);
  check(byteSize.default(3), '3B');
  check(byteSize.default(256 * 1024 ** 2), '256MiB');
  check(byteSize.default(1536), '1536B');
  check(byteSize.default(0), '0');
});

test('the outermost description counts', () => {
  assert.equal(peel(durationMs.describe('in').optional().describe('out')).description, 'out');
  assert.equal(peel(durationMs.describe('in').optional()).description, 'in');
  assert.equal(peel(durationMs).description, undefined);
});

test('keys of the real schema read as they are written', () => {
  assert.deepEqual(keyOf('global', 'scrape_interval').default, '15s');
  assert.equal(keyOf('query', 'max_samples').type, 'integer ≥ 1');
  assert.equal(keyOf('server.limits', 'live_connections').type, 'integer, 1 to 10000');
  assert.equal(keyOf('scrape_configs[]', 'scheme').type, '`http`, `https`');
  assert.equal(keyOf('scrape_configs[]', 'job_name').isRequired, true);
  assert.equal(keyOf('scrape_configs[]', 'scrape_timeout').isRequired, false);
  assert.match(keyOf('scrape_configs[].relabel_configs[]', 'action').type, /`hashmod`/);
  assert.equal(keyOf('scrape_configs[].relabel_configs[]', 'regex').type, 'string');
});

test('what is used twice has one section', () => {
  const { section } = keyOf('scrape_configs[]', 'metric_relabel_configs');
  assert.equal(section, 'scrape_configs[].relabel_configs[]');
  assert.equal(new Set(sections.map(({ path }) => path)).size, sections.length);
});

test('keys that are known but refused are told with what to do instead', () => {
  const check = (path: string, name: string, remedy: string | undefined): void => {
    assert.deepEqual(
      sectionOf(path).refused.find((one) => one.name === name),
      { name, remedy },
    );
    assert.ok(!sectionOf(path).keys.some((key) => key.name === name));
  };
  check('', 'runtime', undefined);
  check('', 'scrape_config_files', 'write the jobs under scrape_configs');
  check('scrape_configs[]', 'kubernetes_sd_configs', undefined);
  check('global', 'scrape_failure_log_file', undefined);
});

test('long defaults stand below their table', () => {
  const page = printConfiguration(configSchema);
  assert.match(page, /\| `fs_types_exclude` \| string \| below \|/);
  assert.match(page, /\nDefault of `fs_types_exclude`: `\^\(autofs\|/);
});

test('the editor schema speaks the notation of the file and refuses what we refuse', () => {
  const json = JSON.parse(printEditorSchema(configSchema)) as { properties: Record<string, unknown> };
  const at = (...steps: string[]): unknown =>
    steps.reduce<unknown>((node, step) => (node as Record<string, unknown>)[step], json);
  assert.equal(at('properties', 'global', 'properties', 'scrape_interval', 'default'), '15s');
  assert.equal(at('properties', 'query', 'properties', 'timeout', 'default'), '2m');
  assert.deepEqual(at('properties', 'runtime', 'not'), {});
  assert.deepEqual(at('properties', 'global', 'properties', 'scrape_failure_log_file', 'not'), {});
  assert.equal(at('additionalProperties'), false);
});
