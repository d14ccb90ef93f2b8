import type { VerdictGround } from '../guard/guard.ts';

/**
 * What a guard must know of a chat platform: who acts, what was done, and how to say no. `Ctx` is what the
 * platform's own library hands to a handler. Nothing here may throw because of what a user sent; what does is taken
 * as "cannot tell": the handler runs, nothing is counted, and `onError` hears of it.
 *
 * A platform that is not shipped takes a dozen lines, such as Discord with discord.js:
 *
 *     const discord: BotAdapter<ChatInputCommandInteraction> = {
 *       platform: 'discord',
 *       subject: (interaction) => ({ userId: interaction.user.id, chatId: interaction.channelId }),
 *       action: (interaction) => `command:${interaction.commandName}`,
 *       eventId: (interaction) => interaction.id,
 *       redelivered: () => false,
 *       language: (interaction) => interaction.locale,
 *       refuse: async (interaction, { text }) => void (await interaction.reply({ content: text, flags: 64 })),
 *     };
 *     const guarded = guardBot(guard, discord);
 *     client.on('interactionCreate', (it) => guarded(it, () => answer(it)));
 */
export interface BotAdapter<Ctx> {
  /** Such as `line`, `telegram`: the source of actions for which `source` names none. */
  readonly platform: string;
  /** `undefined`: nobody in particular did this (a channel's post); the handler runs, unguarded. */
  subject(ctx: Ctx): BotSubject | undefined;
  /**
   * Such as `postback:next_card`, `message:text`, `command:start`: one of few, never what a user wrote. `undefined`:
   * not a deed of a user's that could be refused (a member left); the handler runs, unguarded.
   */
  action(ctx: Ctx): string | undefined;
  /** Where the action came from: `rich_menu`, `message`. Default the platform. */
  source?(ctx: Ctx): string | undefined;
  /** The platform's own id of this event, the same when it is delivered again. `undefined`: it has none. */
  eventId(ctx: Ctx): string | undefined;
  /** Whether the platform says that it delivered this before. Such an event is handled if it is new to us, and never counted. */
  redelivered(ctx: Ctx): boolean;
  /** The user's language, as the platform writes it (`zh-TW`, `en`); asked only when there is something to say. */
  language?(ctx: Ctx): string | undefined | Promise<string | undefined>;
  /** Says no, in words; called at most once per subject and level of a ban. A rejection is reported and changes nothing. */
  refuse(ctx: Ctx, notice: BotNotice): Promise<void>;
  /** Asks for a proof that a person acts. Absent: a challenge is a refusal. */
  challenge?(ctx: Ctx, notice: BotNotice): Promise<void>;
}

export interface BotSubject {
  /** As the platform knows the user. */
  readonly userId: string;
  /** Group, room or channel; where it happened. */
  readonly chatId?: string | undefined;
  /** For bots that serve several channels at once. */
  readonly tenant?: string | undefined;
}

/** What a user is told. */
export interface BotNotice {
  /** `busy`: an earlier action of the same user is still at work. */
  readonly kind: 'refuse' | 'challenge' | 'busy';
  readonly text: string;
  /** Of the text: a key of the texts, such as `zh-Hant`. */
  readonly language: string;
  /** Absent when `busy`. */
  readonly ground: VerdictGround | undefined;
}
