/**
 * Telegram, by grammY or Telegraf: the contexts of both carry the update as Telegram sent it, and differ only in how a
 * pressed button is answered.
 *
 * Messages count as `message:text`, `message:photo`…, or `command:start`; buttons as `callback:` and their data up to the
 * first character that is no letter, digit, `_` or `-` (`buy:42` and `buy:43` are both `callback:buy`). Edited messages,
 * inline queries and payments count by their kind. What no user did (`my_chat_member`, a channel's post) is let through.
 */
import { ActionNames } from './action-names.ts';
import type { BotAdapter, BotNotice, BotSubject } from './bot-adapter.ts';

/** What of a context of grammY or Telegraf is used. */
export interface TelegramContext {
  readonly update: object;
  readonly from?: { readonly id: number; readonly language_code?: string } | undefined;
  readonly chat?: { readonly id: number } | undefined;
  reply(text: string): Promise<unknown>;
  /** grammY's. */
  answerCallbackQuery?(answer: { text: string; show_alert: boolean }): Promise<unknown>;
  /** Telegraf's. */
  answerCbQuery?(text: string, extra: { show_alert: boolean }): Promise<unknown>;
}

// Telegram's limit for the text of an answered button.
const ANSWER_CHARS_MAX = 200;

/** `bot.use(guardBot(guard, telegramAdapter()))`. */
export function telegramAdapter(): BotAdapter<TelegramContext> {
  const names = new ActionNames();
  return {
    platform: 'telegram',
    subject: ({ from, chat }): BotSubject | undefined =>
      from === undefined
        ? undefined
        : { userId: String(from.id), chatId: chat === undefined ? undefined : String(chat.id) },
    action: ({ update }) => actionOf(update, names),
    source: ({ update }) => (kindOf(update) === 'callback_query' ? 'button' : 'message'),
    eventId: ({ update }) => {
      const id = fieldOf(update, 'update_id');
      return typeof id === 'number' ? String(id) : undefined;
    },
    // Telegram repeats an update until it is acknowledged and does not say that it does; the id tells.
    redelivered: () => false,
    language: ({ from }) => from?.language_code,
    refuse,
  };
}

async function refuse(ctx: TelegramContext, { text }: BotNotice): Promise<void> {
  // A button that is not answered goes on turning.
  if (kindOf(ctx.update) !== 'callback_query') await ctx.reply(text);
  else if (ctx.answerCallbackQuery !== undefined)
    await ctx.answerCallbackQuery({ text: text.slice(0, ANSWER_CHARS_MAX), show_alert: true });
  else if (ctx.answerCbQuery !== undefined)
    await ctx.answerCbQuery(text.slice(0, ANSWER_CHARS_MAX), { show_alert: true });
}

/** Kinds of updates that a user causes, and may be refused for. */
const DEEDS = [
  'message',
  'edited_message',
  'callback_query',
  'inline_query',
  'chosen_inline_result',
  'poll_answer',
  'message_reaction',
  'chat_join_request',
] as const;

const CONTENTS = [
  'text',
  'photo',
  'sticker',
  'voice',
  'video',
  'video_note',
  'document',
  'audio',
  'animation',
  'location',
  'contact',
] as const;

function kindOf(update: object): (typeof DEEDS)[number] | undefined {
  return DEEDS.find((kind) => Object.hasOwn(update, kind));
}

function actionOf(update: object, names: ActionNames): string | undefined {
  const kind = kindOf(update);
  if (kind === undefined) return undefined;
  const body = fieldOf(update, kind);
  if (kind === 'callback_query') return names.nameOf('callback', firstWordOf(fieldOf(body, 'data')));
  if (kind !== 'message') return kind;
  const command = commandOf(fieldOf(body, 'text'));
  if (command !== undefined) return names.nameOf('command', command);
  const content = CONTENTS.find((one) => fieldOf(body, one) !== undefined);
  return `message:${content ?? 'other'}`;
}

function firstWordOf(data: unknown): string | undefined {
  return typeof data === 'string' ? /^[\w-]+/.exec(data)?.[0] : undefined;
}

/** `start` of `/start@my_bot payload`. */
function commandOf(text: unknown): string | undefined {
  return typeof text === 'string' ? /^\/(\w{1,32})(?:@\w+)?(?:\s|$)/.exec(text)?.[1] : undefined;
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}
