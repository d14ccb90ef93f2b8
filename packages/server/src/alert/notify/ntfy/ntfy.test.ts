import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelsOf } from '@vedette/model';
import { z } from 'zod';
import type { Alert } from '../../alert.ts';
import { FakeService, type FakeJudge } from '../fake-service.ts';
import {
  exampleAlert,
  exampleNotification,
  preparedNotification,
  receiverContract,
} from '../receiver.contract.ts';
import type { Notification, Receiver, SendResult } from '../receiver.ts';
import { senderDeps } from '../sender-fixture.ts';
import { ntfyIntegration } from './config.ts';
import { createNtfySender } from './ntfy.ts';

const messageSchema = z.strictObject({
  topic: z.string().regex(/^[-_A-Za-z0-9]{1,64}$/),
  title: z.string(),
  message: z.string().min(1),
  priority: z.number().int().min(1).max(5),
  tags: z.array(z.string().min(1)),
  click: z.string().min(1).optional(),
  markdown: z.literal(true).optional(),
  actions: z
    .array(
      z.strictObject({
        action: z.enum(['view', 'http']),
        label: z.string().min(1),
        url: z.string().min(1),
        clear: z.boolean(),
        method: z.string().optional(),
        body: z.string().optional(),
      }),
    )
    .max(3),
});
type Message = z.output<typeof messageSchema>;

const TOKEN = 'tk_AgQdq7mVBoFD37zQVN29RhuMzNIz2';

function judgeWith(authorization: string | undefined): FakeJudge {
  return ({ method, path, headers, body }) => {
    const refuse = (status: number, error: string) => ({
      status,
      body: JSON.stringify({ code: status * 100 + 1, http: status, error }),
      isTaken: false,
    });
    if (headers.authorization !== authorization) return refuse(401, `unauthorized: ${headers.authorization}`);
    if (method !== 'POST' || path !== '/') return refuse(404, 'page not found');
    if (Buffer.byteLength(body) > 8192) return refuse(413, 'JSON body too large');
    const { data, error } = messageSchema.safeParse(JSON.parse(body));
    if (data === undefined) return refuse(400, error.message);
    // The real one makes an attachment of it.
    if (Buffer.byteLength(data.message) > 4096) return refuse(413, 'message too large');
    return { status: 200, body: JSON.stringify({ id: 'sPs71M8A2T', ...data }), isTaken: true };
  };
}

const deps = senderDeps();

function senderFor(service: FakeService, config: Record<string, unknown> = {}): Receiver {
  const parsed = ntfyIntegration.parse({ url: service.origin, topic: 'alerts', ...config });
  return createNtfySender(deps, { name: 'ops', index: 0, config: parsed });
}

const withNtfy = (run: (service: FakeService) => Promise<void>, authorization?: string): Promise<void> =>
  FakeService.with(judgeWith(authorization), run);

const send = (receiver: Receiver, more: Partial<Notification> = {}): Promise<SendResult> =>
  receiver.send(exampleNotification(more), new AbortController().signal);

const lastMessage = (service: FakeService): Message =>
  messageSchema.parse(JSON.parse(service.taken.at(-1)?.body ?? ''));

const alertWith = (labels: Record<string, string>, more: { endsAtMs?: number } = {}): Alert => ({
  ...exampleAlert('A', more),
  labels: labelsOf({ alertname: 'A', ...labels }),
});

receiverContract('ntfy', (run) =>
  withNtfy(async (service) => {
    await run({
      receiver: senderFor(service),
      arrivedCount: () => service.taken.length,
      breakOff: () => service.close(),
    });
  }),
);

test('a message says what and why, and a click leads to our page', () =>
  withNtfy(async (service) => {
    await send(senderFor(service));
    assert.deepEqual(lastMessage(service), {
      topic: 'alerts',
      title: '[FIRING:1] A (api)',
      message: 'A: A is bad',
      priority: 3,
      tags: [],
      click: 'http://vedette.test/#/alerts?receiver=ops',
      actions: [],
    });
  }));

test('texts, tags and buttons are filled', () =>
  withNtfy(async (service) => {
    const actions = [
      { label: 'Open {{ .Status }}', url: '{{ .ExternalURL }}/x' },
      { action: 'http', label: 'Ack', url: 'http://ack', body: '{{ .GroupLabels.alertname }}', clear: true },
    ];
    const tags = ['warning', '{{ .Status }}', '{{ .CommonLabels.none }}'];
    const more = { title: 'T {{ .Status }}', message: '**{{ .Status }}**', click: '', markdown: true };
    await send(
      senderFor(service, { ...more, actions, tags, priority: '1', topic: 'team-{{ .CommonLabels.job }}' }),
    );
    const { title, message, click, markdown, topic, priority, ...rest } = lastMessage(service);
    assert.deepEqual([title, message, click, markdown], ['T firing', '**firing**', undefined, true]);
    assert.deepEqual([topic, priority, rest.tags], ['team-api', 1, ['warning', 'firing']]);
    assert.deepEqual(rest.actions, [
      { action: 'view', label: 'Open firing', url: 'http://vedette.test/x', clear: false },
      { action: 'http', label: 'Ack', url: 'http://ack', clear: true, method: 'POST', body: 'A' },
    ]);
  }));

test('the priority follows the worst severity of what fires', () =>
  withNtfy(async (service) => {
    const check = async (alerts: readonly Alert[], want: number): Promise<void> => {
      const status = alerts.some(({ endsAt }) => endsAt === undefined) ? 'firing' : 'resolved';
      await send(senderFor(service), { alerts, status });
      assert.equal(lastMessage(service).priority, want);
    };
    const resolved = alertWith({ severity: 'critical' }, { endsAtMs: 1_700_000_001_000 });
    await check([alertWith({ severity: 'info' }), alertWith({ severity: 'critical' })], 5);
    await check([alertWith({ severity: 'error' })], 4);
    await check([alertWith({ severity: 'info' }), resolved], 2);
    await check([alertWith({ severity: 'page' })], 3);
    await check([resolved], 3);
  }));

test('topics and priorities that ntfy would refuse are final failures before anything is sent', () =>
  withNtfy(async (service) => {
    const check = async (config: Record<string, unknown>, want: string): Promise<void> => {
      const result = await send(senderFor(service, config));
      assert.ok(result.kind === 'failed' && !result.isRetriable);
      assert.equal(result.error, want);
    };
    const letters = 'want 1 to 64 letters, digits, "_" and "-"';
    await check({ topic: '{{ .Status }}/x' }, `cannot use ntfy_configs.topic: got "firing/x", ${letters}`);
    await check({ topic: '{{ .CommonLabels.none }}' }, `cannot use ntfy_configs.topic: got "", ${letters}`);
    await check({ priority: '6' }, 'cannot use ntfy_configs.priority: got "6", want 1 to 5');
    assert.equal(service.requests.length, 0);
  }));

test('a text beyond 4096 bytes is cut between characters, also when JSON doubles it', () =>
  withNtfy(async (service) => {
    const message = '{{ .CommonLabels.job }}';
    const check = async (job: string, wantBytes: number): Promise<void> => {
      assert.equal(
        (await send(senderFor(service, { message }), { alerts: [alertWith({ job })] })).kind,
        'delivered',
      );
      const got = lastMessage(service).message;
      assert.equal(Buffer.byteLength(got), wantBytes);
      assert.ok(got.endsWith('…') === wantBytes < Buffer.byteLength(job) && got.isWellFormed());
    };
    await check('a'.repeat(4096), 4096);
    await check('a'.repeat(4097), 4096);
    await check('😀'.repeat(25_000), 4095);
    await check(`a${'😀'.repeat(25_000)}`, 4096);
    const quotes = '"'.repeat(100_000);
    await send(senderFor(service, { message }), { alerts: [alertWith({ job: quotes })] });
    const { body } = service.taken.at(-1)!;
    assert.ok(
      Buffer.byteLength(body) <= 8192 && lastMessage(service).message.length > 3000,
      body.slice(0, 200),
    );
  }));

test('control characters do not get through, a title has one line', () =>
  withNtfy(async (service) => {
    const hostile = { job: 'a\u0000b\u001bc\r\nd' };
    const texts = { title: '{{ .CommonLabels.job }}', message: '{{ .CommonLabels.job }}' };
    await send(senderFor(service, texts), { alerts: [alertWith(hostile)] });
    const { title, message } = lastMessage(service);
    assert.deepEqual([title, message], ['a\ufffdb\ufffdc d', 'a\ufffdb\ufffdc\nd']);
  }));

test('a token and a password prove who publishes, and no error repeats them', async () => {
  const check = async (http_config: Record<string, unknown>, authorization: string): Promise<void> => {
    await withNtfy(async (service) => {
      assert.equal((await send(senderFor(service, { http_config }))).kind, 'delivered');
    }, authorization);
    await withNtfy(async (service) => {
      const result = await send(senderFor(service, { http_config }));
      assert.ok(result.kind === 'failed' && !result.isRetriable && result.category === 'authError');
      assert.match(result.error, /unauthorized: <secret>/);
    }, 'other');
  };
  await check({ authorization: { credentials: TOKEN } }, `Bearer ${TOKEN}`);
  const basic = Buffer.from('phil:mypass').toString('base64');
  await check({ basic_auth: { username: 'phil', password: 'mypass' } }, `Basic ${basic}`);
});

test('429 is tried again, also without a wait; 5xx, a cut and a hanging connection, too', () =>
  withNtfy(async (service) => {
    const check = async (want: string): Promise<void> => {
      const result = await send(senderFor(service));
      assert.ok(result.kind === 'failed');
      assert.equal(`${result.isRetriable} ${result.category} ${result.retryAfterMs}`, want);
    };
    service.script(
      { status: 429 },
      { status: 429, headers: { 'Retry-After': '4' } },
      { status: 507 },
      'reset',
    );
    await check('true rateLimited undefined');
    await check('true rateLimited 4000');
    await check('true serverError undefined');
    await check('true network undefined');
    service.script('hang');
    const arrived = service.nextRequest();
    const sending = send(senderFor(service, { timeout: '3s' }));
    await arrived;
    await deps.clock.advance(3000);
    const result = await sending;
    assert.ok(result.kind === 'failed' && result.isRetriable && result.category === 'deadline');
  }));

test('the configuration refuses more buttons than ntfy has room for', () => {
  const action = { label: 'a', url: 'http://a' };
  const parse = (actions: readonly object[]) => ntfyIntegration.safeParse({ topic: 't', actions });
  assert.ok(parse([action, action, action]).success);
  assert.equal(
    parse([action, action, action, action]).error?.issues[0]?.message,
    'got 4 actions, ntfy takes 3',
  );
  assert.equal(parse([{ label: 'a' }]).error?.issues[0]?.message, 'an action needs a label and a url');
});

test('a prepared message is quiet where its alerts are told anyway, and a click leads to it', () =>
  withNtfy(async (service) => {
    const never = new AbortController().signal;
    await senderFor(service, { priority: '5' }).send(preparedNotification(), never);
    const { title, message, priority, click, actions } = lastMessage(service);
    assert.deepEqual([title, priority, actions], ['P1 critical: A', 2, []]);
    assert.match(message, /^It is bad\./);
    assert.equal(click, 'http://vedette.test/alerts?filter=x');
    await senderFor(service).send(
      preparedNotification({ isFollowUp: false, link: `http://h/${'x'.repeat(2000)}` }),
      never,
    );
    assert.deepEqual([lastMessage(service).priority, lastMessage(service).click], [3, undefined]);
  }));
