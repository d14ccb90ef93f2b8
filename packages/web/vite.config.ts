import { readFile, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';
import { fakeServer } from './dev/fake-server.ts';

/**
 * The UI's build. `vite build` writes `dist`; `vite` alone serves the sources over an invented
 * backend (`dev/fake-server.ts`), or over a real one when VEDETTE_SERVER names it
 * (`VEDETTE_SERVER=http://127.0.0.1:8080 npm run dev`).
 */
const server = process.env['VEDETTE_SERVER'];

export default defineConfig({
  root: import.meta.dirname,
  // Paths are relative, so that the UI also works behind a route prefix.
  base: './',
  plugins: [react(), precompressed(), ...(server === undefined ? [fakeServer()] : [])],
  server: {
    host: '127.0.0.1',
    ...(server === undefined ? {} : { proxy: { '/api': { target: server, ws: true, changeOrigin: true } } }),
  },
  build: {
    outDir: 'dist',
    target: 'es2022',
    cssCodeSplit: true,
    chunkSizeWarningLimit: 700,
  },
});

/** Shorter files gain less than the headers cost. */
const COMPRESSED_BYTES_MIN = 1024;

/** Puts `.br` and `.gz` beside the scripts and styles, so that the server never compresses on demand. */
function precompressed(): Plugin {
  const pack: readonly Packing[] = [
    { suffix: '.gz', run: (bytes: Buffer) => promisify(gzip)(bytes, { level: 9 }) },
    {
      suffix: '.br',
      // 9 of 11: the last two steps take ten times as long for 3 %.
      run: (bytes: Buffer) =>
        promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }),
    },
  ];
  return {
    name: 'vedette-precompressed',
    apply: 'build',
    // From the disk: in memory other plugins still rewrite the scripts after us.
    async writeBundle(_options, bundle) {
      const names = Object.keys(bundle).filter((name) => /\.(js|css)$/.test(name));
      await Promise.all(names.map((name) => packFile(path.join(import.meta.dirname, 'dist', name), pack)));
    },
  };
}

type Packing = { readonly suffix: string; readonly run: (bytes: Buffer) => Promise<Buffer> };

async function packFile(file: string, packings: readonly Packing[]): Promise<void> {
  const bytes = await readFile(file);
  if (bytes.length < COMPRESSED_BYTES_MIN) return;
  await Promise.all(packings.map(async ({ suffix, run }) => writeFile(file + suffix, await run(bytes))));
}
