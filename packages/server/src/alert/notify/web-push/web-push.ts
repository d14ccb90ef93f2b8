/**
 * Notifications on people's devices (RFC 8030), encrypted for each (RFC 8291) and signed with the server's key (RFC 8292).
 *
 * 1. The text is filled once; the message is encrypted for each device and posted to the push service it named.
 * 2. 404 and 410 mean that the device is gone: its subscription is removed. 408, 429, 5xx and no answer are tried again,
 *    by the pipeline; a device that has the notification is then passed over. Other statuses are final for that device.
 * 3. Notifications of one group carry the same topic and tag: a device that was off gets the newest only, and one
 *    replaces the other on the screen.
 *
 * The push service sees when, how much and to whom, never what.
 */
import * as https from 'node:https';
import type { IncomingHttpHeaders } from 'node:http';
import type { RequestDetails } from 'web-push';
import { http } from '../../../lib/node-http.ts';
import { shortHashOf } from '../../short-hash.ts';
import { resultOf } from '../channel-http.ts';
import { cleanText } from '../clean-text.ts';
import { cutToBytes, cutToChars } from '../cut-text.ts';
import type { Notification, Receiver, SendResult } from '../receiver.ts';
import { attempt, type SenderDeps, type SenderOptions } from '../sender.ts';
import { findWorstSeverity } from '../severity.ts';
import { notificationTexts } from '../texts.ts';
import { acknowledgeMatchers } from './acknowledge-matchers.ts';
import type { WebPushConfig } from './config.ts';
import { mayAcknowledge, type PushDesk, type PushSubscriptionRecord } from './push-desk.ts';
import { publicLookup } from './push-endpoint.ts';

/** What a screen shows of it. */
const TITLE_CHARS_MAX = 150;

/** Push services take 4096 bytes of the encrypted message; keys, tag and title take some 1,200 at most in JSON. */
const BODY_BYTES_MAX = 1200;

/** Devices at one time: a hundred are done in some seconds. */
const PARALLEL = 8;

/** Notifications whose devices are remembered, for their next attempts: far more than are retried at a time. */
const REMEMBERED_MAX = 200;

/** Of a push service's answer; it is for people. */
const ANSWER_BYTES_MAX = 2048;

/** What the service worker shows; `packages/web/src/pwa/worker-push.ts` reads it. */
export interface PushMessage {
  readonly title: string;
  readonly body: string;
  readonly tag: string;
  readonly path: string;
  readonly isUrgent: boolean;
}

export interface PushOptions {
  readonly ttlSeconds: number;
  readonly signal: AbortSignal;
  readonly nowMs: number;
  /** `mailto:` or `https:`: whom the operators of a push service may ask about us. */
  readonly contact: string;
}

export function createWebPushSender(deps: SenderDeps, options: SenderOptions<WebPushConfig>): Receiver {
  const { config, name, index } = options;
  const { clock } = deps;
  const reached = new ReachedDevices();
  return {
    name,
    index,
    integration: 'web_push',
    sendsResolved: config.send_resolved,
    send: async (notification, signal) =>
      await attempt(clock, { timeoutMs: config.timeout, signal }, async (ending) => {
        const desk = await deps.push();
        const message = messageOf(deps, config, notification);
        const firing = notification.alerts.filter(({ endsAt }) => endsAt === undefined);
        // A report is nobody's to acknowledge: the alert's own notification is.
        const mayBeAcknowledged = firing.length > 0 && notification.prepared === undefined;
        if (mayBeAcknowledged)
          await desk.allowAcknowledgement(
            notification.id,
            acknowledgeMatchers(firing.map(({ labels }) => labels)),
          );
        const push = async (device: PushSubscriptionRecord): Promise<SendResult> =>
          await pushTo(
            desk,
            device,
            await messageFor(desk, {
              device,
              message,
              notificationId: mayBeAcknowledged ? notification.id : undefined,
            }),
            {
              ttlSeconds: config.ttl / 1000,
              signal: ending,
              nowMs: clock.nowMs(),
              contact: contactOf(deps.externalUrl),
            },
          );
        return await toAll(await desk.subscriptions(), { notificationId: notification.id, reached, push });
      }),
  };
}

/** Which devices have a notification already, for as long as it may be tried again. */
class ReachedDevices {
  readonly #byNotification = new Map<string, Set<string>>();

  of(notificationId: string): Set<string> {
    const known = this.#byNotification.get(notificationId);
    if (known !== undefined) return known;
    const made = new Set<string>();
    this.#byNotification.set(notificationId, made);
    for (const oldest of this.#byNotification.keys()) {
      if (this.#byNotification.size <= REMEMBERED_MAX) break;
      this.#byNotification.delete(oldest);
    }
    return made;
  }
}

async function toAll(
  devices: readonly PushSubscriptionRecord[],
  work: {
    readonly notificationId: string;
    readonly reached: ReachedDevices;
    readonly push: (device: PushSubscriptionRecord) => Promise<SendResult>;
  },
): Promise<SendResult> {
  const done = work.reached.of(work.notificationId);
  const waiting = devices.filter(({ id }) => !done.has(id));
  const failures: (SendResult & { readonly kind: 'failed' })[] = [];
  const lane = async (): Promise<void> => {
    for (let device = waiting.shift(); device !== undefined; device = waiting.shift()) {
      const result = await work.push(device);
      if (result.kind === 'failed') failures.push(result);
      else done.add(device.id);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, lane));
  const retriable = failures.find(({ isRetriable }) => isRetriable);
  if (retriable !== undefined) return retriable;
  // A device that refuses must not make the others hear it again; when all do, something is wrong with us.
  const [first] = failures;
  if (first !== undefined && done.size === 0) return first;
  return { kind: 'delivered', answer: { status: 201, text: `${done.size} of ${devices.length} devices` } };
}

/** One message to one device; a device that is gone is removed, and that is no failure. */
export async function pushTo(
  desk: PushDesk,
  device: PushSubscriptionRecord,
  message: string,
  options: PushOptions,
): Promise<SendResult> {
  const { publicKey, privateKey } = await desk.keys();
  const { default: webPush } = await import('web-push');
  const { isUrgent, tag } = JSON.parse(message) as PushMessage;
  let request: RequestDetails;
  try {
    request = webPush.generateRequestDetails(
      { endpoint: device.endpoint, keys: { p256dh: device.p256dh, auth: device.auth } },
      message,
      {
        vapidDetails: { subject: options.contact, publicKey, privateKey },
        TTL: options.ttlSeconds,
        urgency: isUrgent ? 'high' : 'normal',
        topic: tag,
      },
    );
  } catch (error) {
    // The device's own keys or address: it fails alone, and always.
    return { kind: 'failed', isRetriable: false, category: 'other', error: reasonOf(error) };
  }
  const { endpoint, headers, body } = request;
  const answer = await post(new URL(endpoint), {
    headers: Object.fromEntries(Object.entries(headers).map(([key, value]) => [key, String(value)])),
    body: body ?? Buffer.alloc(0),
    signal: options.signal,
    isAnywhere: desk.isAnyEndpointAllowed,
  }).catch((error: unknown) => unreachable(error));
  if ('kind' in answer) return answer;
  if (answer.status === 404 || answer.status === 410) {
    await desk.unsubscribe(device.endpoint);
    return { kind: 'delivered', answer: { status: answer.status, text: 'the device is gone' } };
  }
  return resultOf(answer, options.nowMs);
}

function unreachable(error: unknown): SendResult {
  return { kind: 'failed', isRetriable: true, category: 'network', error: reasonOf(error) };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** With the key of its own when it may acknowledge. */
export async function messageFor(
  desk: PushDesk,
  work: {
    readonly device: PushSubscriptionRecord;
    readonly message: PushMessage;
    readonly notificationId: string | undefined;
  },
): Promise<string> {
  const { device, message, notificationId } = work;
  const ackKey =
    notificationId !== undefined && mayAcknowledge(device)
      ? { ackKey: await desk.ackKeyOf(notificationId, device) }
      : {};
  return JSON.stringify({ ...message, language: device.language, ...ackKey });
}

/** Push services want an address of people; ours is that of the server. */
export function contactOf(externalUrl: string): string {
  const url = URL.parse(externalUrl);
  return url?.protocol === 'https:' ? url.origin : `mailto:vedette@${url?.hostname ?? 'localhost'}`;
}

function messageOf(deps: SenderDeps, config: WebPushConfig, notification: Notification): PushMessage {
  const { prepared } = notification;
  if (prepared !== undefined)
    return {
      title: cutToChars(prepared.title, TITLE_CHARS_MAX),
      body: cutToBytes(prepared.brief, BODY_BYTES_MAX),
      // Of its own: it must not take the place of the alert's notification on the screen.
      tag: tagOf(`${notification.receiver} ${notification.id}`),
      path: prepared.path,
      isUrgent: false,
    };
  const texts = notificationTexts(deps, notification);
  const fill = (template: string, key: string): string =>
    cleanText(texts.text(template, `web_push_configs.${key}`)).trim();
  const isFiring = notification.status === 'firing';
  return {
    title: cutToChars(fill(config.title, 'title'), TITLE_CHARS_MAX).replaceAll('\n', ' '),
    body: cutToBytes(fill(config.message, 'message'), BODY_BYTES_MAX) || notification.status,
    tag: tagOf(`${notification.receiver} ${notification.groupKey}`),
    path: pathOf(notification),
    isUrgent: isFiring && findWorstSeverity(notification.alerts) === 'critical',
  };
}

/** At most 32 characters of base64url, as a topic must be. */
function tagOf(identity: string): string {
  return shortHashOf(identity)
    .replace(/[^\w-]/g, '')
    .slice(0, 32);
}

/** The alerts of the group, as the page filters them. */
function pathOf({ groupLabels }: Notification): string {
  const matchers: string[] = [];
  for (let i = 0; i < groupLabels.length; i += 2)
    matchers.push(`${groupLabels[i]}=${JSON.stringify(groupLabels[i + 1] ?? '')}`);
  const filter = matchers.join(',');
  return filter === '' || filter.length > 500
    ? '/alerts'
    : `/alerts?filter=${encodeURIComponent(`{${filter}}`)}`;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

async function post(
  url: URL,
  request: {
    readonly headers: Readonly<Record<string, string>>;
    readonly body: Uint8Array;
    readonly signal: AbortSignal;
    readonly isAnywhere: boolean;
  },
): Promise<Answer> {
  const { headers, body, signal, isAnywhere } = request;
  return await new Promise((resolve, reject) => {
    const client = url.protocol === 'http:' && isAnywhere ? http : https;
    const options = {
      method: 'POST',
      headers,
      signal,
      agent: false,
      ...(isAnywhere ? {} : { lookup: publicLookup }),
    };
    const outgoing = client.request(url, options, (incoming) => {
      let text = '';
      incoming.setEncoding('utf8');
      incoming.on('data', (piece: string) => (text = (text + piece).slice(0, ANSWER_BYTES_MAX)));
      incoming.on('error', reject);
      incoming.on('end', () =>
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text }),
      );
    });
    outgoing.on('error', (error) => reject(signal.aborted ? (signal.reason as Error) : error));
    outgoing.end(body);
  });
}
