import { readFile, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';
import { fakeServer } from './dev/fake-server.ts';

/**
 * The UI's build. `vite build` writes `dist`; `vite` alone serves the sources over an invented
 * backend (`dev/fake-server.ts`), or over a real one when VEDETTE_SERVER names it
 * (`VEDETTE_SERVER=http://127.0.0.1:8080 npm run dev`).
 */
const server = process.env['VEDETTE_SERVER'];

const first = firstScreen();

export default defineConfig({
  root: import.meta.dirname,
  // Paths are relative, so that the UI also works behind a route prefix.
  base: './',
  plugins: [react(), first.plugin, precompressed(), ...(server === undefined ? [fakeServer()] : [])],
  server: {
    host: '127.0.0.1',
    ...(server === undefined ? {} : { proxy: { '/api': { target: server, ws: true, changeOrigin: true } } }),
  },
  build: {
    outDir: 'dist',
    target: 'es2022',
    cssCodeSplit: true,
    chunkSizeWarningLimit: 900,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [{ name: 'first', test: (id) => !id.endsWith('.html') && first.ids.has(id) }],
        },
      },
    },
  },
});

/**
 * Everything that the first screen needs in one file: what it shares with other pages would else be some fifty small
 * ones, and over HTTP/1.1 with 150 ms there and back those took two seconds more than their bytes. The texts of the
 * commonest language are announced in the page, since the scripts would ask for them only when they run.
 */
function firstScreen(): { readonly ids: ReadonlySet<string>; readonly plugin: Plugin } {
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
          .filter((file) => /\/en-[^/]+\.js$/.test(file))
          .map((file) => ({
            tag: 'link',
            attrs: { rel: 'modulepreload', crossorigin: true, href: `./${file}` },
          })),
    },
  };
  return { ids, plugin };
}

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

/** Shorter files gain less than the headers cost. */
const COMPRESSED_BYTES_MIN = 1024;

/**
 * Puts a `.gz` beside each script and style, so that the server never compresses on demand: 0.1 s of
 * the build. No Brotli: it would take 2 s of everybody's first start, and browsers ask for it over TLS
 * only, where a proxy stands before us.
 */
function precompressed(): Plugin {
  return {
    name: 'vedette-precompressed',
    apply: 'build',
    // From the disk: in memory other plugins still rewrite the scripts after us.
    async writeBundle({ dir }, bundle) {
      if (dir === undefined) return;
      const names = Object.keys(bundle).filter((name) => /\.(js|css)$/.test(name));
      await Promise.all(names.map((name) => packFile(path.join(dir, name))));
    },
  };
}

async function packFile(file: string): Promise<void> {
  const bytes = await readFile(file);
  if (bytes.length >= COMPRESSED_BYTES_MIN) await writeFile(`${file}.gz`, await promisify(gzip)(bytes));
}
