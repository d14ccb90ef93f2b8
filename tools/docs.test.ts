import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { test, type TestContext } from 'node:test';
import { COMMANDS, runCli } from '../packages/server/src/cli/run.ts';
import { loadConfig } from '../packages/server/src/config/load.ts';
import { configSchema } from '../packages/server/src/config/schema.ts';
import { sectionsOf } from './docs/config-schema.ts';
import { createDocuments, loadLimits } from './docs/documents.ts';
import { blocksOf, type Block } from './docs/guide-blocks.ts';
import { findUndocumentedRoutes, loadRoutes } from './docs/http.ts';

const root = path.resolve(import.meta.dirname, '..');
const sections = sectionsOf(configSchema);
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');

async function vedette(
  args: readonly string[],
  workingDirectory: string,
): Promise<{ code: number; text: string }> {
  let text = '';
  const add = (part: string): void => void (text += part);
  return { code: await runCli(args, { out: add, err: add, env: {}, workingDirectory }), text };
}

test('the reference pages say what the program says', async () => {
  for (const { file, want } of await createDocuments(root))
    assert.ok(read(file) === want, `${file} is out of date; run node tools/docs.ts --write`);
});

test('links of the documentation lead to files', () => {
  for (const file of globSync('docs/**/*.md', { cwd: root })) {
    for (const [, target = ''] of read(file).matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g))
      assert.ok(existsSync(path.resolve(root, path.dirname(file), target)), `${file}: no file ${target}`);
  }
});

test('every key of the configuration has a description', () => {
  const missing = sections.flatMap(({ path: where, keys }) =>
    keys.filter(({ meaning }) => meaning === undefined).map(({ name }) => `${where}.${name}`),
  );
  assert.deepEqual(missing, []);
});

test('every limit says its reason', () => {
  const missing = loadLimits(root)
    .filter(({ comment }) => comment === '')
    .map(({ file, line, name }) => `${file}:${line}: ${name}: write the reason on the line above`);
  assert.deepEqual(missing, []);
});

test('every route is described, and every description has its route', () => {
  assert.deepEqual(findUndocumentedRoutes(loadRoutes()), []);
});

test('the example loads and shows every top-level key', async () => {
  const file = path.join(root, 'vedette.example.yml');
  await loadConfig(file, { env: {}, shownAs: 'vedette.example.yml' });
  const shown = [...read('vedette.example.yml').matchAll(/^(\w+):/gm)].map(([, key]) => key);
  assert.deepEqual(new Set(shown), new Set(sections[0]?.keys.map(({ name }) => name)));
});

/** Writes the blocks of a guide that are files into a folder of their own. */
function writeFiles(t: TestContext, blocks: readonly Block[]): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'vedette-guide-'));
  t.after(() => rmSync(directory, { recursive: true }));
  for (const { file, text } of blocks) {
    if (file === undefined) continue;
    mkdirSync(path.dirname(path.join(directory, file)), { recursive: true });
    writeFileSync(path.join(directory, file), text);
  }
  return directory;
}

/** What a file of a guide is checked as. */
function kindOf(file: string): 'rules' | 'alerting' | 'config' {
  if (/rules/.test(file)) return 'rules';
  return file === 'alertmanager.yml' ? 'alerting' : 'config';
}

for (const guide of globSync(['docs/guides/*.md', 'docs/guard.md'], { cwd: root }).sort()) {
  const blocks = blocksOf(read(guide));
  for (const { file = '', language } of blocks.filter((block) => block.file !== undefined)) {
    test(`${guide}: ${file} is valid`, async (t) => {
      const directory = writeFiles(t, blocks);
      if (language === 'js') {
        const { status, stderr } = spawnSync(process.execPath, ['--check', path.join(directory, file)]);
        assert.equal(status, 0, String(stderr));
        return;
      }
      const kind = kindOf(file);
      const { code, text } = await vedette(['check', kind, file], directory);
      assert.equal(code, 0, text);
      if (kind === 'rules') assert.doesNotMatch(text, /: 0 rules/);
    });
  }

  test(`${guide}: its commands and options exist`, async () => {
    const lines = blocks.filter(({ language }) => language === 'sh').flatMap(({ text }) => text.split('\n'));
    for (const line of lines) {
      const words = /^(?:npx vedette|npm start --) (.+)$/.exec(line)?.[1]?.split(' ');
      if (words === undefined) continue;
      const name = line.startsWith('npm') ? 'start' : (words[0] ?? '');
      assert.ok(
        COMMANDS.some((command) => command.name === name),
        line,
      );
      const { text: help } = await vedette([name, '--help'], '/');
      for (const option of words.filter((word) => word.startsWith('--')))
        assert.ok(help.includes(option), line);
    }
    assert.ok(lines.length > 0);
  });
}

test('every default of the editor schema is accepted by the configuration itself', () => {
  const found: string[] = [];
  const visit = (schema: unknown, at: readonly string[]): void => {
    const {
      properties = {},
      default: value,
      oneOf: [first] = [],
    } = schema as {
      properties?: Record<string, unknown>;
      default?: unknown;
      oneOf?: readonly unknown[];
    };
    // Of several forms the first is the one that is meant when no key says which.
    if (first !== undefined) visit(first, at);
    if (value !== undefined && at.length > 0) {
      const input = at.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value);
      // A key beside it may be required; only what is said about this one counts.
      const issues = configSchema.safeParse(input).error?.issues ?? [];
      const own = issues.filter(({ path: where }) => where.join('.').startsWith(at.join('.')));
      assert.deepEqual(own, [], at.join('.'));
      found.push(at.join('.'));
    }
    for (const [key, child] of Object.entries(properties)) visit(child, [...at, key]);
  };
  visit(JSON.parse(read('docs/vedette.schema.json')), []);
  assert.ok(
    found.includes('global.scrape_interval') && found.includes('storage.metrics.head_bytes_max'),
    found.join(),
  );
});
