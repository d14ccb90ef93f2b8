import { readFile, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import type { Plugin } from 'vite';

/**
 * Everything that the first screen needs in one file: what it shares with other pages would else be some fifty small
 * ones, and over HTTP/1.1 with 150 ms there and back those took two seconds more than their bytes. The texts of the
 * commonest language are announced in the page, since the scripts would ask for them only when they run.
 */
export function firstScreen(): { readonly ids: ReadonlySet<string>; readonly plugin: Plugin } {
  const ids = new Set<string>();
  const plugin: Plugin = {
    name: 'vedette-first-screen',
    apply: 'build',
    buildEnd() {
      const waiting = [...this.getModuleIds()].filter((id) => this.getModuleInfo(id)?.isEntry === true);
      for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
        const known = this.getModuleInfo(id);
        if (ids.has(id) || id.endsWith('.css') || known === null) continue;
        ids.add(id);
        for (const imported of known.importedIds) {
          const barrel = BARREL.test(imported) ? this.getModuleInfo(imported) : null;
          if (barrel === null) waiting.push(imported);
          else waiting.push(...takenFrom(barrel.importedIds, known.code ?? ''));
        }
      }
    },
    transformIndexHtml: {
      order: 'post',
      handler: (_page, { bundle }) =>
        Object.keys(bundle ?? {})
          .filter((file) => /\/first-en-[^/]+\.js$/.test(file))
          .map((file) => ({
            tag: 'link',
            injectTo: 'head' as const,
            attrs: { rel: 'modulepreload', crossorigin: true, href: `./${file}` },
          })),
    },
    // On the disk, and before the files are compressed: in memory other plugins still write above it.
    writeBundle: {
      order: 'pre',
      sequential: true,
      async handler({ dir }, bundle) {
        const name = Object.keys(bundle).find((file) => FIRST_SCRIPT.test(file));
        if (dir === undefined || name === undefined) return;
        const file = path.join(dir, name);
        await writeFile(file, COMPILE_HINT + (await readFile(file, 'utf8')));
      },
    },
  };
  return { ids, plugin };
}

/** Not the texts, whose names have a language. */
export const FIRST_SCRIPT = /\/first-(?!en-|zh-)[^/]+\.js$/;

/**
 * Most of its functions run at once: compiled while the file still comes, and off the page's thread, they cost that
 * thread a third less (blocked for 760 ms instead of 1140 at a quarter of the speed). Chromium's; a comment to others.
 */
const COMPILE_HINT = '//# allFunctionsCalledOnLoad\n';

/** Doors of libraries: whoever imports one name there imports all of them as far as the graph knows. */
const BARREL =
  /@mantine\/(?:core|hooks)\/esm\/index\.mjs$|@tabler\/icons-react\/.*\/[\w-]+\.mjs$|packages\/model\/src\/index\.ts$/;

/** Of what stands behind a door, the files named like something that the code imports: `Skeleton`, `use-hotkeys`. */
function takenFrom(files: readonly string[], code: string): readonly string[] {
  const names = new Set(
    [...code.matchAll(/import\s*\{([^}]*)\}/g)].flatMap(([, list = '']) => list.split(/[\s,]+/)),
  );
  return files.filter((file) => {
    const base = path.basename(file).replace(/\.\w+$/, '');
    const camel = base.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
    return names.has(base) || names.has(camel);
  });
}
