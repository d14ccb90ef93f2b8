/** Runbooks of a running server: shipped ones, own folders, faults, a reload. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import { until } from './support/until.ts';
import { startVedette, temporaryDirectory } from './support/vedette-process.ts';

interface Status {
  readonly problems: readonly string[];
}

/** Says at the exit which files of the tree were loaded. */
const FILES =
  'import { registerHooks } from "node:module"; const urls = [];' +
  'registerHooks({ load(url, context, next) { urls.push(url); return next(url, context); } });' +
  'process.on("exit", () => console.error(`\\nloaded ${urls.join(" ")}`))';

test('shipped runbooks are Markdown without front matter, and are not loaded before somebody asks', async (t) => {
  const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(FILES)}` };
  const loadedBy = async (paths: readonly string[]): Promise<boolean> => {
    const vedette = await startVedette(t, { env });
    for (const one of paths) {
      const text = await (await vedette.get(one)).text();
      assert.ok(text.startsWith('# HighErrorRate\n\n## Meaning\n'), text);
    }
    vedette.kill('SIGTERM');
    await vedette.exited();
    return /\/respond\/runbook\/parse-runbook\.ts/.test(vedette.stderr());
  };
  assert.equal(await loadedBy(['/runbooks/HighErrorRate', '/runbooks/higherrorrate.md']), true);
  assert.equal(await loadedBy([]), false);
});

test('own folders are read at the start and at a reload, and their faults are told', async (t) => {
  const directory = temporaryDirectory(t);
  mkdirSync(path.join(directory, 'own/web'), { recursive: true });
  const config = path.join(directory, 'vedette.yml');
  const write = (name: string, text: string): void => writeFileSync(path.join(directory, name), text);
  write('vedette.yml', 'agent: { runbooks: [own] }\n');
  write('own/web/HighErrorRate.md', '---\ntitle: Ours\n---\n\n# Ours\n');
  write('own/Broken.md', '---\nsevrity: critical\n---\n');
  const vedette = await startVedette(t, { args: ['--config', config] });
  const text = async (name: string): Promise<string> => await (await vedette.get(`/runbooks/${name}`)).text();
  const problems = async (): Promise<readonly string[]> =>
    (await vedette.json<Status>('/api/status')).problems;

  assert.deepEqual(
    (await problems()).filter((problem) => problem.includes('runbook')),
    [
      `runbook "${path.join(directory, 'own/Broken.md')}" is left out: 2:1: unknown key "sevrity"; did you mean "severity"?`,
    ],
  );
  assert.equal(await text('HighErrorRate'), '# Ours\n');
  assert.match(await text('HighLatency'), /^# HighLatency\n/);
  assert.equal(await text('Broken'), 'cannot find runbook "Broken"\n');

  write('own/Broken.md', '---\nseverity: critical\n---\n\n# Whole\n');
  vedette.kill('SIGHUP');
  await until('the repaired one', async () => ((await text('Broken')) === '# Whole\n' ? true : undefined));
  assert.deepEqual(
    (await problems()).filter((problem) => problem.includes('runbook')),
    [],
  );

  write('vedette.yml', 'agent: { runbooks: [] }\n');
  vedette.kill('SIGHUP');
  await until('the shipped one', async () =>
    (await text('HighErrorRate')).startsWith('# HighErrorRate\n') ? true : undefined,
  );
});
