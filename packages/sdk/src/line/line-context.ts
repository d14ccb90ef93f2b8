import type { LineBotClient, messagingApi } from '@line/bot-sdk';
import { replyTokenOf, userIdOf, type LineEvent } from './line-event.ts';

/** What of LINE's client is used; a `LineBotClient` is one, with whatever base URL it was made for. */
export type LineClient = Pick<LineBotClient, 'replyMessage' | 'getProfile'>;

/** One event on its way to a handler. */
export class LineContext {
  readonly event: LineEvent;
  /** Of who did it; absent for events of nobody in particular. */
  readonly userId: string | undefined;
  readonly #client: LineClient;
  #replyToken: string | undefined;

  constructor(event: LineEvent, client: LineClient) {
    this.event = event;
    this.userId = userIdOf(event);
    this.#client = client;
    this.#replyToken = replyTokenOf(event);
  }

  /** Whether `reply` has a token that was not used. */
  get canReply(): boolean {
    return this.#replyToken !== undefined;
  }

  /**
   * Answers with 1 to 5 messages. LINE takes a reply token once, and soon (within about half a minute): rejects
   * without asking LINE when it was used or the event has none, and with what LINE says otherwise.
   */
  async reply(...messages: messagingApi.Message[]): Promise<void> {
    const replyToken = this.#replyToken;
    if (replyToken === undefined)
      throw new Error(`cannot reply to ${this.event.type} event: it has no reply token, or it was used`);
    this.#replyToken = undefined;
    await this.#client.replyMessage({ replyToken, messages });
  }
}
