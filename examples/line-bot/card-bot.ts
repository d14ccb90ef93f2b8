/**
 * A bot for learning words: a card, its answer, the next card. It knows nothing of guards; `main.ts` puts one before it.
 */
import type { messagingApi } from '@line/bot-sdk';
import { postbackFieldsOf, type LineContext } from '@vedette/sdk/line';

const CARDS = [
  { front: 'vedette', back: 'a mounted sentinel, placed in front of the outposts' },
  { front: '斥候', back: 'scout, せっこう' },
  { front: '哨兵', back: 'sentry, shàobīng' },
] as const;

// Learners remembered at once; who comes back after that begins at the first card.
const LEARNERS_MAX = 10_000;

export class CardBot {
  /** Cards seen, by user; who was here last comes last. */
  readonly #seenCounts = new Map<string, number>();

  async answer(ctx: LineContext): Promise<void> {
    const { event, userId } = ctx;
    if (event.type === 'unfollow' && userId !== undefined) this.#seenCounts.delete(userId);
    if (!ctx.canReply || userId === undefined) return;
    if (event.type === 'follow') await ctx.reply(cardMessage('Welcome!', 0));
    if (event.type === 'message') await ctx.reply(cardMessage('Press a button.', this.#seenCount(userId)));
    if (event.type !== 'postback') return;
    const action = postbackFieldsOf(event).get('action');
    if (action === 'show_answer') await ctx.reply({ type: 'text', text: this.#card(userId).back });
    if (action === 'next_card') {
      this.#remember(userId, this.#seenCount(userId) + 1);
      await ctx.reply(cardMessage(this.#card(userId).front, this.#seenCount(userId)));
    }
  }

  #card(userId: string): (typeof CARDS)[number] {
    return CARDS[this.#seenCount(userId) % CARDS.length] ?? CARDS[0];
  }

  #seenCount(userId: string): number {
    return this.#seenCounts.get(userId) ?? 0;
  }

  #remember(userId: string, seenCount: number): void {
    this.#seenCounts.delete(userId);
    const [oldest] = this.#seenCounts.keys();
    if (this.#seenCounts.size >= LEARNERS_MAX && oldest !== undefined) this.#seenCounts.delete(oldest);
    this.#seenCounts.set(userId, seenCount);
  }
}

/** The text with two buttons. Their data carries what is counted: `action`, and `source` where the button stands. */
function cardMessage(text: string, seenCount: number): messagingApi.Message {
  const button = (label: string, action: string): messagingApi.QuickReplyItem => ({
    type: 'action',
    action: { type: 'postback', label, data: `action=${action}&source=quick_reply` },
  });
  return {
    type: 'text',
    text: `${text} (${seenCount})`,
    quickReply: { items: [button('Answer', 'show_answer'), button('Next', 'next_card')] },
  };
}
