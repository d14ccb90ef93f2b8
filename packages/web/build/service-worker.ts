import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import { build, type Plugin } from 'vite';

/**
 * Builds the service worker into one file at the root, when the files of the page are known: it is told their names,
 * and a hash of them as its version. By a build of its own, since a worker's script must not import from chunks.
 */
export function serviceWorker(): Plugin {
  return {
    name: 'vedette-service-worker',
    apply: 'build',
    async writeBundle({ dir }, bundle) {
      if (dir === undefined) return;
      // Pages for development have no index, nobody installs them.
      if (!('index.html' in bundle)) return;
      const names = Object.keys(bundle).filter((name) => /\.(?:js|css)$/.test(name));
      const index = await readFile(path.join(dir, 'index.html'), 'utf8');
      const version = createHash('sha256')
        .update([...names, index].join('\n'))
        .digest('hex')
        .slice(0, 16);
      await build({
        configFile: false,
        root: path.resolve(import.meta.dirname, '..'),
        logLevel: 'error',
        publicDir: false,
        define: {
          __VEDETTE_VERSION__: JSON.stringify(version),
          __VEDETTE_FILES__: JSON.stringify(['', ...names.toSorted(), 'icons/icon-192.png']),
        },
        build: {
          outDir: dir,
          emptyOutDir: false,
          target: 'es2022',
          lib: {
            entry: 'src/pwa/service-worker.ts',
            formats: ['iife'],
            name: 'vedetteServiceWorker',
            fileName: () => 'service-worker.js',
          },
        },
      });
    },
  };
}
