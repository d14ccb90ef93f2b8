/** `@vedette/sdk/bot`: the guard before a bot's handlers, on any platform. */
export type { BotAdapter, BotNotice, BotSubject } from './bot-adapter.ts';
export { guardBot, type BotGuard, type BotPassage, type GuardBotOptions } from './guard-bot.ts';
export { NOTICE_TEXTS, type NoticeTexts } from './notice-texts.ts';
export { telegramAdapter, type TelegramContext } from './telegram.ts';
