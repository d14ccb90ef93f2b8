import { z } from 'zod';
import { fields } from '../../config/fields.ts';
import { attemptTimeout, httpShape, named, template } from '../../config/integration.ts';
import { atMostOne, complain, isSet } from '../../config/rules.ts';

const PARSE_MODES = ['', 'Markdown', 'MarkdownV2', 'HTML'];

/** `telegram_configs`: a message of a bot. */
export const telegramIntegration = z.lazy(() =>
  z
    .strictObject({
      ...httpShape({ sendResolved: true }),
      api_url: fields
        .shown(fields.url())
        .describe('Address of the API; global.telegram_api_url when absent.'),
      bot_token: fields.secretText().describe('Token of the bot; global.telegram_bot_token when absent.'),
      bot_token_file: fields.fileName().describe('File with the token of the bot.'),
      chat_id: fields.whole({ min: Number.MIN_SAFE_INTEGER }).describe('Number of the chat.'),
      chat_id_file: fields.fileName().describe('File with the number of the chat.'),
      message_thread_id: fields
        .whole({ min: Number.MIN_SAFE_INTEGER })
        .describe('Number of the topic in the chat.'),
      message: template(named('telegram.default.message')).describe('Text.'),
      disable_notifications: fields.flag(false).describe('Send without a sound.'),
      parse_mode: fields
        .text('HTML')
        .describe('Marks in the text: HTML, Markdown, MarkdownV2, or empty for none.'),
      timeout: attemptTimeout(),
    })
    .check(atMostOne('bot_token', 'bot_token_file'), atMostOne('chat_id', 'chat_id_file'), (payload) => {
      const { chat_id, chat_id_file, parse_mode } = payload.value;
      if (!isSet(chat_id) && !isSet(chat_id_file))
        complain(payload, 'missing chat_id or chat_id_file on telegram_config');
      if (!PARSE_MODES.includes(parse_mode))
        complain(
          payload,
          'unknown parse_mode on telegram_config, must be Markdown, MarkdownV2, HTML or empty string',
          ['parse_mode'],
        );
    }),
);

export type TelegramConfig = z.output<typeof telegramIntegration>;
