/** `@vedette/sdk/line`: a LINE bot behind the guard. Peer: `@line/bot-sdk` 11, for its types alone. */
export { createLineBot, type LineBot, type LineBotOptions, type LineBotStatus } from './line-bot.ts';
export { lineAdapter, type LineAdapterOptions } from './line-adapter.ts';
export type { LineClient, LineContext } from './line-context.ts';
export { isRedelivery, lineActionOf, lineSourceOf, postbackFieldsOf, type LineEvent } from './line-event.ts';
export { isSignedByLine } from './line-signature.ts';
