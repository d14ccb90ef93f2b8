import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
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
  plugins: [react(), ...(server === undefined ? [fakeServer()] : [])],
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
