/**
 * A message whose words stand: a report about alerts, in every form that a channel may want. Who prepares it has escaped
 * what came from outside for each form, kept the limits of each service, and made all addresses absolute.
 *
 * It tells of alerts that were told of already, or soon will be, by their route. So it rings nobody: no mentions, no
 * incident of its own, no acknowledgement, and a low urgency where the channel knows one and `isFollowUp` is set.
 */
export interface PreparedMessage {
  /** One line, plain; at most PREPARED_TITLE_CHARS_MAX. */
  readonly title: string;
  /** Plain, whole; for mails. */
  readonly text: string;
  /** Plain; at most PREPARED_NOTE_BYTES_MAX. */
  readonly note: string;
  /** Plain; at most PREPARED_BRIEF_BYTES_MAX. */
  readonly brief: string;
  /** Where to read more: a whole address. */
  readonly link: string;
  /** The same place as a path of our own pages. */
  readonly path: string;
  /** The receiver hears of these alerts by their route, too. */
  readonly isFollowUp: boolean;
  /** Block Kit, at most 50. */
  readonly slackBlocks: readonly Readonly<Record<string, unknown>>[];
  /** The member `card` of a message of a robot; with it all less than PREPARED_CARD_BYTES_MAX as JSON. */
  readonly feishuCard: Readonly<Record<string, unknown>>;
  /** The member `actionCard` of one, within the same. */
  readonly dingtalkCard: Readonly<Record<string, unknown>>;
  /** What it says, as data: members that a webhook's body gets beside its own. */
  readonly details: Readonly<Record<string, unknown>>;
}

// What a list of chats or mails shows of one line; Slack's header takes 150.
export const PREPARED_TITLE_CHARS_MAX = 150;

// Telegram takes 4,096 units and ntfy 4,096 bytes; titles and addresses stand beside it.
export const PREPARED_NOTE_BYTES_MAX = 3500;

// Push services take 4,096 bytes of an encrypted message, of which keys and addresses have some.
export const PREPARED_BRIEF_BYTES_MAX = 1000;

// Feishu and DingTalk refuse bodies over 20,000 bytes; the rest of the body and its signature need some 300.
export const PREPARED_CARD_BYTES_MAX = 19_500;
