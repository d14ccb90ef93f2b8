import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { suite, test } from 'node:test';
import { parseRuleTemplate } from '@vedette/gotemplate';
import { FatalError, InputError } from '@vedette/model';
import { parse } from 'yaml';
import { DiskFiles } from '../lib/disk-files.ts';
import { loadContentPacks, packsConfigSchema } from './index.ts';

const deps = { files: new DiskFiles() };
const shipped = path.resolve(import.meta.dirname, '../../../..');

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
      (await loadContentPacks(deps, { directory, config: { host: false, containers } })).ruleFiles;
    assert.deepEqual(await filesWith(true), [`${directory}/rules/containers.yml`]);
    assert.deepEqual(await filesWith(false), []);
    assert.deepEqual(await filesWith(undefined), []);
  });
});

test('an unknown pack is an error', () => {
  assert.equal(packsConfigSchema.safeParse({ hots: false }).success, false);
});

test('a pack whose file is missing says how to go on', async () => {
  await withContent({}, async (directory) => {
    await assert.rejects(
      loadContentPacks(deps, { directory, config: { host: true } }),
      (error) =>
        error instanceof FatalError &&
        error.message ===
          `cannot load pack "host": file "${directory}/rules/host.yml" is missing; install Vedette again or set packs.host: false`,
    );
    assert.deepEqual((await loadContentPacks(deps, { directory, config: { host: false } })).runbookNames, []);
  });
});

test('a runbook is found by the name of its alert, and by nothing else', async () => {
  const files = { 'runbooks/A.md': '# A é', 'runbooks/notes.txt': 'x', 'rules/secret.md': 'secret' };
  await withContent(files, async (directory) => {
    const packs = await loadContentPacks(deps, { directory, config: { host: false } });
    assert.deepEqual(packs.runbookNames, ['A']);
    assert.deepEqual(await packs.findRunbook('A'), { alertName: 'A', markdown: '# A é' });
    for (const name of ['', 'a', 'A.md', 'notes', '../rules/secret', 'B', '__proto__']) {
      assert.equal(await packs.findRunbook(name), undefined, name);
    }
  });
});

test('a runbook of 256 KiB is read, a larger one refused', async () => {
  const files = { 'runbooks/Max.md': 'x'.repeat(262_144), 'runbooks/Over.md': 'x'.repeat(262_145) };
  await withContent(files, async (directory) => {
    const packs = await loadContentPacks(deps, { directory, config: { host: false } });
    assert.equal((await packs.findRunbook('Max'))?.markdown.length, 262_144);
    await assert.rejects(
      packs.findRunbook('Over'),
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
  const rules = ['host.yml', 'containers.yml'].flatMap((name) => {
    const file = parse(readFileSync(path.join(shipped, 'rules', name), 'utf8')) as {
      readonly groups: readonly { readonly rules: readonly Rule[] }[];
    };
    return file.groups.flatMap((group) => group.rules);
  });
  const alerts = rules.filter((rule) => rule.alert !== undefined);

  test('every alert has a severity, a summary, a description and a runbook', async () => {
    const packs = await loadContentPacks(deps, { directory: shipped, config: { host: true } });
    assert.ok(alerts.length >= 15);
    for (const { alert = '', labels, annotations } of alerts) {
      assert.ok(
        ['critical', 'warning', 'info', 'none'].includes(labels?.['severity'] ?? ''),
        `${alert}: severity`,
      );
      assert.ok((annotations?.['summary'] ?? '').length > 0, `${alert}: summary`);
      assert.ok((annotations?.['description'] ?? '').length > 0, `${alert}: description`);
      assert.equal(annotations?.['runbook_url'], `/runbooks/${alert}`);
      const runbook = await packs.findRunbook(alert);
      assert.ok(runbook?.markdown.startsWith(`# ${alert}\n`), `${alert}: runbook`);
      for (const heading of ['Meaning', 'Impact', 'Diagnosis', 'Mitigation']) {
        assert.ok(runbook?.markdown.includes(`\n## ${heading}\n`), `${alert}: ${heading} of the runbook`);
      }
    }
  });

  test('every runbook belongs to an alert, and links to runbooks that exist', async () => {
    const packs = await loadContentPacks(deps, { directory: shipped, config: { host: true } });
    assert.deepEqual(
      packs.runbookNames,
      alerts.map((rule) => rule.alert).toSorted((a = '', b = '') => (a < b ? -1 : 1)),
    );
    for (const name of packs.runbookNames) {
      const markdown = (await packs.findRunbook(name))?.markdown ?? '';
      for (const [, target = ''] of markdown.matchAll(/\]\((\w+)\.md\)/g)) {
        assert.ok(packs.runbookNames.includes(target), `${name} links to ${target}`);
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

  test('no name is used twice', () => {
    const names = rules.map((rule) => rule.alert ?? rule.record);
    assert.equal(new Set(names).size, names.length);
  });
});
