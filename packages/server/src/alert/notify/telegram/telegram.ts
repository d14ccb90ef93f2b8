/**
 * Messages of a Telegram bot.
 *
 * 1. The text is filled; with `parse_mode: HTML` every value is escaped for its place.
 * 2. Marked text beyond 4096 units cannot be cut without breaking its marks: it goes as plain text, cut.
 *    So does text whose marks Telegram cannot parse (`parse_mode: MarkdownV2` and a value with a dot are
 *    enough for that): an ugly message is better than none.
 * 3. Telegram answers JSON with `ok`; what it says there goes before the HTTP status. A wait is in
 *    `parameters.retry_after`.
 *
 * The bot's token is a part of the address. No error names the address, and the token is taken out of
 * whatever the other side, or a proxy on the way, says.
 */
import { InputError } from '@vedette/model';
import { z } from 'zod';
import { createChannelHttp, resultOf, type ChannelAnswer, type ChannelHttp } from '../channel-http.ts';
import { cleanText } from '../clean-text.ts';
import type { Notification, Receiver, SendResult } from '../receiver.ts';
import { resultWithoutSecrets, withoutSecrets } from '../redact.ts';
import { attempt, revealed, type SenderDeps, type SenderOptions } from '../sender.ts';
import { notificationTexts } from '../texts.ts';
import type { TelegramConfig } from './config.ts';
import { cutText, plainTextOfHtml, TEXT_UNITS_MAX } from './plain-text.ts';

const DEFAULT_URL = 'https://api.telegram.org';

export function createTelegramSender(deps: SenderDeps, options: SenderOptions<TelegramConfig>): Receiver {
  const { config, name, index } = options;
  const { clock } = deps;
  const channel = createChannelHttp(deps, config.http_config);
  return {
    name,
    index,
    integration: 'telegram',
    sendsResolved: config.send_resolved,
    send: async (notification, signal) => {
      const secrets: string[] = [];
      const result = await attempt(clock, { timeoutMs: config.timeout, signal }, async (ending) => {
        const text = textOf(deps, config, notification);
        const token = await revealed(deps.files, config.bot_token, config.bot_token_file);
        secrets.push(token);
        const target = { url: urlOf(config, token), chatId: await chatIdOf(deps, config), token };
        const isSilent = config.disable_notifications || notification.prepared?.isFollowUp === true;
        const post = poster({ channel, config, target, isSilent, signal: ending });
        if (text.marked !== undefined) {
          const answer = await post(text.marked, config.parse_mode);
          if (!isUnparsable(answer)) return verdictOf(answer, clock.nowMs());
        }
        return verdictOf(await post(text.plain, ''), clock.nowMs());
      });
      return resultWithoutSecrets(result, secrets);
    },
  };
}

interface MessageText {
  /** Undefined when there are no marks, or too many to send them. */
  readonly marked: string | undefined;
  readonly plain: string;
}

function textOf(deps: SenderDeps, config: TelegramConfig, notification: Notification): MessageText {
  const { prepared } = notification;
  if (prepared !== undefined)
    return { marked: undefined, plain: cutText(`${prepared.title}\n\n${prepared.note}`) };
  const texts = notificationTexts(deps, notification);
  const isHtml = config.parse_mode === 'HTML';
  const key = 'telegram_configs.message';
  const filled = cleanText(isHtml ? texts.html(config.message, key) : texts.text(config.message, key));
  const fits = filled.length <= TEXT_UNITS_MAX;
  return {
    marked: config.parse_mode !== '' && fits ? filled : undefined,
    plain: cutText(isHtml ? plainTextOfHtml(filled) : filled),
  };
}

/** Not `URL.parse` of a text with the token in it: what cannot be an address must not be printed. */
function urlOf({ api_url }: TelegramConfig, token: string): URL {
  if (!/^[\w:-]+$/.test(token))
    throw new InputError(
      'VED_NOTIFY_FAILED',
      'cannot use the bot token: want digits, a colon, and letters, as BotFather gives it',
    );
  return new URL(`${(api_url ?? DEFAULT_URL).replace(/\/$/, '')}/bot${token}/sendMessage`);
}

/** A number, or the `@name` of a public channel in a file. */
async function chatIdOf({ files }: SenderDeps, config: TelegramConfig): Promise<number | string> {
  if (config.chat_id !== 0) return config.chat_id;
  const written = await revealed(files, undefined, config.chat_id_file);
  if (/^-?\d{1,15}$/.test(written)) return Number(written);
  if (/^@\w+$/.test(written)) return written;
  throw new InputError(
    'VED_NOTIFY_FAILED',
    `cannot use the content of "${config.chat_id_file}" as chat: want a number such as -1001234567890`,
  );
}

interface Posting {
  readonly channel: ChannelHttp;
  readonly config: TelegramConfig;
  readonly target: { readonly url: URL; readonly chatId: number | string; readonly token: string };
  /** No sound. */
  readonly isSilent: boolean;
  readonly signal: AbortSignal;
}

function poster({ channel, config, target, isSilent, signal }: Posting) {
  return async (text: string, parseMode: string): Promise<ChannelAnswer> => {
    const message = {
      chat_id: target.chatId,
      text,
      ...(parseMode === '' ? {} : { parse_mode: parseMode }),
      ...(config.message_thread_id === 0 ? {} : { message_thread_id: config.message_thread_id }),
      disable_notification: isSilent,
      link_preview_options: { is_disabled: true },
    };
    const answer = await channel.postJson(target.url, message, signal);
    return { ...answer, text: withoutSecrets(answer.text, [target.token]) };
  };
}

const refusal = z.object({
  ok: z.literal(false),
  error_code: z.number().int().min(400).max(599).default(400),
  description: z.string().default(''),
  parameters: z.object({ retry_after: z.number().nonnegative().optional() }).optional(),
});

function findRefusal({ text }: ChannelAnswer): z.output<typeof refusal> | undefined {
  try {
    return refusal.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function isUnparsable(answer: ChannelAnswer): boolean {
  const refused = findRefusal(answer);
  return refused?.error_code === 400 && /can't parse|message is too long/i.test(refused.description);
}

function verdictOf(answer: ChannelAnswer, nowMs: number): SendResult {
  const refused = findRefusal(answer);
  if (refused !== undefined) {
    const { error_code: status, description, parameters } = refused;
    const asked = parameters?.retry_after;
    const headers = asked === undefined ? answer.headers : { 'retry-after': String(Math.ceil(asked)) };
    return resultOf({ status, text: description, headers }, nowMs);
  }
  // The whole answer repeats the message and can be longer than what is read of it.
  if (answer.status !== 200 || /^\s*\{\s*"ok"\s*:\s*true\b/.test(answer.text)) return resultOf(answer, nowMs);
  return {
    kind: 'failed',
    isRetriable: true,
    category: 'other',
    error:
      'the answer with status code 200 is not one of Telegram; look at api_url and at proxies on the way',
  };
}
