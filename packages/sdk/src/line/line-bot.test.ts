import assert from 'node:assert/strict';
import { createServer, request as httpRequest, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { LineBotClient } from '@line/bot-sdk';
import express from 'express';
import { createProcessingLock } from '../lock/processing-lock.ts';
import { fakeGuard, type FakeGuard } from '../testing/fake-guard.ts';
import { fakeLine, type FakeLine, type SignedWebhook } from '../testing/fake-line.ts';
import { manualClock, type ManualClock } from '../testing/manual-clock.ts';
import { LANE_EVENTS_MAX, WAITING_EVENTS_MAX } from './event-lanes.ts';
import { createLineBot, type LineBot, type LineBotOptions } from './line-bot.ts';
import type { LineContext } from './line-context.ts';
import { WEBHOOK_BYTES_MAX } from './raw-body.ts';

const user = `U${'a'.repeat(32)}`;

interface Scene {
  readonly line: FakeLine;
  readonly guard: FakeGuard;
  readonly clock: ManualClock;
  readonly bot: LineBot;
  readonly handled: LineContext[];
  readonly errors: unknown[];
  /** Sends a webhook and waits until its events are done; the status of the answer. */
  readonly send: (webhook: SignedWebhook) => Promise<number>;
  readonly url: string;
}

interface SceneOptions extends Partial<LineBotOptions> {
  /** What serves the bot; default `node:http` alone. */
  readonly mount?: (bot: LineBot) => RequestListener;
}

async function scene(t: TestContext, { mount, ...options }: SceneOptions = {}): Promise<Scene> {
  const line = await fakeLine();
  t.after(line.close);
  const guard = fakeGuard();
  const clock = manualClock();
  const handled: LineContext[] = [];
  const errors: unknown[] = [];
  const bot = createLineBot({
    guard,
    clock,
    channelSecret: line.channelSecret,
    client: LineBotClient.fromChannelAccessToken({ channelAccessToken: 'token', apiBaseURL: line.url }),
    onEvent: (ctx) => void handled.push(ctx),
    onError: (error) => void errors.push(error),
    ...options,
  });
  const url = await serve(t, mount?.(bot) ?? ((request, response) => void bot.webhook(request, response)));
  const send = async ({ body, headers }: SignedWebhook): Promise<number> => {
    const { status } = await fetch(url, { method: 'POST', body, headers });
    await bot.idle();
    return status;
  };
  return { line, guard, clock, bot, handled, errors, send, url };
}

async function serve(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhook`;
}

test('a signed webhook is handled, and its deeds are counted by action and source', async (t) => {
  const { line, guard, handled, send, bot } = await scene(t);
  const events = [
    line.postback(user, 'action=next_card&deck=2&source=rich_menu'),
    line.message(user, 'hello'),
    line.event('unsend', { source: { type: 'user', userId: user } }),
    line.event('from the future', { source: { type: 'user', userId: user } }),
    line.event('of nobody'),
  ];
  assert.equal(await send(line.webhook(...events)), 200);
  assert.deepEqual(
    handled.filter(({ userId }) => userId !== undefined).map(({ event, userId }) => [event.type, userId]),
    [
      ['postback', user],
      ['message', user],
      ['unsend', user],
      ['from the future', user],
    ],
  );
  const subject = { scope: 'user', id: user };
  assert.deepEqual(guard.tracked, [
    { subject, action: 'postback:next_card', source: 'rich_menu', outcome: 'ok' },
    { subject, action: 'message:text', source: 'message', outcome: 'ok' },
  ]);
  assert.equal(bot.status.handledEvents, 5);
});

test('without a right signature nothing is processed', async (t) => {
  const { line, handled, send, bot, guard } = await scene(t);
  const { body, headers } = line.webhook(line.message(user, 'hi'));
  const { 'x-line-signature': signature = '', ...others } = headers;
  const check = async (want: number, wrong: Record<string, string>, sent = body): Promise<void> =>
    assert.equal(await send({ body: sent, headers: { ...others, ...wrong } }), want);
  await check(400, {});
  await check(400, { 'x-line-signature': '' });
  await check(401, { 'x-line-signature': 'AAAA' });
  await check(401, { 'x-line-signature': signature.toLowerCase() });
  await check(401, { 'x-line-signature': `${signature}, ${signature}` });
  await check(401, { 'x-line-signature': signature }, `${body} `);
  await check(401, { 'x-line-signature': line.sign('') });
  assert.deepEqual([handled, guard.tracked, bot.status.refusedWebhooks], [[], [], 7]);
  await check(200, { 'x-line-signature': signature });
  assert.equal(handled.length, 1);
});

test('a signed body that is no webhook body is a 400, the empty one with which LINE tries the address a 200', async (t) => {
  const { line, send } = await scene(t);
  const check = async (want: number, body: string): Promise<void> =>
    assert.equal(await send({ body, headers: { 'x-line-signature': line.sign(body) } }), want, body);
  for (const body of ['{', '[]', 'null', '{"events":7}', '']) await check(400, body);
  await check(200, '{"destination":"U","events":[]}');
});

test('only POST is taken', async (t) => {
  const { url } = await scene(t);
  const response = await fetch(url);
  assert.deepEqual([response.status, response.headers.get('allow')], [405, 'POST']);
});

test('a body as large as the limit is taken, one byte more is a 413, announced or not', async (t) => {
  const { line, url, bot, handled } = await scene(t);
  const { body } = line.webhook(line.message(user, 'hi'));
  const post = async (bytes: number, isAnnounced: boolean): Promise<string> => {
    const padded = Buffer.from(body.padEnd(bytes, ' '));
    const headers = { 'x-line-signature': line.sign(padded) };
    return await new Promise((resolve, reject) => {
      const sent = httpRequest(url, {
        method: 'POST',
        headers: isAnnounced ? { ...headers, 'content-length': bytes } : headers,
      });
      sent.on('response', (response) => {
        response.resume();
        resolve(`${response.statusCode} ${response.headers.connection}`);
      });
      sent.on('error', reject);
      // Of what will be refused no more is sent than it takes: the rest would meet a closed connection.
      if (isAnnounced && bytes > WEBHOOK_BYTES_MAX) sent.flushHeaders();
      else sent.write(padded);
      if (bytes <= WEBHOOK_BYTES_MAX) sent.end();
    });
  };
  assert.equal(await post(WEBHOOK_BYTES_MAX, true), '200 keep-alive');
  assert.equal(await post(WEBHOOK_BYTES_MAX, false), '200 keep-alive');
  assert.equal(await post(WEBHOOK_BYTES_MAX + 1, true), '413 close');
  assert.equal(await post(WEBHOOK_BYTES_MAX + 1, false), '413 close');
  await bot.idle();
  assert.equal(handled.length, 1);
});

test('a body that does not come is a 408, one that is cut off leaves nothing behind', async (t) => {
  const { line, url, clock, handled, bot } = await scene(t);
  const { headers } = line.webhook();
  const begin = (): ReturnType<typeof httpRequest> => {
    const sent = httpRequest(url, { method: 'POST', headers: { ...headers, 'content-length': 100 } });
    sent.write('{"events":[');
    return sent;
  };
  const slow = begin();
  const answered = new Promise<number>((resolve, reject) => {
    slow.on('response', (response) => resolve(response.statusCode ?? 0));
    slow.on('error', reject);
  });
  while (clock.timerCount === 0) await turn();
  await clock.advance(10_000);
  assert.equal(await answered, 408);
  slow.destroy();
  const cut = begin();
  cut.on('error', () => undefined);
  while (clock.timerCount === 0) await turn();
  cut.destroy();
  while (clock.timerCount > 0) await turn();
  assert.deepEqual([handled.length, bot.status.refusedWebhooks], [0, 2]);
});

test('the answer does not wait for handlers, and handlers that fail do not touch it', async (t) => {
  const ended = Promise.withResolvers<void>();
  const { line, url, bot, errors } = await scene(t, {
    onEvent: async () => {
      await ended.promise;
      throw new Error('database is gone');
    },
  });
  const { body, headers } = line.webhook(line.message(user, 'hi'));
  const response = await fetch(url, { method: 'POST', body, headers });
  assert.deepEqual([response.status, await response.text()], [200, '{}']);
  ended.resolve();
  await bot.idle();
  assert.match(String(errors), /database is gone/);
  assert.equal(bot.status.failedEvents, 1);
});

test('a replayed webhook is handled once, a redelivery of what failed again, and counted once', async (t) => {
  let isFailing = false;
  let runs = 0;
  const { line, guard, send } = await scene(t, {
    onEvent: () => {
      runs++;
      if (isFailing) throw new Error('broken');
    },
  });
  const first = line.message(user, 'hi');
  for (let i = 0; i < 10; i++) await send(line.webhook(first));
  await send(line.webhook(line.redelivered(first), first));
  assert.deepEqual([runs, guard.tracked.length], [1, 1]);
  isFailing = true;
  const second = line.message(user, 'again');
  await send(line.webhook(second));
  isFailing = false;
  await send(line.webhook(line.redelivered(second)));
  await send(line.webhook(line.redelivered(second)));
  assert.deepEqual([runs, guard.tracked.length], [3, 2]);
});

test('a redelivery of what never arrived is handled and not counted', async (t) => {
  const { line, guard, handled, send } = await scene(t);
  await send(line.webhook(line.redelivered(line.message(user, 'hi'))));
  assert.deepEqual([handled.length, guard.tracked.length], [1, 0]);
});

test('a banned user hears it once per level in the language of their profile, then nothing', async (t) => {
  const { line, guard, handled, send } = await scene(t);
  line.setProfile(user, { displayName: 'A', language: 'zh-TW' });
  for (const level of [1, 2, 3]) {
    guard.refuse(user, { level, retryAfterMs: 300_000 * level });
    for (let i = 0; i < 30; i++) await send(line.webhook(line.postback(user, 'action=next_card')));
  }
  assert.deepEqual(
    line.replies.map(({ texts }) => texts[0]),
    [5, 10, 15].map((minutes) => `您操作得有點快，請稍作休息，約 ${minutes} 分鐘後可以繼續使用。`),
  );
  // Its language was asked for once.
  assert.equal(line.requests.length, 4);
  assert.deepEqual([handled.length, line.pushes.length], [0, 0]);
  assert.ok(guard.tracked.every(({ outcome }) => outcome === 'refused'));
});

test('a user without a profile, and one of a made-up id, hear it in the default language', async (t) => {
  const { line, guard, send } = await scene(t, { defaultLanguage: 'zh-Hans' });
  for (const id of [user, '../../v2/bot/followers/ids', 'x'.repeat(100_000)]) {
    guard.refuse(id);
    await send(line.webhook(line.message(id, 'hi')));
  }
  assert.equal(line.replies.length, 3);
  for (const { texts } of line.replies) assert.match(texts[0]!, /约5分钟后/);
  assert.deepEqual(
    line.requests.filter(({ method }) => method === 'GET').map(({ path }) => path),
    [`/v2/bot/profile/${user}`],
  );
});

test('errors of LINE break nothing, whichever', async (t) => {
  for (const status of [400, 401, 429, 500, 503]) {
    const { line, guard, handled, send, errors, bot } = await scene(t);
    line.failNext(status, 2);
    guard.refuse(user);
    await send(line.webhook(line.message(user, 'hi')));
    assert.equal(errors.length, 2, 'the profile and the reply');
    assert.match(String(errors[1]), new RegExp(String(status)));
    guard.allow(user);
    await send(line.webhook(line.message(user, 'hi')));
    assert.deepEqual([handled.length, bot.status.refusedEvents, bot.status.failedEvents], [1, 1, 0]);
  }
});

test('a LINE that is not there breaks nothing', async (t) => {
  const { line, guard, send, errors, bot } = await scene(t);
  guard.refuse(user);
  const webhook = line.webhook(line.message(user, 'hi'));
  await line.close();
  assert.equal(await send(webhook), 200);
  assert.equal(errors.length, 2);
  assert.equal(bot.status.refusedEvents, 1);
});

test('a reply token is used once; what has none is refused in silence', async (t) => {
  const seen: string[] = [];
  const { line, guard, send, bot, errors } = await scene(t, {
    onEvent: async (ctx) => {
      await ctx.reply({ type: 'text', text: 'first' });
      assert.equal(ctx.canReply, false);
      await ctx.reply({ type: 'text', text: 'second' }).catch((error: unknown) => seen.push(String(error)));
    },
  });
  await send(line.webhook(line.message(user, 'hi')));
  assert.equal(line.requests.length, 1);
  assert.match(seen[0]!, /cannot reply to message event: it has no reply token, or it was used/);
  guard.refuse(user);
  line.setProfile(user, { displayName: 'A', language: 'en' });
  const { replyToken: _, ...tokenless } = line.message(user, 'hi');
  await send(line.webhook(tokenless));
  assert.deepEqual([line.replies.length, bot.status.refusedEvents, errors], [1, 1, []]);
});

test('a flood of one user is bounded and does not keep others waiting', async (t) => {
  const flooderWorks = Promise.withResolvers<void>();
  const others: (string | undefined)[] = [];
  const { line, url, bot } = await scene(t, {
    concurrency: 2,
    onEvent: async ({ userId }) => {
      if (userId === user) await flooderWorks.promise;
      else others.push(userId);
    },
  });
  const post = async (...events: unknown[]): Promise<number> => {
    const { body, headers } = line.webhook(...events);
    return (await fetch(url, { method: 'POST', body, headers })).status;
  };
  assert.equal(await post(...Array.from({ length: 500 }, () => line.message(user, 'x'))), 200);
  assert.equal(await post(line.message('Uother', 'hi')), 200);
  while (others.length === 0) await turn();
  assert.equal(bot.status.waitingEvents, LANE_EVENTS_MAX - 1);
  assert.equal(bot.status.droppedEvents, 500 - LANE_EVENTS_MAX);
  flooderWorks.resolve();
  await bot.idle();
  assert.equal(bot.status.handledEvents, LANE_EVENTS_MAX + 1);
});

test('a webhook that the queue has no room for is refused whole, so that LINE delivers it again', async (t) => {
  const works = Promise.withResolvers<void>();
  const { line, url, bot } = await scene(t, { onEvent: () => works.promise });
  const post = async (count: number): Promise<number> => {
    const events = Array.from({ length: count }, (_, i) => line.message(`U${count}-${i}`, 'x'));
    const { body, headers } = line.webhook(...events);
    return (await fetch(url, { method: 'POST', body, headers })).status;
  };
  assert.equal(await post(WAITING_EVENTS_MAX + 1), 503);
  assert.equal(await post(WAITING_EVENTS_MAX), 200);
  while (bot.status.waitingEvents === WAITING_EVENTS_MAX) await turn();
  assert.equal(await post(17), 503);
  works.resolve();
  await bot.idle();
  assert.equal(bot.status.handledEvents, WAITING_EVENTS_MAX);
});

test('with a lock a double click is refused while the first is at work, with a short word', async (t) => {
  const works = Promise.withResolvers<void>();
  const clock = manualClock();
  const { line, bot, send, url } = await scene(t, {
    clock,
    lock: createProcessingLock({ clock }),
    whenBusy: 'notice',
    onEvent: () => works.promise,
  });
  const { body, headers } = line.webhook(...[1, 2, 3].map(() => line.postback(user, 'action=buy')));
  await fetch(url, { method: 'POST', body, headers });
  while (bot.status.busyEvents < 2) await turn();
  works.resolve();
  await bot.idle();
  assert.equal(bot.status.handledEvents, 1);
  assert.deepEqual(
    line.replies.map(({ texts }) => texts[0]),
    ['One moment: your last request is still being worked on.'],
  );
  assert.equal(await send(line.webhook(line.postback(user, 'action=buy'))), 200);
  assert.equal(bot.status.handledEvents, 2);
});

test('source, language and subject are what the application says', async (t) => {
  const { line, guard, send } = await scene(t, {
    source: ({ type }) => (type === 'postback' ? 'flex' : undefined),
    language: () => Promise.resolve('zh-CN'),
    subjectOf: ({ userId, chatId }) => ({ scope: 'key', id: `${userId}@${chatId}` }),
  });
  guard.refuse(`${user}@C1`);
  const source = { type: 'group', groupId: 'C1', userId: user };
  await send(
    line.webhook({ ...line.postback(user, 'action=a'), source }, { ...line.message(user, 'a'), source }),
  );
  assert.deepEqual(
    guard.tracked.map((one) => one.source),
    ['flex', 'message'],
  );
  assert.deepEqual(
    line.requests.map(({ path }) => path),
    ['/v2/bot/message/reply'],
  );
  assert.match(line.replies[0]!.texts[0]!, /约5分钟后/);
});

test('in Express it is mounted as it is, before or after a parser that keeps the bytes', async (t) => {
  const mounts: ((bot: LineBot) => RequestListener)[] = [
    (bot) => express().post('/webhook', bot.webhook).use(express.json()),
    (bot) =>
      express()
        .use(express.raw({ type: '*/*' }))
        .post('/webhook', bot.webhook),
    (bot) =>
      express()
        .use(express.json({ verify: (request, _, bytes) => void Object.assign(request, { rawBody: bytes }) }))
        .post('/webhook', bot.webhook),
  ];
  for (const mount of mounts) {
    const { line, handled, send } = await scene(t, { mount });
    assert.equal(await send(line.webhook(line.message(user, '你好 😀'))), 200);
    assert.equal(await send({ ...line.webhook(line.message(user, 'x')), body: '{"events":[]}' }), 401);
    assert.equal(handled.length, 1);
  }
});

test('after a parser that drops the bytes it says what to change', async (t) => {
  const { line, send, errors, handled } = await scene(t, {
    mount: (bot) => express().use(express.json()).post('/webhook', bot.webhook),
  });
  assert.equal(await send(line.webhook(line.message(user, 'hi'))), 500);
  assert.match(String(errors), /cannot verify LINE webhook: .* mount the webhook before express.json\(\)/);
  assert.equal(handled.length, 0);
});

test('two channels, and a secret that is exchanged, are served by one bot', async (t) => {
  const { line, send } = await scene(t, { channelSecret: ['new-secret', 'channel-secret'] });
  assert.equal(await send(line.webhook()), 200);
});

test('an empty secret is refused at the start: everybody could sign', () => {
  for (const channelSecret of ['', [], ['a', '']])
    assert.throws(
      () =>
        createLineBot({ channelSecret, guard: fakeGuard(), client: {} as never, onEvent: () => undefined }),
      /channelSecret is empty/,
    );
});

async function turn(): Promise<void> {
  await new Promise((resolve) => void setImmediate(resolve));
}
