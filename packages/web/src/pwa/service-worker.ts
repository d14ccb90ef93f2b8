/**
 * The service worker: makes the UI start without a network, keeps what its pages last showed, and shows
 * notifications. Built by itself into one file at the root of the UI, so that its scope is the whole of it, also
 * behind a route prefix; the build writes in which files there are and which version that is (`vite.config.ts`).
 *
 * A new version waits until the page says so ("A new version is ready"), or until no page is open: a page must
 * not lose the files it was made of under its feet.
 */
import { WorkerCache } from './worker-cache.ts';
import { clickMessage, showMessage } from './worker-push.ts';
import type { WorkerScope } from './worker-types.ts';

declare const __VEDETTE_VERSION__: string;
declare const __VEDETTE_FILES__: readonly string[];

const scope = globalThis as unknown as WorkerScope;

const cache = new WorkerCache({
  caches,
  fetch: (request) => fetch(request),
  scope: scope.registration.scope,
  version: __VEDETTE_VERSION__,
  files: __VEDETTE_FILES__,
  nowMs: () => Date.now(),
});

scope.addEventListener('install', (event) => event.waitUntil(cache.install()));

scope.addEventListener('activate', (event) =>
  event.waitUntil(cache.activate().then(() => scope.clients.claim())),
);

scope.addEventListener('message', ({ data }) => {
  if (data === 'take over') void scope.skipWaiting();
});

scope.addEventListener('fetch', (event) => {
  const { request } = event;
  // Signing out, whichever page does it.
  if (request.method === 'DELETE' && new URL(request.url).pathname.endsWith('/api/vedette/session'))
    event.waitUntil(cache.forget());
  const answer = cache.answer(request);
  if (answer !== undefined) event.respondWith(answer);
});

scope.addEventListener('push', (event) => {
  if (event.data !== null) event.waitUntil(showMessage(scope, event.data.text()));
});

scope.addEventListener('notificationclick', (event) => {
  const { action, notification } = event;
  notification.close();
  event.waitUntil(clickMessage(scope, { action, data: notification.data, tag: notification.tag }, fetch));
});
