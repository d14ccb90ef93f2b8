import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { NotificationTemplates } from '@vedette/gotemplate';
import { InputError, VirtualClock } from '@vedette/model';
import { DiskFiles } from '../../lib/disk-files.ts';
import { exampleNotification } from '../notify/receiver.contract.ts';
import { notificationTexts } from '../notify/texts.ts';
import { loadNotificationTemplates } from './load-templates.ts';

const deps = { clock: new VirtualClock({ startMs: 1_700_000_000_000 }), files: new DiskFiles() };

function folderWith(t: TestContext, files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'vedette-templates-'));
  t.after(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'sub'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

const define = (name: string, text: string): string => `{{ define "${name}" }}${text}{{ end }}`;

function textOf(templates: NotificationTemplates, name: string): string {
  const texts = notificationTexts({ templates, externalUrl: 'http://vedette.test' }, exampleNotification());
  return texts.text(`{{ template "${name}" . }}`, 'test');
}

async function refuses(patterns: readonly string[], want: RegExp): Promise<void> {
  await assert.rejects(loadNotificationTemplates(deps, patterns), (error: unknown) => {
    assert.ok(error instanceof InputError && error.code === 'VED_CONFIG_INVALID');
    assert.match(error.message, want);
    return true;
  });
}

test('without files there are our texts', async () => {
  const templates = await loadNotificationTemplates(deps, []);
  assert.equal(textOf(templates, 'slack.default.title'), '[FIRING:1] A (api)');
});

test('patterns find files, and theirs call ours and replace them by name', async (t) => {
  const folder = folderWith(t, {
    'a.tmpl': define('a', 'a: {{ template "__subject" . }}'),
    'b.tmpl': define('__alertmanager', 'Wachtturm'),
    'c.txt': define('c', 'not asked for'),
    'sub/d.tmpl': define('d', 'd'),
  });
  const templates = await loadNotificationTemplates(deps, [
    join(folder, '*.tmpl'),
    join(folder, 's*', '?.tmpl'),
  ]);
  assert.equal(textOf(templates, 'a'), 'a: [FIRING:1] A (api)');
  assert.equal(textOf(templates, 'pagerduty.default.client'), 'Wachtturm');
  assert.equal(textOf(templates, 'd'), 'd');
  assert.throws(() => textOf(templates, 'c'), /template "c" not defined/);
});

test('of two files with one name for a text the later counts: by pattern, then by name', async (t) => {
  const names = ['2.tmpl', '1.tmpl', 'z.tmpl'];
  const folder = folderWith(t, Object.fromEntries(names.map((name) => [name, define('x', name)])));
  const load = async (...patterns: readonly string[]): Promise<string> =>
    textOf(
      await loadNotificationTemplates(
        deps,
        patterns.map((pattern) => join(folder, pattern)),
      ),
      'x',
    );
  assert.equal(await load('*.tmpl'), 'z.tmpl');
  assert.equal(await load('z.tmpl', '?.tmpl'), '2.tmpl');
});

test('a pattern that matches nothing is no fault', async (t) => {
  const folder = folderWith(t, {});
  await loadNotificationTemplates(deps, [join(folder, '*.tmpl'), join(folder, 'missing', '*')]);
});

test('a broken file is named, with its line', async (t) => {
  const folder = folderWith(t, { 'broken.tmpl': `${define('x', 'x')}\n\n{{ if }}\n` });
  await refuses([join(folder, '*.tmpl')], /^cannot use a template file: .*broken\.tmpl:3/);
});

test('a file at the limit is read, one beyond it and one that is none are refused by name', async (t) => {
  const limit = 1024 * 1024;
  const folder = folderWith(t, { 'most.tmpl': 'x'.repeat(limit), 'more.txt': 'x'.repeat(limit + 1) });
  await loadNotificationTemplates(deps, [join(folder, 'most.tmpl')]);
  const wanted =
    /^cannot read template ".*more\.txt": got 1048577 bytes, want at most 1048576 \(TEMPLATE_FILE_BYTES_MAX\)/;
  await refuses([join(folder, 'more.txt')], wanted);
  await refuses([join(folder, 's*')], /^cannot read template ".*sub": it is a directory, want a file$/);
});

test('more files than anybody has are refused', async (t) => {
  const files = Array.from({ length: 201 }, (_, i) => [`${i}.tmpl`, define(`t${i}`, '')] as const);
  const folder = folderWith(t, Object.fromEntries(files));
  await refuses([join(folder, '*.tmpl')], /got 201 files, want at most 200 \(TEMPLATE_FILES_MAX\)/);
  rmSync(join(folder, '0.tmpl'));
  await loadNotificationTemplates(deps, [join(folder, '*.tmpl')]);
});

test('what is no file is refused, not waited for', async (t) => {
  const folder = folderWith(t, {});
  execFileSync('mkfifo', [join(folder, 'x.tmpl')]);
  await refuses([join(folder, '*.tmpl')], /x\.tmpl": it is a pipe or device, want a file$/);
});
