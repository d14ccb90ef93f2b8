/** The runbooks that ship, where they point at something else: metrics, commands, addresses and keys that must exist. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { suite, test } from 'node:test';
import { parseExpr, selectorsOf, type VectorSelector } from '@vedette/promql/parser';
import { loadShippedRules } from '../../tools/docs/rules.ts';
import { documentedSeries } from '../support/documented-series.ts';

const root = path.resolve(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');

const CADVISOR = ['id', 'name', 'image', 'namespace', 'pod', 'container'];

/** What runbooks ask for beside what the rules read: labels by name, as the exporters have them that docs/metrics.md names. */
const EXPORTED: Readonly<Record<string, readonly string[]>> = {
  container_cpu_cfs_throttled_seconds_total: CADVISOR,
  container_cpu_usage_seconds_total: [...CADVISOR, 'cpu'],
  container_memory_cache: CADVISOR,
  container_memory_kernel_usage: CADVISOR,
  container_memory_rss: CADVISOR,
  container_pressure_memory_waiting_seconds_total: CADVISOR,
  container_processes: CADVISOR,
  container_spec_cpu_period: CADVISOR,
  container_spec_cpu_quota: CADVISOR,
  elasticsearch_cluster_health_initializing_shards: ['cluster'],
  elasticsearch_cluster_health_relocating_shards: ['cluster'],
  elasticsearch_cluster_health_unassigned_shards: ['cluster'],
  elasticsearch_jvm_gc_collection_seconds_sum: ['cluster', 'gc', 'host', 'name'],
  kafka_consumergroup_current_offset: ['consumergroup', 'partition', 'topic'],
  kafka_topic_partition_current_offset: ['partition', 'topic'],
  probe_http_duration_seconds: ['phase'],
  probe_http_status_code: [],
  redis_config_maxclients: [],
  redis_connected_clients: [],
  redis_expired_keys_total: [],
  redis_rdb_last_save_timestamp_seconds: [],
};

interface Runbook {
  readonly id: string;
  /** Fenced, with its language, and the spans within texts. */
  readonly code: readonly { readonly language: string; readonly text: string }[];
}

const runbooks = globSync('runbooks/*.md', { cwd: root })
  .sort()
  .map((file): Runbook => {
    const text = read(file);
    const fenced = /^ *```(\w+)\n([\s\S]*?)^ *```$/gm;
    const blocks = [...text.matchAll(fenced)].map(([, language = '', body = '']) => ({
      language,
      text: body.trim(),
    }));
    const spans = [...text.replaceAll(fenced, '').matchAll(/`([^`\n]+)`/g)].map(([, span = '']) => ({
      language: 'span',
      text: span,
    }));
    return { id: path.basename(file, '.md'), code: [...blocks, ...spans] };
  });

/** `docs/metrics.md`, what the rules record with the labels that they are summed by, and the list above. */
function knownSeries(): ReadonlyMap<string, ReadonlySet<string>> {
  const series = new Map(documentedSeries());
  for (const [name, labels] of Object.entries(EXPORTED)) {
    assert.equal(series.has(name), false, `${name} is in docs/metrics.md`);
    series.set(name, new Set(['job', 'instance', ...labels]));
  }
  for (const { rule, selectors } of loadShippedRules(root)) {
    if (rule.kind !== 'recording') continue;
    const summedBy = [...rule.expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) =>
      list.split(/,\s*/),
    );
    const read = selectors.flatMap(({ name = '' }) => [...(series.get(name) ?? [])]);
    series.set(rule.name, new Set(summedBy.length > 0 ? summedBy : read));
  }
  return series;
}

/** A span is one when it parses and has brackets. */
function queriesOf({
  code,
}: Runbook): readonly { readonly text: string; readonly selectors: readonly VectorSelector[] }[] {
  return code.flatMap(({ language, text }) => {
    if (language === 'promql') return [{ text, selectors: selectorsOf(parseExpr(text)) }];
    if (language !== 'span' || !/[{(]/.test(text)) return [];
    try {
      return [{ text, selectors: selectorsOf(parseExpr(text)) }];
    } catch {
      return [];
    }
  });
}

const shellOf = ({ code }: Runbook): readonly string[] =>
  code.filter(({ language }) => language === 'sh').map(({ text }) => text);

suite('the shipped runbooks', () => {
  test('their queries ask for metrics and labels that exist', () => {
    const known = knownSeries();
    const asked = new Set<string>();
    for (const runbook of runbooks)
      for (const { text, selectors } of queriesOf(runbook))
        for (const selector of selectors)
          for (const name of namesOf(selector, [...known.keys()])) {
            const labels = known.get(name);
            assert.ok(labels, `${runbook.id}: "${name}" in ${text} is not in docs/metrics.md`);
            asked.add(name);
            for (const matcher of selector.matchers)
              assert.ok(
                matcher.name === '__name__' || labels.has(matcher.name),
                `${runbook.id}: ${name} has no label "${matcher.name}"`,
              );
          }
    assert.ok(asked.size >= 90, `${asked.size} names`);
    for (const name of Object.keys(EXPORTED)) assert.ok(asked.has(name), `no runbook asks for ${name}`);
  });

  test('commands of ours are in docs/cli.md, with their options', () => {
    const sections = new Map(
      read('docs/cli.md')
        .split(/^## /m)
        .map((section) => [section.split('\n', 1)[0] ?? '', section]),
    );
    const commands = runbooks.flatMap(({ id, code }) =>
      code
        .filter(({ language }) => language === 'sh' || language === 'span')
        .flatMap(({ text }) => text.split(/[|;&\n]+/))
        .filter((text) => /^\s*vedette\s/.test(text))
        .map((text) => ({ id, words: text.trim().split(/\s+/) })),
    );
    assert.ok(commands.length >= 15, `${commands.length} commands`);
    for (const { id, words } of commands) {
      const what = `${id}: ${words.join(' ')}`;
      const help = sections.get(words.slice(0, 2).join(' '));
      assert.ok(help, what);
      assert.match(help, new RegExp(`${words.slice(0, 3).join(' ')}(?![\\w-])`), what);
      for (const option of words.filter((word) => word.startsWith('--')))
        assert.match(help, new RegExp(`${option}(?![\\w-])`), what);
    }
  });

  test('addresses of ours are in docs/http.md', () => {
    const routes = read('docs/http.md');
    const addresses = runbooks.flatMap((runbook) =>
      shellOf(runbook).flatMap((text) => [...text.matchAll(/http:\/\/VEDETTE(\/[^'"?\s]*)/g)]),
    );
    assert.ok(addresses.length >= 10, `${addresses.length} addresses`);
    for (const [, address = ''] of addresses) assert.ok(routes.includes(`\n| \`${address}\` |`), address);
  });

  test('keys of ours are in the schema of the configuration', () => {
    const schema = JSON.parse(read('docs/vedette.schema.json')) as Schema;
    let count = 0;
    for (const { id, code } of runbooks)
      for (const { language, text } of code) {
        const [first = '', ...rest] = text.split('.');
        if (language !== 'span' || !/^\w+(?:\.\w+)+$/.test(text)) continue;
        if (schema.properties?.[first] === undefined) continue;
        assert.ok(hasKey(schema, [first, ...rest]), `${id}: ${text}`);
        count++;
      }
    assert.ok(count >= 5, `${count} keys`);
  });

  test('a shell can read every command', () => {
    for (const runbook of runbooks)
      execFileSync('sh', ['-n'], { input: `${shellOf(runbook).join('\n')}\n`, stdio: 'pipe' });
  });
});

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly oneOf?: readonly Schema[];
}

function hasKey({ properties, oneOf = [] }: Schema, keys: readonly string[]): boolean {
  const [first, ...rest] = keys;
  if (first === undefined) return true;
  const own = properties?.[first];
  return own === undefined ? oneOf.some((one) => hasKey(one, keys)) : hasKey(own, rest);
}

/** Of a pattern those that it was written for: each of its alternatives. */
function namesOf({ name, matchers }: VectorSelector, known: readonly string[]): readonly string[] {
  if (name !== undefined) return [name];
  const pattern = matchers.find((matcher) => matcher.name === '__name__')?.value ?? '';
  const found = known.filter((one) => new RegExp(`^(?:${pattern})$`).test(one));
  assert.equal(found.length, pattern.split('|').length, `not all of "${pattern}" are known`);
  return found;
}
