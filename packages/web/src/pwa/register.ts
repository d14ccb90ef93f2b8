import { apiUrl, basePath } from '../api/http.ts';

type Listener = () => void;

/** The worker that waits to take over, if any, and who wants to know of it. */
let waiting: ServiceWorker | undefined;
const listeners = new Set<Listener>();

/**
 * Registers the service worker of a build, for the path that the UI is served under. Pages served by the
 * development server have none: it would keep what was just changed.
 */
export function registerServiceWorker(): void {
  if (!('serviceWorker' in navigator) || !import.meta.env.PROD) return;
  const options = { scope: `${basePath()}/`, updateViaCache: 'none' } as const;
  navigator.serviceWorker
    .register(apiUrl('/service-worker.js'), options)
    .then(watch)
    // Not allowed here (no TLS, a private window): the page works without.
    .catch(() => undefined);
}

/** Hears when a new version is ready; returns the way to stop. */
export function onUpdate(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function isUpdateReady(): boolean {
  return waiting !== undefined;
}

/** Lets the new version take over, and loads the page from it. */
export function applyUpdate(): void {
  navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true });
  waiting?.postMessage('take over');
}

function watch(registration: ServiceWorkerRegistration): void {
  const look = (): void => {
    // The very first worker has nobody to replace: that is no update.
    if (registration.waiting === null || navigator.serviceWorker.controller === null) return;
    waiting = registration.waiting;
    for (const listener of listeners) listener();
  };
  look();
  registration.addEventListener('updatefound', () =>
    registration.installing?.addEventListener('statechange', look),
  );
}
