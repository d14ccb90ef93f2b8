import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { labelsOf } from '@vedette/model';
import { z } from 'zod';
import { FakeService, type FakeAnswer, type FakeJudge } from '../fake-service.ts';
import {
  exampleAlert,
  exampleNotification,
  preparedExample,
  preparedNotification,
  receiverContract,
} from '../receiver.contract.ts';
import type { Notification, Receiver, SendResult } from '../receiver.ts';
import { senderDeps } from '../sender-fixture.ts';
import { telegramIntegration } from './config.ts';
import { cutText, plainTextOfHtml } from './plain-text.ts';
import { createTelegramSender } from './telegram.ts';

const TOKEN = '110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw';

const messageSchema = z.strictObject({
  chat_id: z.union([z.number(), z.string().regex(/^@\w+$/)]),
  text: z.string().min(1),
  parse_mode: z.enum(['HTML', 'Markdown', 'MarkdownV2']).optional(),
  message_thread_id: z.number().optional(),
  disable_notification: z.boolean(),
  link_preview_options: z.strictObject({ is_disabled: z.literal(true) }),
});
type Message = z.output<typeof messageSchema>;

const refuse = (
  error_code: number,
  description: string,
  more: object = {},
): FakeAnswer & { isTaken: false } => ({
  status: error_code,
  body: JSON.stringify({ ok: false, error_code, description, ...more }),
  isTaken: false,
});

/** Elements that Telegram knows, closed in order; everything else must be escaped. */
function isTelegramHtml(html: string): boolean {
  const open: string[] = [];
  const rest = html.replaceAll(/<(\/?)([a-z]+)(?: href="[^"<>]*")?>/g, (_, slash: string, name: string) => {
    if (!['b', 'i', 'u', 's', 'a', 'code', 'pre'].includes(name)) return '<';
    if (slash === '') open.push(name);
    else if (open.pop() !== name) return '<';
    return '';
  });
  const isEscaped = !/[<>]/.test(rest) && !/&(?!(?:lt|gt|amp|quot|#\d+|#x[0-9a-f]+);)/i.test(rest);
  return open.length === 0 && isEscaped;
}

const judge: FakeJudge = ({ method, path, headers, body }) => {
  if (path !== `/bot${TOKEN}/sendMessage`) return refuse(path.startsWith('/bot') ? 401 : 404, 'Unauthorized');
  if (method !== 'POST' || headers['content-type'] !== 'application/json') return refuse(400, 'Bad Request');
  const { data, error } = messageSchema.safeParse(JSON.parse(body));
  if (data === undefined) return refuse(400, `Bad Request: ${error.message}`);
  const isHtml = data.parse_mode === 'HTML';
  if (isHtml && !isTelegramHtml(data.text))
    return refuse(400, "Bad Request: can't parse entities: unsupported start tag");
  // Dots and the like must be escaped there.
  if (data.parse_mode === 'MarkdownV2' && /(?<!\\)[.!()[\]{}=+-]/.test(data.text))
    return refuse(400, "Bad Request: can't parse entities: character '.' is reserved");
  const shown = isHtml ? plainTextOfHtml(data.text) : data.text;
  if (shown.length > 4096) return refuse(400, 'Bad Request: message is too long');
  return { status: 200, body: JSON.stringify({ ok: true, result: { text: shown } }), isTaken: true };
};

const deps = senderDeps();

function senderFor(service: FakeService, config: Record<string, unknown> = {}): Receiver {
  const token = 'bot_token_file' in config ? {} : { bot_token: TOKEN };
  const chat = 'chat_id_file' in config ? {} : { chat_id: -1001 };
  const parsed = telegramIntegration.parse({ ...token, ...chat, api_url: service.origin, ...config });
  return createTelegramSender(deps, { name: 'ops', index: 0, config: parsed });
}

const withTelegram = (run: (service: FakeService) => Promise<void>): Promise<void> =>
  FakeService.with(judge, run);

const send = (receiver: Receiver, more: Partial<Notification> = {}): Promise<SendResult> =>
  receiver.send(exampleNotification(more), new AbortController().signal);

const lastMessage = (service: FakeService): Message =>
  messageSchema.parse(JSON.parse(service.taken.at(-1)?.body ?? ''));

const alertWith = (labels: Record<string, string>) => [
  { ...exampleAlert('A'), labels: labelsOf({ alertname: 'A', ...labels }) },
];

receiverContract('telegram', (run) =>
  withTelegram(async (service) => {
    await run({
      receiver: senderFor(service),
      arrivedCount: () => service.taken.length,
      breakOff: () => service.close(),
    });
  }),
);

test('a message goes to the chat and topic, with or without a sound', () =>
  withTelegram(async (service) => {
    await send(senderFor(service));
    const { text, ...plain } = lastMessage(service);
    assert.match(text, /^\[FIRING:1\] A \(api\)\n\nFiring:/);
    const link_preview_options = { is_disabled: true };
    const want = { chat_id: -1001, parse_mode: 'HTML', link_preview_options } as const;
    assert.deepEqual(plain, { ...want, disable_notification: false });
    await send(senderFor(service, { message_thread_id: 7, disable_notifications: true, parse_mode: '' }));
    const { parse_mode, message_thread_id, disable_notification } = lastMessage(service);
    assert.deepEqual([parse_mode, message_thread_id, disable_notification], [undefined, 7, true]);
  }));

test('marks of the template stay, those in values are escaped', () =>
  withTelegram(async (service) => {
    const message = '<b>{{ .CommonLabels.job }}</b> &amp; more';
    const evil = `</b><a href="tg://user?id=1">\u0000&"'\n`;
    assert.equal(
      (await send(senderFor(service, { message }), { alerts: alertWith({ job: evil }) })).kind,
      'delivered',
    );
    assert.equal(service.requests.length, 1);
    const { text } = lastMessage(service);
    assert.ok(text.startsWith('<b>&lt;/b&gt;&lt;a href=') && text.endsWith('</b> &amp; more'), text);
  }));

test('HTML that is too long goes as plain text, cut at 4096 units and not within an emoji', () =>
  withTelegram(async (service) => {
    const message = '<b>x</b>{{ .CommonLabels.job }}';
    const check = async (job: string, wantLength: number, wantEnd: string): Promise<void> => {
      await send(senderFor(service, { message }), { alerts: alertWith({ job }) });
      const { text, parse_mode } = lastMessage(service);
      assert.deepEqual([parse_mode, text.length, text.slice(0, 2)], [undefined, wantLength, `x${job[0]}`]);
      assert.ok(text.endsWith(wantEnd) && text.isWellFormed(), text.slice(-3));
    };
    await check('<'.repeat(100_000), 4096, '<…');
    await check('a😀'.repeat(3000), 4095, 'a…');
    await check('ab😀'.repeat(3000), 4096, 'b…');
  }));

test('what is no text does not get through', () =>
  withTelegram(async (service) => {
    for (const parse_mode of ['', 'HTML', 'Markdown']) {
      const receiver = senderFor(service, { parse_mode, message: '{{ .CommonLabels.job }}' });
      await send(receiver, { alerts: alertWith({ job: 'a\u0000b\u001bc\ud83d' }) });
      assert.equal(lastMessage(service).text, 'a\ufffdb\ufffdc\ufffd', parse_mode);
    }
  }));

test('a text at the limit goes with its marks', () =>
  withTelegram(async (service) => {
    const message = '{{ .CommonLabels.job }}';
    await send(senderFor(service, { message }), { alerts: alertWith({ job: 'a'.repeat(4096) }) });
    assert.equal(lastMessage(service).parse_mode, 'HTML');
    await send(senderFor(service, { message }), { alerts: alertWith({ job: 'a'.repeat(4097) }) });
    assert.deepEqual([lastMessage(service).parse_mode, lastMessage(service).text.length], [undefined, 4096]);
  }));

test('what Telegram cannot parse is sent again as plain text', () =>
  withTelegram(async (service) => {
    const broken = senderFor(service, { message: '<blink>{{ .Status }}</blink> 1 &lt; 2' });
    assert.equal((await send(broken)).kind, 'delivered');
    assert.deepEqual([service.requests.length, lastMessage(service).text], [2, 'firing 1 < 2']);
    const marked = senderFor(service, { parse_mode: 'MarkdownV2', message: '*{{ .Status }}* 1.5' });
    assert.equal((await send(marked)).kind, 'delivered');
    assert.deepEqual([service.requests.length, lastMessage(service).text], [4, '*firing* 1.5']);
    const fine = senderFor(service, { parse_mode: 'MarkdownV2', message: String.raw`*{{ .Status }}* 1\.5` });
    assert.equal((await send(fine)).kind, 'delivered');
    assert.deepEqual([service.requests.length, lastMessage(service).parse_mode], [5, 'MarkdownV2']);
  }));

test('answers are judged by what they say, also with status 200', () =>
  withTelegram(async (service) => {
    const check = async (answer: FakeAnswer, want: string): Promise<void> => {
      service.script(answer);
      const result = await send(senderFor(service));
      assert.ok(result.kind === 'failed', want);
      const again = result.isRetriable ? 'again' : 'final';
      assert.equal(`${again} ${result.category} ${result.retryAfterMs}: ${result.error}`, want);
    };
    const code = 'unexpected status code';
    await check(
      refuse(400, 'Bad Request: chat not found'),
      `final clientError undefined: ${code} 400: Bad Request: chat not found`,
    );
    await check(refuse(401, 'Unauthorized'), `final authError undefined: ${code} 401: Unauthorized`);
    await check(
      refuse(403, 'Forbidden: bot was kicked'),
      `final authError undefined: ${code} 403: Forbidden: bot was kicked`,
    );
    await check(
      refuse(429, 'Too Many', { parameters: { retry_after: 35 } }),
      `again rateLimited 35000: ${code} 429: Too Many`,
    );
    await check(
      { ...refuse(500, 'Internal'), status: 200 },
      `again serverError undefined: ${code} 500: Internal`,
    );
    await check({ status: 200, body: '{"ok":false}' }, `final clientError undefined: ${code} 400`);
    await check({ status: 502, body: '<h1>Bad' }, `again serverError undefined: ${code} 502: <h1>Bad`);
    const isOther = 'is not one of Telegram; look at api_url and at proxies on the way';
    await check(
      { status: 200, body: 'Sign in!' },
      `again other undefined: the answer with status code 200 ${isOther}`,
    );
  }));

test('an answer that repeats a long message is a delivery although it is not read to its end', () =>
  withTelegram(async (service) => {
    service.script({ status: 200, body: JSON.stringify({ ok: true, result: { text: 'x'.repeat(50_000) } }) });
    assert.equal((await send(senderFor(service))).kind, 'delivered');
  }));

test('the token is in no error, whatever the other side says', () =>
  withTelegram(async (service) => {
    const receiver = senderFor(service);
    const check = (result: SendResult): void => {
      assert.ok(result.kind === 'failed');
      assert.doesNotMatch(result.error, /AAHdq|110201543/);
    };
    service.script(
      { status: 404, body: `no /bot${TOKEN}/sendMessage here` },
      refuse(404, `${'x'.repeat(290)}${TOKEN}`),
    );
    check(await send(receiver));
    check(await send(receiver));
    service.script('reset');
    check(await send(receiver));
    check(await send(senderFor(service, { bot_token: `${TOKEN} /../` })));
    await service.close();
    check(await send(receiver));
  }));

test('token and chat come from files that are read each time', () =>
  withTelegram(async (service) => {
    const directory = mkdtempSync(join(tmpdir(), 'vedette-telegram-'));
    const [bot_token_file, chat_id_file] = [join(directory, 'token'), join(directory, 'chat')];
    const receiver = senderFor(service, { bot_token_file, chat_id_file });
    const check = async (chat: string, want: string | number): Promise<void> => {
      writeFileSync(chat_id_file, chat);
      const result = await send(receiver);
      const got = result.kind === 'failed' ? result.error : lastMessage(service).chat_id;
      assert.equal(got, want);
    };
    try {
      writeFileSync(bot_token_file, `${TOKEN}\n`);
      await check('-100200\n', -100200);
      await check('@channel', '@channel');
      const wanted = 'want a number such as -1001234567890';
      await check('my chat', `cannot use the content of "${chat_id_file}" as chat: ${wanted}`);
    } finally {
      rmSync(directory, { recursive: true });
    }
  }));

test('a bot that hangs is given up after the timeout', () =>
  withTelegram(async (service) => {
    service.script('hang');
    const arrived = service.nextRequest();
    const sending = send(senderFor(service, { timeout: '3s' }));
    await arrived;
    await deps.clock.advance(3000);
    const result = await sending;
    assert.ok(result.kind === 'failed' && result.isRetriable && result.category === 'deadline');
  }));

test('plain text is what Telegram would show', () => {
  assert.equal(
    plainTextOfHtml('<b>a</b> &lt;b&gt; &#43;&#x2B; &amp;lt; &#99999999; 1 < 2'),
    'a <b> ++ &lt; &#99999999; 1 < 2',
  );
  assert.equal(cutText('a'.repeat(4096)), 'a'.repeat(4096));
});

test('a prepared message is plain text without a sound, with one where its alerts are not told otherwise', () =>
  withTelegram(async (service) => {
    const never = new AbortController().signal;
    await senderFor(service).send(preparedNotification(), never);
    const { text, parse_mode, disable_notification } = lastMessage(service);
    assert.equal(text, `P1 critical: A\n\n${preparedExample().note}`);
    assert.deepEqual([parse_mode, disable_notification], [undefined, true]);
    await senderFor(service).send(
      preparedNotification({ isFollowUp: false, note: '<b>'.repeat(2000) }),
      never,
    );
    assert.equal(lastMessage(service).disable_notification, false);
  }));
