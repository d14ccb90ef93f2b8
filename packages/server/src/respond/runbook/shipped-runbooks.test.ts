/** The runbooks that ship: one for every shipped alert, each true to its rule as far as a program can tell. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { before, suite, test } from 'node:test';
import { parse } from 'yaml';
import { DiskFiles } from '../../lib/disk-files.ts';
import { createRunbookLibrary, loadRunbooks, parseRunbook, remarksOn } from './index.ts';
import { isKnownPlaceholder } from './placeholders.ts';
import { RUNBOOK_SECTIONS, type RunbookLibrary } from './runbook.ts';
import { stepsOf } from './steps.ts';

const root = path.resolve(import.meta.dirname, '../../../../..');

interface Rule {
  readonly alert?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

const alerts = readdirSync(path.join(root, 'rules')).flatMap((name) => {
  const file = parse(readFileSync(path.join(root, 'rules', name), 'utf8')) as {
    readonly groups: readonly { readonly rules: readonly Rule[] }[];
  };
  return file.groups.flatMap(({ rules }) => rules).filter(({ alert }) => alert !== undefined);
});

const SEVERITIES = ['critical', 'error', 'warning', 'info', 'none'];

suite('shipped runbooks', () => {
  let library: RunbookLibrary;

  before(async () => {
    const folders = { shippedDirectory: `${root}/runbooks`, patterns: [], directory: root };
    const loaded = await loadRunbooks({ files: new DiskFiles() }, folders);
    library = createRunbookLibrary(() => loaded);
  });

  test('all of them can be read', () => {
    assert.deepEqual(library.problems(), []);
    const files = readdirSync(path.join(root, 'runbooks')).map((name) => name.replace(/\.md$/, ''));
    assert.deepEqual(
      library.all().map(({ id }) => id),
      files.sort(),
    );
  });

  test('every alert has exactly one, found by its name and by its runbook_url alone', () => {
    assert.ok(alerts.length >= 84);
    for (const { alert = '', labels = {}, annotations = {} } of alerts) {
      const byName = library.match({ labels: { ...labels, alertname: alert }, annotations: {} });
      assert.deepEqual(
        byName.map(({ runbook }) => runbook.id),
        [alert],
      );
      assert.deepEqual(byName[0]?.why, ['named for this alert']);
      const byUrl = library.match({ labels, annotations });
      assert.deepEqual(
        byUrl.map(({ runbook }) => runbook.id),
        [alert],
      );
      assert.deepEqual(byUrl[0]?.why, ['its runbook_url names it']);
    }
  });

  test('each is for an alert, and has the severity of its rule, the worst one of several', () => {
    for (const { id, severity } of library.all()) {
      const severities = alerts
        .filter(({ alert }) => alert === id)
        .map(({ labels }) => labels?.['severity'] ?? '');
      assert.equal(
        severity,
        SEVERITIES.find((one) => severities.includes(one)),
        id,
      );
    }
  });

  test('each has an owner, a title, all sections and steps to take', () => {
    for (const runbook of library.all()) {
      const { id, owner, title, markdown, sections } = runbook;
      assert.equal(owner, 'vedette', id);
      assert.notEqual(title, '', id);
      assert.ok(markdown.startsWith(`# ${id}\n`), id);
      for (const section of RUNBOOK_SECTIONS)
        assert.ok((sections[section] ?? '').length > 0, `${id}: ${section}`);
      const steps = stepsOf(runbook, {});
      assert.ok(
        steps.some(({ section }) => section === 'Mitigation'),
        id,
      );
      assert.ok(
        steps.some(({ query, command }) => query !== undefined || command !== undefined),
        id,
      );
    }
  });

  test('nothing in them is worth a remark but that none has a day of review: PromQL parses, code is closed', () => {
    for (const runbook of library.all())
      assert.deepEqual(remarksOn(readFileSync(runbook.file, 'utf8'), runbook, 0), [], runbook.id);
  });

  test('all code says its language', () => {
    for (const { id, markdown } of library.all()) {
      const fences = [...markdown.matchAll(/^ *```(.*)$/gm)].map(([, language]) => language ?? '');
      for (const [index, language] of fences.entries())
        assert.match(language, index % 2 === 0 ? /^(?:promql|sh|yaml|json)$/ : /^$/, id);
    }
  });

  test('they link to runbooks that exist', () => {
    for (const { id, markdown } of library.all())
      for (const [, target = ''] of markdown.matchAll(/\]\((\w+)\.md\)/g))
        assert.equal(library.find(target)?.id, target, id);
  });
});

test('the example of the guide is a whole runbook, and its words are filled in as it says', () => {
  const guide = readFileSync(path.join(root, 'docs/runbooks.md'), 'utf8');
  const [, text = ''] = /^````markdown web-errors\.md\n([\s\S]*?)^````$/m.exec(guide) ?? [];
  const runbook = parseRunbook(text, { file: 'web-errors.md', origin: 'own' });
  assert.equal(runbook.match.labels['tier'], 'web|api');
  assert.deepEqual(remarksOn(text, runbook, Date.parse('2026-11-02')), []);
  const [query, command] = stepsOf(runbook, { job: 'shop "A"' });
  assert.ok((query?.query ?? '').includes(String.raw`job="shop \"A\""`));
  assert.deepEqual(command?.open, ['NAME']);
  const words = [...guide.matchAll(/^\| (`[A-Z_]+`.*?) \|/gm)].flatMap(
    ([, cell = '']) => cell.match(/[A-Z_]{2,}/g) ?? [],
  );
  assert.ok(words.length >= 9);
  for (const word of words) assert.ok(isKnownPlaceholder(word), word);
});
