/** What is drawn without a page's own code must not need a page's texts: they may not be loaded yet. */
import { existsSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { expect, test } from 'vitest';
import pages from './en.json';

const SOURCE = path.resolve(import.meta.dirname, '..');

const IMPORT = /(?:^import|\bfrom|\bimport\()\s*'(\.[^']+\.tsx?)'/gm;

/** Files that the entry reaches, dialogs that it loads later among them, but not through the router's lazy pages. */
function filesOfFirst(): ReadonlySet<string> {
  const files = new Set<string>();
  const waiting = [path.join(SOURCE, 'main.tsx')];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (files.has(file) || !existsSync(file)) continue;
    files.add(file);
    const text = readFileSync(file, 'utf8');
    for (const [whole, to = ''] of text.matchAll(IMPORT))
      if (!whole.startsWith('import(') || path.basename(file) !== 'router.tsx')
        waiting.push(path.resolve(path.dirname(file), to));
  }
  return files;
}

test('the shell and Overview use no texts of the pages', () => {
  const files = filesOfFirst();
  expect(files.has(path.join(SOURCE, 'shell/settings-menu.tsx'))).toBe(true);
  expect(files.has(path.join(SOURCE, 'guard/guard-page.tsx'))).toBe(false);
  const key = new RegExp(`['"\`](?:${Object.keys(pages).join('|')})\\.[\\w$][^'"\`]*`, 'g');
  expect('guard/x.tsx uses t("guard.title")'.match(key)).not.toBeNull();
  const faults = [...files].flatMap((file) =>
    (readFileSync(file, 'utf8').match(key) ?? []).map((found) => `${path.relative(SOURCE, file)}: ${found}`),
  );
  expect(faults).toEqual([]);
});
