import { addPushDevice, fetchPushKey, removePushDevice } from '../api/push.ts';

/** Whether this browser can show notifications for this page, and does. */
export type PushState =
  | { readonly kind: 'insecure' | 'unsupported' | 'denied' }
  | { readonly kind: 'off' }
  | { readonly kind: 'on'; readonly endpoint: string };

export async function readPushState(): Promise<PushState> {
  if (!window.isSecureContext) return { kind: 'insecure' };
  if (!('serviceWorker' in navigator) || !('PushManager' in window) || !('Notification' in window))
    return { kind: 'unsupported' };
  if (Notification.permission === 'denied') return { kind: 'denied' };
  const registration = await navigator.serviceWorker.getRegistration();
  const subscription = await registration?.pushManager.getSubscription();
  return subscription === null || subscription === undefined
    ? { kind: 'off' }
    : { kind: 'on', endpoint: subscription.endpoint };
}

/** Asks the person, subscribes the browser, and tells the server. Rejects with words for a person. */
export async function turnPushOn(device: string, language: string): Promise<PushState> {
  if ((await Notification.requestPermission()) !== 'granted') return await readPushState();
  const registration = await navigator.serviceWorker.ready;
  const known = await registration.pushManager.getSubscription();
  // Made for a key that the server no longer has (its state was lost), it would be refused for ever.
  await known?.unsubscribe();
  const subscription = await registration.pushManager.subscribe({
    userVisibleOnly: true,
    applicationServerKey: await fetchPushKey(),
  });
  await addPushDevice({ subscription: subscription.toJSON(), device, language });
  return { kind: 'on', endpoint: subscription.endpoint };
}

export async function turnPushOff(endpoint: string): Promise<PushState> {
  const registration = await navigator.serviceWorker.getRegistration();
  await (await registration?.pushManager.getSubscription())?.unsubscribe();
  await removePushDevice(endpoint);
  return { kind: 'off' };
}

/** What the browser calls itself, for a name to begin with: `Chrome on Android`. */
export function guessDeviceName(agent: string): string {
  const find = (names: readonly (readonly [pattern: RegExp, name: string])[]): string =>
    names.find(([pattern]) => pattern.test(agent))?.[1] ?? '';
  const browser = find([
    [/Edg\//, 'Edge'],
    [/Firefox\//, 'Firefox'],
    [/Chrom(?:e|ium)\//, 'Chrome'],
    [/Safari\//, 'Safari'],
  ]);
  const system = find([
    [/Android/, 'Android'],
    [/iPhone|iPad/, 'iOS'],
    [/Windows/, 'Windows'],
    [/Mac OS/, 'macOS'],
    [/Linux|CrOS/, 'Linux'],
  ]);
  return [browser, system].filter((name) => name !== '').join(' · ');
}
