/** Notifications: what comes is shown, and what is clicked is done. The message is the server's, encrypted for this browser. */
import { notificationWords } from './notification-words.ts';
import type { WorkerNotificationOptions, WorkerScope } from './worker-types.ts';

/** As `packages/server/src/alert/notify/web-push` writes it. */
interface PushMessage {
  readonly title: string;
  readonly body: string;
  /** Notifications of one group of alerts replace each other. */
  readonly tag: string;
  /** Where a click leads: a path of our own. */
  readonly path: string;
  readonly language: string;
  readonly isUrgent: boolean;
  /** Acknowledges the alerts once; absent: there is nothing to acknowledge, or not by this person. */
  readonly ackKey?: string;
}

export function showMessage(scope: WorkerScope, text: string): Promise<void> {
  const message = JSON.parse(text) as PushMessage;
  const words = notificationWords(message.language);
  const actions = [
    ...(message.ackKey === undefined ? [] : [{ action: 'acknowledge', title: words.acknowledge }]),
    { action: 'open', title: words.open },
  ];
  return scope.registration.showNotification(message.title, {
    ...look(scope),
    body: message.body,
    tag: message.tag,
    renotify: true,
    requireInteraction: message.isUrgent,
    lang: message.language,
    actions,
    data: message,
  });
}

/** What a click means. */
export async function clickMessage(
  scope: WorkerScope,
  click: { readonly action: string; readonly data: unknown; readonly tag: string },
  ask: typeof fetch,
): Promise<void> {
  const message = click.data as PushMessage;
  if (click.action !== 'acknowledge' || message.ackKey === undefined) return await open(scope, message.path);
  const words = notificationWords(message.language);
  const answer = await ask(new URL('api/vedette/alerts/acknowledge', scope.registration.scope).href, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ key: message.ackKey }),
  }).catch(() => undefined);
  const { ackKey: _used, ...rest } = message;
  await scope.registration.showNotification(message.title, {
    ...look(scope),
    // Said in its place; who failed to acknowledge must see that, and can try again where the alerts are.
    body: answer?.ok === true ? words.acknowledged : words.failed,
    tag: click.tag,
    actions: [{ action: 'open', title: words.open }],
    data: rest,
  });
}

async function open(scope: WorkerScope, path: string): Promise<void> {
  const base = scope.registration.scope;
  const url = new URL(path.replace(/^\/+/, ''), base);
  // The message is ours; should it ever not be, it leads nowhere else.
  const target = url.href.startsWith(base) ? url.href : base;
  const [page] = (await scope.clients.matchAll({ type: 'window' })).filter(({ url }) => url.startsWith(base));
  if (page === undefined) {
    await scope.clients.openWindow(target);
    return;
  }
  await page.focus();
  await page.navigate(target);
}

function look(scope: WorkerScope): WorkerNotificationOptions {
  const icon = (name: string): string => new URL(`icons/${name}`, scope.registration.scope).href;
  return { icon: icon('icon-192.png'), badge: icon('badge-96.png') };
}
