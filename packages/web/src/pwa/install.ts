/** What Chromium hands out when the page may be installed; other browsers have it in their menus only. */
interface InstallPrompt extends Event {
  prompt(): Promise<unknown>;
}

let prompt: InstallPrompt | undefined;
const listeners = new Set<() => void>();

/** From now on keeps the browser's offer, so that a button can take it up. */
export function watchInstall(): void {
  window.addEventListener('beforeinstallprompt', (event) => {
    // Else the browser asks by itself, at a moment of its choice.
    event.preventDefault();
    setPrompt(event as InstallPrompt);
  });
  window.addEventListener('appinstalled', () => setPrompt(undefined));
}

export function onInstallChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function canInstall(): boolean {
  return prompt !== undefined;
}

export function isInstalled(): boolean {
  return window.matchMedia('(display-mode: standalone)').matches;
}

/** Opens the browser's own question; an offer is good for one. */
export async function install(): Promise<void> {
  const offered = prompt;
  setPrompt(undefined);
  await offered?.prompt();
}

function setPrompt(next: InstallPrompt | undefined): void {
  prompt = next;
  for (const listener of listeners) listener();
}
