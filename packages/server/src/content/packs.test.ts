import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { suite, test } from 'node:test';
import { parseRuleTemplate } from '@vedette/gotemplate';
import { FatalError } from '@vedette/model';
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
      (await loadContentPacks(deps, { directory, config: packs({ host: false }) })).ruleFiles,
      [],
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

  test('every alert has a severity, a summary, a description and the address of a runbook', () => {
    for (const { alert = '', labels, annotations } of alerts) {
      assert.ok(
        ['critical', 'error', 'warning', 'info', 'none'].includes(labels?.['severity'] ?? ''),
        `${alert}: severity`,
      );
      assert.ok((annotations?.['summary'] ?? '').length > 0, `${alert}: summary`);
      assert.ok((annotations?.['description'] ?? '').length > 0, `${alert}: description`);
      assert.equal(annotations?.['runbook_url'], `/runbooks/${alert}`);
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
});
