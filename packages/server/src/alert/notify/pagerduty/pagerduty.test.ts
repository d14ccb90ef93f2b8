import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { labelsOf } from '@vedette/model';
import { z } from 'zod';
import { alertOf } from '../../alert.ts';
import { FakeService, type FakeJudge } from '../fake-service.ts';
import {
  exampleAlert,
  exampleNotification,
  preparedExample,
  preparedNotification,
  receiverContract,
} from '../receiver.contract.ts';
import type { Notification, Receiver, SendResult } from '../receiver.ts';
import { senderDeps } from '../sender-fixture.ts';
import { pagerdutyIntegration } from './config.ts';
import { createPagerdutySender } from './pagerduty.ts';

const KEY = '0123456789abcdef0123456789abcdef';

/** What PagerDuty documents of an event: unknown keys are ours to avoid. */
const eventSchema = z.strictObject({
  routing_key: z.literal(KEY),
  dedup_key: z.string().min(1).max(255),
  event_action: z.enum(['trigger', 'acknowledge', 'resolve']),
  client: z.string().min(1).optional(),
  client_url: z.string().min(1).optional(),
  payload: z.strictObject({
    summary: z
      .string()
      .min(1)
      .refine((text) => Array.from(text).length <= 1024, 'summary is too long'),
    source: z.string().min(1),
    severity: z.enum(['critical', 'error', 'warning', 'info']),
    component: z.string().min(1).optional(),
    group: z.string().min(1).optional(),
    class: z.string().min(1).optional(),
    custom_details: z.record(z.string(), z.unknown()),
  }),
  images: z.array(z.strictObject({ src: z.string().min(1), alt: z.string(), href: z.string() })),
  links: z.array(z.strictObject({ href: z.string().min(1), text: z.string() })),
});
/** And of a change event. */
const changeSchema = z.strictObject({
  routing_key: z.literal(KEY),
  payload: z.strictObject({
    summary: z.string().min(1).max(1024),
    timestamp: z.iso.datetime(),
    source: z.string().min(1),
    custom_details: z.record(z.string(), z.unknown()),
  }),
  links: z.array(z.strictObject({ href: z.url(), text: z.string() })),
});
type Event = z.output<typeof eventSchema>;

const judge: FakeJudge = ({ method, path, headers, body }) => {
  const refuse = (...errors: readonly string[]) => ({
    status: 400,
    body: JSON.stringify({ status: 'invalid event', message: 'Event object is invalid', errors }),
    isTaken: false,
  });
  const isChange = path === '/v2/change/enqueue';
  if (method !== 'POST' || (path !== '/v2/enqueue' && !isChange)) return { status: 404, isTaken: false };
  if (headers['content-type'] !== 'application/json') return refuse('not JSON');
  if (Buffer.byteLength(body) > 512_000) return { status: 413, isTaken: false };
  const { error } = (isChange ? changeSchema : eventSchema).safeParse(JSON.parse(body));
  if (error !== undefined)
    return refuse(...error.issues.map(({ path: at, message }) => `${at.join('.')} ${message}`));
  return { status: 202, body: '{"status":"success","message":"Event processed"}', isTaken: true };
};

const deps = senderDeps();

function senderFor(service: FakeService, config: Record<string, unknown> = {}): Receiver {
  const parsed = pagerdutyIntegration.parse({
    routing_key: KEY,
    url: `${service.origin}/v2/enqueue`,
    ...config,
  });
  return createPagerdutySender(deps, { name: 'ops', index: 0, config: parsed });
}

const withPagerduty = (run: (service: FakeService) => Promise<void>): Promise<void> =>
  FakeService.with(judge, run);

const send = (receiver: Receiver, more: Partial<Notification> = {}): Promise<SendResult> =>
  receiver.send(exampleNotification(more), new AbortController().signal);

const lastEvent = (service: FakeService): Event =>
  eventSchema.parse(JSON.parse(service.taken.at(-1)?.body ?? ''));

receiverContract('pagerduty', (run) =>
  withPagerduty(async (service) => {
    await run({
      receiver: senderFor(service),
      arrivedCount: () => service.taken.length,
      breakOff: () => service.close(),
    });
  }),
);

test('a group is one incident: triggered and resolved under the hash of its key', () =>
  withPagerduty(async (service) => {
    const receiver = senderFor(service);
    await send(receiver);
    const alerts = [exampleAlert('A', { endsAtMs: 1_700_000_001_000 })];
    await send(receiver, { status: 'resolved', alerts });
    const events = service.taken.map(({ body }) => eventSchema.parse(JSON.parse(body)));
    const want = createHash('sha256').update(exampleNotification().groupKey).digest('hex');
    assert.deepEqual(
      events.map((event) => [event.event_action, event.dedup_key]),
      [
        ['trigger', want],
        ['resolve', want],
      ],
    );
  }));

test('the incident is the one that Alertmanager 0.25 would open, by a key recorded there', () =>
  withPagerduty(async (service) => {
    await send(senderFor(service), { groupKey: '{}:{alertname="Disk<b>", job="api"}' });
    const want = '017c2414d76e6324c4acb45cac1d1aa22c2a3d4d6f7c7fdda505b621215abbd9';
    assert.equal(lastEvent(service).dedup_key, want);
  }));

test('texts of the configuration are filled; without them the usual ones stand', () =>
  withPagerduty(async (service) => {
    await send(senderFor(service));
    const { payload, client, client_url } = lastEvent(service);
    assert.equal(payload.summary, '[FIRING:1] A (api)');
    assert.deepEqual([payload.source, payload.severity], ['Vedette', 'error']);
    assert.deepEqual([client, client_url], ['Vedette', 'http://vedette.test/#/alerts?receiver=ops']);
    assert.deepEqual([payload.custom_details['num_firing'], payload.custom_details['resolved']], [1, []]);
    await send(
      senderFor(service, {
        severity: '{{ if eq .Status "firing" }}Critical{{ end }}',
        class: '{{ .CommonLabels.job }}',
        images: [{ src: 'http://x/{{ .Status }}.png' }, { src: '', alt: 'none' }],
        links: [{ href: '{{ .ExternalURL }}', text: 'here' }, { text: 'nowhere' }],
        details: { deep: { list: ['{{ .CommonLabels.job }}', 7] }, firing: 'none' },
      }),
    );
    const event = lastEvent(service);
    assert.deepEqual([event.payload.severity, event.payload.class], ['critical', 'api']);
    assert.deepEqual(event.images, [{ src: 'http://x/firing.png', alt: '', href: '' }]);
    assert.deepEqual(event.links, [{ href: 'http://vedette.test', text: 'here' }]);
    assert.deepEqual(event.payload.custom_details['deep'], { list: ['api', 7] });
    assert.equal(event.payload.custom_details['firing'], 'none');
  }));

test('a severity that PagerDuty does not know becomes error', () =>
  withPagerduty(async (service) => {
    assert.equal((await send(senderFor(service, { severity: 'page' }))).kind, 'delivered');
    assert.equal(lastEvent(service).payload.severity, 'error');
  }));

test('details that are JSON stay structure, and what labels say in them is no template', () =>
  withPagerduty(async (service) => {
    const post = { status: 'firing', startsAtMs: 1, endsAtMs: 0, generatorUrl: '' } as const;
    const labels = labelsOf({ alertname: 'A', job: '{{ .ExternalURL }}\0', n: '007' });
    const alert = alertOf({ ...post, labels, annotations: labelsOf({}) }, 1);
    const details = { n: '{{ .CommonLabels.n }}', broken: '{"a":' };
    await send(senderFor(service, { details }), { alerts: [alert] });
    const { custom_details } = lastEvent(service).payload;
    const firing = custom_details['firing'] as { labels: Record<string, string> }[];
    assert.equal(firing[0]?.labels['job'], '{{ .ExternalURL }}\ufffd');
    assert.deepEqual([custom_details['n'], custom_details['broken']], ['007', '{"a":']);
  }));

test('a long summary is cut at 1024 characters, never in the middle of one', () =>
  withPagerduty(async (service) => {
    const check = async (description: string, want: string): Promise<void> => {
      await send(senderFor(service, { description }));
      assert.equal(lastEvent(service).payload.summary, want);
    };
    await check('😀'.repeat(1024), '😀'.repeat(1024));
    await check('😀'.repeat(1025), `${'😀'.repeat(1023)}…`);
    await check('', 'Alerts');
  }));

test('an event beyond 512 KB goes without its details and says so', () =>
  withPagerduty(async (service) => {
    const huge = 'ä"\n\u0000<b>'.repeat(50_000);
    const labels = labelsOf({ alertname: 'A', job: huge });
    assert.equal(
      (await send(senderFor(service), { alerts: [{ ...exampleAlert('A'), labels }] })).kind,
      'delivered',
    );
    const { custom_details } = lastEvent(service).payload;
    assert.deepEqual(Object.keys(custom_details), ['error']);
    assert.match(String(custom_details['error']), /left out: got \d+ bytes, PagerDuty takes 512000/);
  }));

test('the routing key may be a template; an empty one is a final failure', () =>
  withPagerduty(async (service) => {
    const alerts = [{ ...exampleAlert('A'), labels: labelsOf({ alertname: 'A', key: KEY }) }];
    const receiver = senderFor(service, { routing_key: '{{ .CommonLabels.key }}' });
    assert.equal((await send(receiver, { alerts })).kind, 'delivered');
    const result = await send(receiver);
    assert.ok(result.kind === 'failed' && !result.isRetriable);
    assert.equal(result.error, 'cannot use pagerduty_configs.routing_key: got an empty text');
  }));

test('a text that cannot be filled is final and names its key', () =>
  withPagerduty(async (service) => {
    const result = await send(senderFor(service, { description: '{{ template "missing" . }}' }));
    assert.ok(result.kind === 'failed' && !result.isRetriable);
    assert.match(result.error, /pagerduty_configs\.description/);
    assert.equal(service.requests.length, 0);
  }));

test('answers are judged, and Retry-After is passed on', () =>
  withPagerduty(async (service) => {
    const check = async (status: number, want: string): Promise<void> => {
      service.script({ status, headers: { 'Retry-After': '9' } });
      const result = await send(senderFor(service));
      assert.ok(result.kind === 'failed');
      const again = result.isRetriable ? 'again' : 'final';
      assert.equal(`${again} ${result.category} ${result.retryAfterMs}`, want, String(status));
    };
    await check(400, 'final clientError 9000');
    await check(403, 'final authError 9000');
    await check(413, 'final clientError 9000');
    await check(429, 'again rateLimited 9000');
    await check(500, 'again serverError 9000');
    await check(503, 'again serverError 9000');
  }));

test('the errors of a refusal are told, the routing key never', () =>
  withPagerduty(async (service) => {
    const errors = [`routing_key ${KEY} is invalid`, 'see\nhere'];
    service.script({ status: 400, body: JSON.stringify({ status: 'invalid event', message: 'No', errors }) });
    const result = await send(senderFor(service));
    assert.equal(
      result.kind === 'failed' && result.error,
      'unexpected status code 400: No: routing_key <secret> is invalid, see\nhere',
    );
    // The end of what is shown of an answer lies in the middle of the key.
    service.script({ status: 500, body: `${'x'.repeat(290)}${KEY}` });
    const cut = await send(senderFor(service));
    assert.doesNotMatch(cut.kind === 'failed' ? cut.error : KEY, /0123/);
  }));

test('a cut connection, and one that hangs beyond the timeout, are tried again', () =>
  withPagerduty(async (service) => {
    service.script('reset', 'hang');
    const reset = await send(senderFor(service));
    assert.ok(reset.kind === 'failed' && reset.isRetriable && reset.category === 'network');
    const arrived = service.nextRequest();
    const sending = send(senderFor(service, { timeout: '5s' }));
    await arrived;
    await deps.clock.advance(5000);
    const result = await sending;
    assert.ok(result.kind === 'failed' && result.isRetriable && result.category === 'deadline');
  }));

test('a prepared message is a change event: it pages nobody, and has no incident of its own to end', () =>
  withPagerduty(async (service) => {
    const result = await senderFor(service).send(preparedNotification(), new AbortController().signal);
    assert.equal(result.kind, 'delivered');
    assert.equal(service.taken[0]!.path, '/v2/change/enqueue');
    const { payload, links } = changeSchema.parse(JSON.parse(service.taken[0]!.body));
    assert.deepEqual(
      [payload.summary, payload.timestamp],
      ['P1 critical: A', new Date(deps.clock.nowMs()).toISOString()],
    );
    assert.deepEqual(payload.custom_details, { report: preparedExample().note });
    assert.equal(links[0]!.href, preparedExample().link);
  }));
