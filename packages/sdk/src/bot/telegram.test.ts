import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { Bot, type Context } from 'grammy';
import type { Update, UserFromGetMe } from 'grammy/types';
import { fakeGuard, type FakeGuard } from '../testing/fake-guard.ts';
import { fakeTelegram, type FakeTelegram } from '../testing/fake-telegram.ts';
import { guardBot } from './guard-bot.ts';
import { telegramAdapter, type TelegramContext } from './telegram.ts';

const chat = { id: -10, type: 'private' as const, first_name: 'A' };
const from = { id: 7, is_bot: false, first_name: 'A', language_code: 'zh-hans' };
const BOT_INFO = { id: 1, is_bot: true, first_name: 'b', username: 'my_bot' } as UserFromGetMe;
let nextUpdate = 1;

function messageUpdate(message: object): Update {
  return { update_id: nextUpdate++, message: { message_id: 1, date: 1, chat, from, ...message } } as Update;
}

function buttonUpdate(data: string): Update {
  return {
    update_id: nextUpdate++,
    callback_query: { id: 'q1', from, chat_instance: 'c', data, message: { message_id: 1, date: 0, chat } },
  } as Update;
}

/** A real grammY bot whose Telegram is ours. */
async function scene(
  t: TestContext,
): Promise<{ telegram: FakeTelegram; guard: FakeGuard; bot: Bot; handled: Context[] }> {
  const telegram = await fakeTelegram();
  t.after(telegram.close);
  const guard = fakeGuard();
  const handled: Context[] = [];
  const bot = new Bot('1:token', { client: { apiRoot: telegram.url }, botInfo: BOT_INFO });
  bot.use(guardBot(guard, telegramAdapter()));
  bot.use((ctx) => void handled.push(ctx));
  return { telegram, guard, bot, handled };
}

test('messages, commands and buttons of a grammY bot are counted by what they are, not by what they say', async (t) => {
  const { bot, guard, handled } = await scene(t);
  const updates = [
    messageUpdate({ text: 'hello 12345' }),
    messageUpdate({ text: '/start@my_bot secret-payload' }),
    messageUpdate({ text: '/ not a command' }),
    messageUpdate({ photo: [] }),
    messageUpdate({ unheard_of: {} }),
    buttonUpdate('next_card:42'),
    buttonUpdate('\0😀'),
    { update_id: nextUpdate++, edited_message: { message_id: 1, date: 1, chat, from, text: 'x' } } as Update,
  ];
  for (const update of updates) await bot.handleUpdate(update);
  assert.deepEqual(
    guard.tracked.map(({ action, source }) => `${action} ${source}`),
    [
      'message:text message',
      'command:start message',
      'message:text message',
      'message:photo message',
      'message:other message',
      'callback:next_card button',
      'callback:other button',
      'edited_message message',
    ],
  );
  assert.deepEqual(guard.tracked[0]!.subject, { scope: 'user', id: '7' });
  assert.equal(handled.length, updates.length);
});

test('a banned user of a grammY bot hears it once, in their language, and no handler runs', async (t) => {
  const { bot, guard, telegram, handled } = await scene(t);
  guard.refuse('7');
  for (let i = 0; i < 5; i++) await bot.handleUpdate(messageUpdate({ text: 'hi' }));
  assert.equal(handled.length, 0);
  assert.deepEqual(telegram.calls, [
    {
      method: 'sendMessage',
      fields: { chat_id: chat.id, text: '您操作得有点快，请稍作休息，约5分钟后可以继续使用。' },
    },
  ]);
});

test('a refused button is answered, so that it stops turning', async (t) => {
  const { bot, guard, telegram } = await scene(t);
  guard.refuse('7');
  await bot.handleUpdate(buttonUpdate('next'));
  assert.deepEqual(
    telegram.calls.map(({ method, fields }) => [method, (fields as { show_alert: boolean }).show_alert]),
    [['answerCallbackQuery', true]],
  );
});

test('an update that comes twice is handled once; a failing Telegram breaks nothing', async (t) => {
  const { bot, guard, telegram, handled } = await scene(t);
  const update = messageUpdate({ text: 'hi' });
  await bot.handleUpdate(update);
  await bot.handleUpdate(update);
  assert.equal(handled.length, 1);
  guard.refuse('7');
  telegram.failNext(429);
  await bot.handleUpdate(messageUpdate({ text: 'hi' }));
  guard.allow('7');
  await bot.handleUpdate(messageUpdate({ text: 'hi' }));
  assert.equal(handled.length, 2);
});

test("a channel's post and what happens to the bot itself pass unguarded", async (t) => {
  const { bot, guard, handled } = await scene(t);
  await bot.handleUpdate({
    update_id: nextUpdate++,
    channel_post: { message_id: 1, date: 1, chat: { id: 1, type: 'channel', title: 'c' }, text: 'x' },
  } as Update);
  await bot.handleUpdate({ update_id: nextUpdate++, my_chat_member: { chat, from, date: 1 } } as Update);
  assert.equal(handled.length, 2);
  assert.deepEqual(guard.tracked, []);
});

test("a context of Telegraf's shape is answered by Telegraf's method", async () => {
  const answers: string[] = [];
  const guard = fakeGuard();
  guard.refuse('7');
  const ctx: TelegramContext = {
    update: buttonUpdate('next'),
    from,
    chat,
    reply: () => assert.fail('a button is answered, not replied to'),
    answerCbQuery: (text) => Promise.resolve(void answers.push(text)),
  };
  await guardBot(guard, telegramAdapter())(ctx, () => assert.fail('handler ran'));
  assert.equal(answers.length, 1);
  assert.ok(answers[0]!.length <= 200);
});
