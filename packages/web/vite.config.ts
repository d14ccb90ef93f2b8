import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { firstScreen } from './build/first-screen.ts';
import { precompressed } from './build/precompressed.ts';
import { serviceWorker } from './build/service-worker.ts';
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
  plugins: [
    react(),
    first.plugin,
    serviceWorker(),
    precompressed(),
    ...(server === undefined ? [fakeServer()] : []),
  ],
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
          groups: [
            // The door of the model offers patterns too: who takes durations from it must not get their engine.
            {
              name: 'patterns',
              test: /\/re2js\/|\/model\/src\/(?:matcher|label-pattern|relabel)\.ts$/,
              priority: 1,
            },
            { name: 'first', test: (id) => !id.endsWith('.html') && first.ids.has(id) },
          ],
        },
      },
    },
  },
});
