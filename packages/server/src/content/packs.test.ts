import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { suite, test } from 'node:test';
import { parseRuleTemplate } from '@vedette/gotemplate';
import { FatalError, InputError } from '@vedette/model';
import { parseExpr } from '@vedette/promql/parser';
import { parse } from 'yaml';
import type { z } from 'zod';
import { DiskFiles } from '../lib/disk-files.ts';
import { loadContentPacks, packsConfigSchema, type PacksConfig } from './index.ts';

const deps = { files: new DiskFiles() };
const shipped = path.resolve(import.meta.dirname, '../../../..');
const packs = (config: z.input<typeof packsConfigSchema>): PacksConfig => packsConfigSchema.parse(config);

/** A folder with content for one test. */
async function withContent(
  files: Readonly<Record<string, string>>,
  run: (directory: string) => Promise<void>,
): Promise<void> {
  const directory = mkdtempSync(path.join(tmpdir(), 'vedette-content-'));
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(directory, name)), { recursive: true });
      writeFileSync(path.join(directory, name), text);
    }
    await run(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

test('the host pack is on unless it is switched off', async () => {
  await withContent({ 'rules/host.yml': 'groups: []' }, async (directory) => {
    const on = await loadContentPacks(deps, { directory, config: packsConfigSchema.parse(undefined) });
    assert.deepEqual(on.ruleFiles, [`${directory}/rules/host.yml`]);
    const off = await loadContentPacks(deps, { directory, config: packsConfigSchema.parse({ host: false }) });
    assert.deepEqual(off.ruleFiles, []);
  });
});

test('the containers pack is on where it is switched on', async () => {
  await withContent({ 'rules/host.yml': '', 'rules/containers.yml': '' }, async (directory) => {
    const filesWith = async (containers: boolean | undefined): Promise<readonly string[]> =>
      (await loadContentPacks(deps, { directory, config: packs({ host: false, containers }) })).ruleFiles;
    assert.deepEqual(await filesWith(true), [`${directory}/rules/containers.yml`]);
    assert.deepEqual(await filesWith(false), []);
    assert.deepEqual(await filesWith(undefined), []);
  });
});

test('the other packs wait to be switched on, each for itself', async () => {
  const names = ['cost', 'database', 'http', 'llm', 'logs', 'queue', 'redis', 'sandbox', 'security'];
  const files = Object.fromEntries(names.map((name) => [`rules/${name}.yml`, 'groups: []']));
  await withContent({ ...files, 'rules/host.yml': '' }, async (directory) => {
    const filesWith = async (config: z.input<typeof packsConfigSchema>): Promise<readonly string[]> =>
      (await loadContentPacks(deps, { directory, config: packs(config) })).ruleFiles;
    assert.deepEqual(await filesWith({ host: false }), []);
    for (const name of names)
      assert.deepEqual(await filesWith({ host: false, [name]: true }), [`${directory}/rules/${name}.yml`]);
    const all = Object.fromEntries(names.map((name) => [name, true]));
    assert.equal((await filesWith(all)).length, names.length + 1);
  });
});

test('an unknown pack is an error', () => {
  assert.equal(packsConfigSchema.safeParse({ hots: false }).success, false);
});

test('a pack whose file is missing says how to go on', async () => {
  await withContent({}, async (directory) => {
    await assert.rejects(
      loadContentPacks(deps, { directory, config: packs({ host: true }) }),
      (error) =>
        error instanceof FatalError &&
        error.message ===
          `cannot load pack "host": file "${directory}/rules/host.yml" is missing; install Vedette again or set packs.host: false`,
    );
    assert.deepEqual(
      (await loadContentPacks(deps, { directory, config: packs({ host: false }) })).runbookNames,
      [],
    );
  });
});

test('a runbook is found by the name of its alert, and by nothing else', async () => {
  const files = { 'runbooks/A.md': '# A é', 'runbooks/notes.txt': 'x', 'rules/secret.md': 'secret' };
  await withContent(files, async (directory) => {
    const content = await loadContentPacks(deps, { directory, config: packs({ host: false }) });
    assert.deepEqual(content.runbookNames, ['A']);
    assert.deepEqual(await content.findRunbook('A'), { alertName: 'A', markdown: '# A é' });
    for (const name of ['', 'a', 'A.md', 'notes', '../rules/secret', 'B', '__proto__']) {
      assert.equal(await content.findRunbook(name), undefined, name);
    }
  });
});

test('a runbook of 256 KiB is read, a larger one refused', async () => {
  const files = { 'runbooks/Max.md': 'x'.repeat(262_144), 'runbooks/Over.md': 'x'.repeat(262_145) };
  await withContent(files, async (directory) => {
    const content = await loadContentPacks(deps, { directory, config: packs({ host: false }) });
    assert.equal((await content.findRunbook('Max'))?.markdown.length, 262_144);
    await assert.rejects(
      content.findRunbook('Over'),
      (error) => error instanceof InputError && /262145 bytes, limit is 262144/.test(error.message),
    );
  });
});

interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

suite('the shipped rules', () => {
  const rules = readdirSync(path.join(shipped, 'rules')).flatMap((name) => {
    const file = parse(readFileSync(path.join(shipped, 'rules', name), 'utf8')) as {
      readonly groups: readonly { readonly rules: readonly Rule[] }[];
    };
    return file.groups.flatMap((group) => group.rules);
  });
  const alerts = rules.filter((rule) => rule.alert !== undefined);

  test('every alert has a severity, a summary, a description and a runbook', async () => {
    const content = await loadContentPacks(deps, { directory: shipped, config: packs({ host: true }) });
    for (const { alert = '', labels, annotations } of alerts) {
      assert.ok(
        ['critical', 'error', 'warning', 'info', 'none'].includes(labels?.['severity'] ?? ''),
        `${alert}: severity`,
      );
      assert.ok((annotations?.['summary'] ?? '').length > 0, `${alert}: summary`);
      assert.ok((annotations?.['description'] ?? '').length > 0, `${alert}: description`);
      assert.equal(annotations?.['runbook_url'], `/runbooks/${alert}`);
      const runbook = await content.findRunbook(alert);
      assert.ok(runbook?.markdown.startsWith(`# ${alert}\n`), `${alert}: runbook`);
      for (const heading of ['Meaning', 'Impact', 'Diagnosis', 'Mitigation']) {
        assert.ok(runbook?.markdown.includes(`\n## ${heading}\n`), `${alert}: ${heading} of the runbook`);
      }
    }
  });

  test('every runbook belongs to an alert, and links to runbooks that exist', async () => {
    const content = await loadContentPacks(deps, { directory: shipped, config: packs({ host: true }) });
    assert.deepEqual(content.runbookNames, [...new Set(alerts.map(({ alert = '' }) => alert))].sort());
    for (const name of content.runbookNames) {
      const markdown = (await content.findRunbook(name))?.markdown ?? '';
      for (const [, target = ''] of markdown.matchAll(/\]\((\w+)\.md\)/g)) {
        assert.ok(content.runbookNames.includes(target), `${name} links to ${target}`);
      }
    }
  });

  test('every text is a template that parses', () => {
    for (const { alert = '', labels, annotations } of alerts) {
      for (const text of [...Object.values(labels ?? {}), ...Object.values(annotations ?? {})]) {
        parseRuleTemplate(alert, text);
      }
    }
  });

  test('no name is used twice, but for one alert at two severities', () => {
    const names = rules.map(
      ({ alert, record, labels }) => `${alert ?? record}/${labels?.['severity'] ?? ''}`,
    );
    assert.equal(new Set(names).size, names.length);
  });

  test('every PromQL of a runbook parses', async () => {
    const content = await loadContentPacks(deps, { directory: shipped, config: packs({}) });
    for (const name of content.runbookNames) {
      const markdown = (await content.findRunbook(name))?.markdown ?? '';
      for (const [, query = ''] of markdown.matchAll(/ {3}```promql\n([^`]*)```/g))
        assert.doesNotThrow(() => parseExpr(query), `${name}: ${query}`);
    }
  });
});
