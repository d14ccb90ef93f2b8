import { ActionNames } from '../bot/action-names.ts';
import type { BotAdapter } from '../bot/bot-adapter.ts';
import { ExpiringMap } from '../lib/expiring-map.ts';
import { systemClock, type SdkClock } from '../system/system.ts';
import type { LineClient, LineContext } from './line-context.ts';
import {
  chatIdOf,
  eventIdOf,
  isRedelivery,
  lineActionOf,
  lineSourceOf,
  userIdOf,
  type LineEvent,
} from './line-event.ts';

export interface LineAdapterOptions {
  readonly client: LineClient;
  /** The user's language as a BCP 47 tag. Default: of their profile at LINE, asked once a day and user. */
  readonly language?: ((event: LineEvent) => string | undefined | Promise<string | undefined>) | undefined;
  /** Where an action came from; `undefined`: as the event tells. At most 32 characters, one of few. */
  readonly source?: ((event: LineEvent) => string | undefined) | undefined;
  readonly clock?: SdkClock | undefined;
}

// Who is told something is about to be banned: few. A language of 20 characters and an id: 2 MB.
const LANGUAGES_REMEMBERED_MAX = 10_000;
const LANGUAGE_MS = 24 * 3600_000;

// After a failure: soon enough for the next level of a ban, late enough not to add to a rate limit.
const LANGUAGE_UNKNOWN_MS = 600_000;

// An id becomes part of a path at LINE; LINE's own are `U` and 32 hexadecimal digits.
const PLAIN_ID = /^\w{1,64}$/;

/** LINE, for `guardBot`. */
export function lineAdapter(options: LineAdapterOptions): BotAdapter<LineContext> {
  const names = new ActionNames();
  const languageOf = options.language ?? profileLanguages(options.client, options.clock ?? systemClock);
  return {
    platform: 'line',
    subject: ({ event, userId }) => (userId === undefined ? undefined : { userId, chatId: chatIdOf(event) }),
    action: ({ event }) => lineActionOf(event, names),
    source: ({ event }) => options.source?.(event) ?? lineSourceOf(event),
    eventId: ({ event }) => eventIdOf(event),
    redelivered: ({ event }) => isRedelivery(event),
    language: ({ event }) => languageOf(event),
    refuse: async (ctx, { text }) => {
      // Without a token there is only a push, which costs the bot's quota: silence instead.
      if (ctx.canReply) await ctx.reply({ type: 'text', text });
    },
  };
}

/** Languages by profile. Who has none, or no profile for us, is not asked about again for as long. */
function profileLanguages(
  client: LineClient,
  { monotonicMs }: Pick<SdkClock, 'monotonicMs'>,
): (event: LineEvent) => Promise<string | undefined> {
  const known = new ExpiringMap<{ language: string | undefined }>({
    entriesMax: LANGUAGES_REMEMBERED_MAX,
    monotonicMs,
  });
  return async (event) => {
    const userId = userIdOf(event);
    if (userId === undefined || !PLAIN_ID.test(userId)) return undefined;
    const found = known.get(userId);
    if (found !== undefined) return found.language;
    // Stays when LINE refuses the profile: of somebody who is no friend of the bot, or because of too many requests.
    known.set(userId, { language: undefined }, LANGUAGE_UNKNOWN_MS);
    const { language } = await client.getProfile(userId);
    known.set(userId, { language }, LANGUAGE_MS);
    return language;
  };
}
