/** Devices that want notifications, and acknowledging from them. `packages/api/src/push.ts` has the bodies. */
import {
  acknowledgeRequest,
  pushDevice,
  pushSubscribe,
  type Acknowledged,
  type PushKey,
  type Role,
} from '@vedette/api';
import type { Clock } from '@vedette/model';
import type { PushDesk, PushSubscriptionRecord, SendResult } from '../../alert/index.ts';
import type { Log } from '../../telemetry/log.ts';
import type { AlertingView } from '../alertmanager-api/alertmanager-routes.ts';
import { actorOf } from '../auth/caller.ts';
import { errorAnswer, jsonAnswer, type HttpAnswer, type HttpRequest, type Route } from '../http/route.ts';
import { TokenBucket } from '../live/token-bucket.ts';
import { ApiError } from '../prometheus-api/api-error.ts';
import { jsonBodyOf } from '../http/json-body.ts';

/** What a server needs to send to devices. */
export interface PushView {
  desk(): Promise<PushDesk>;
  /** A message that says that it works. */
  sendTest(device: PushSubscriptionRecord, signal: AbortSignal): Promise<SendResult>;
  /** Where to ask what the owner of a device, `account:ada` say, may do now. Once, before the first request. */
  useRoles(roleOf: (owner: string) => Role | undefined): void;
}

export interface PushRoutesDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** Absent: this server sends to no devices. */
  readonly push?: PushView;
  readonly alerting: Pick<AlertingView, 'silences'>;
}

/** An address at its limit of 2 kB and some keys. */
const BODY_BYTES_MAX = 8 * 1024;

/** Long enough to look at it, short enough that nobody forgets it: what is not done by then rings again. */
const ACKNOWLEDGED_MS = 3_600_000;

// Enough to try all of one's devices; a message goes to a machine that whoever subscribes has named.
export const PUSH_TESTS_PER_MINUTE_MAX = 10;

const EXAMPLES = {
  subscribe:
    '{"subscription":{"endpoint":"https://push.example/x","keys":{"p256dh":"…","auth":"…"}},"device":"Phone","language":"en"}',
  device: '{"endpoint":"https://push.example/x"}',
  acknowledge: '{"key":"…"}',
};

export function pushRoutes(deps: PushRoutesDeps): readonly Route[] {
  const { push } = deps;
  if (push === undefined) return [];
  const tests = new TokenBucket(deps.clock, {
    perSecond: PUSH_TESTS_PER_MINUTE_MAX / 60,
    burst: PUSH_TESTS_PER_MINUTE_MAX,
  });
  const route = (
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    access: 'viewer' | 'own-key',
    handle: Route['handle'],
  ): Route => ({
    surface: 'vedette-api',
    methods: [method],
    path: `/api/vedette/${path}`,
    access,
    bodyBytesMax: BODY_BYTES_MAX,
    errors: 'json',
    handle,
  });
  return [
    route('GET', 'push/key', 'viewer', async () => {
      const { publicKey } = await (await push.desk()).keys();
      const key: PushKey = { publicKey };
      return jsonAnswer(200, key);
    }),
    route('POST', 'push/subscriptions', 'viewer', (request) => subscribe(push, request)),
    route('DELETE', 'push/subscriptions', 'viewer', async (request) => {
      const desk = await push.desk();
      const { endpoint } = jsonBodyOf(request, pushDevice, EXAMPLES.device);
      const device = await findOwn(desk, request, endpoint);
      if (device === undefined) return { status: 204 };
      await desk.unsubscribe(endpoint);
      return { status: 204, audit: { target: device.device } };
    }),
    route('POST', 'push/test', 'viewer', (request) => test(push, tests, request)),
    route('POST', 'alerts/acknowledge', 'own-key', (request) => acknowledge(deps, push, request)),
  ];
}

async function subscribe(push: PushView, request: HttpRequest): Promise<HttpAnswer> {
  const { subscription, device, language } = jsonBodyOf(request, pushSubscribe, EXAMPLES.subscribe);
  const role = request.role ?? 'viewer';
  const { endpoint, keys } = subscription;
  const { id } = await (
    await push.desk()
  ).subscribe({ owner: actorOf(request), role, device, language, endpoint, ...keys });
  return { ...jsonAnswer(201, { id }), audit: { target: device } };
}

/** A device of whoever asks: another's is as unknown as none. */
async function findOwn(
  desk: PushDesk,
  request: HttpRequest,
  endpoint: string,
): Promise<PushSubscriptionRecord | undefined> {
  const device = await desk.find(endpoint);
  return device?.owner === actorOf(request) ? device : undefined;
}

async function test(push: PushView, tests: TokenBucket, request: HttpRequest): Promise<HttpAnswer> {
  const { endpoint } = jsonBodyOf(request, pushDevice, EXAMPLES.device);
  const device = await findOwn(await push.desk(), request, endpoint);
  if (device === undefined)
    throw new ApiError(
      'not_found',
      'cannot send a test: this device gets no notifications; turn them on first',
    );
  if (!tests.take())
    return errorAnswer(
      429,
      'too_many_requests',
      `cannot send a test: ${PUSH_TESTS_PER_MINUTE_MAX} were sent within a minute, the limit; wait a few seconds`,
    );
  const result = await push.sendTest(device, request.signal);
  if (result.kind === 'delivered') return { status: 204, audit: { target: device.device } };
  return errorAnswer(
    502,
    'unavailable',
    `cannot send a test: the push service did not take it: ${result.error}`,
  );
}

/**
 * The key in the notification is the proof: a service worker is woken when no page is open and the session may have
 * ended. It is in nobody's hands but the device's, since the message is encrypted for it, and names device and notification.
 */
async function acknowledge(deps: PushRoutesDeps, push: PushView, request: HttpRequest): Promise<HttpAnswer> {
  const { key } = jsonBodyOf(request, acknowledgeRequest, EXAMPLES.acknowledge);
  const found = await (await push.desk()).redeem(key);
  if (found === undefined)
    throw new ApiError(
      'not_found',
      'cannot acknowledge: the alerts were acknowledged already, or the notification is too old; silence them on the page Alerts',
    );
  const { matchers, subscription } = found;
  const startsAtMs = deps.clock.nowMs();
  const untilMs = startsAtMs + ACKNOWLEDGED_MS;
  const silenceId = await deps.alerting.silences.set({
    matchers,
    startsAtMs,
    endsAtMs: untilMs,
    createdBy: `${subscription.owner} (${subscription.device})`,
    comment: 'Acknowledged from a notification',
  });
  deps.log.info('alerts were acknowledged from a notification', { silenceId, device: subscription.device });
  const answer: Acknowledged = { silenceId, untilMs };
  const detail = `from the device ${subscription.device} of ${subscription.owner}`;
  return { ...jsonAnswer(200, answer), audit: { target: silenceId, detail } };
}
