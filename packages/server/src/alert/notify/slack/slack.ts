/**
 * Messages in Slack, through an incoming webhook or with an application's token.
 *
 * 1. The texts are filled; what alerts say stays text, whatever marks it holds (`guarded-texts.ts`), where
 *    Alertmanager escapes nothing and a label `<!channel>` wakes everybody.
 * 2. The message is posted. With `update_message` the first message of a group is posted and later ones
 *    change it in place (`chat.update`), until all its alerts are resolved; an alert that fires again is a
 *    new message, since nobody looks at one of last week. Where it stands is kept as `receiverData`.
 * 3. A message that cannot be changed any more is posted anew. One that Slack finds too long is sent once
 *    more with shorter texts. Both within the same attempt, since the next would meet the same.
 * 4. A prepared message is posted as it is, below the message of its group where it is known where that stands.
 */
import { createChannelHttp, type ChannelHttp } from '../channel-http.ts';
import { guardedTexts, type GuardedTexts } from '../guarded-texts.ts';
import type { Notification, Receiver, ReceiverData, SendResult } from '../receiver.ts';
import { withoutSecrets } from '../redact.ts';
import { attempt, revealed, type SenderDeps, type SenderOptions } from '../sender.ts';
import { addressFrom, addressSecrets } from '../webhook-address.ts';
import { cannotBeChanged, isTooLong, readAnswer, type SlackAnswer } from './answer.ts';
import { SLACK_POST_URL, type SlackConfig } from './config.ts';
import {
  preparedMessage,
  SHORT_TEXTS,
  slackGuard,
  slackMessage,
  WHOLE_TEXTS,
  type SlackMessage,
} from './message.ts';

export function createSlackSender(deps: SenderDeps, options: SenderOptions<SlackConfig>): Receiver {
  const { config } = options;
  const { clock } = deps;
  const slack = new Slack(deps, config, createChannelHttp(deps, config.http_config));
  return {
    name: options.name,
    integration: 'slack',
    index: options.index,
    sendsResolved: config.send_resolved,
    send: async (notification, signal) =>
      await attempt(
        clock,
        { timeoutMs: config.timeout, signal },
        async (ending) => await slack.send(notification, ending),
      ),
  };
}

/** Under the names that Alertmanager keeps in its notification log. */
interface Posted extends ReceiverData {
  readonly channelId: string;
  readonly threadTs: string;
}

interface Delivery {
  readonly url: URL;
  readonly texts: GuardedTexts;
  /** Where the message stands that is changed; nothing for one that is posted. */
  readonly place: SlackMessage;
  readonly secrets: readonly string[];
}

class Slack {
  readonly #deps: SenderDeps;
  readonly #config: SlackConfig;
  readonly #channel: ChannelHttp;

  constructor(deps: SenderDeps, config: SlackConfig, channel: ChannelHttp) {
    this.#deps = deps;
    this.#config = config;
    this.#channel = channel;
  }

  async send(notification: Notification, signal: AbortSignal): Promise<SendResult> {
    const texts = guardedTexts(this.#deps, notification, slackGuard(this.#config));
    const [url, tokens] = await Promise.all([this.#postUrl(), this.#tokens()]);
    const secrets = [...addressSecrets(url), ...tokens];
    const { prepared } = notification;
    if (prepared !== undefined) {
      const message = { ...preparedMessage(texts, this.#config, prepared), ...threadOf(notification) };
      const answer = await this.#post({ url, message, secrets }, signal);
      return this.#outcomeOf(answer, texts);
    }
    const posted = this.#config.update_message ? postedOf(notification) : undefined;
    let answer: SlackAnswer | undefined;
    if (posted !== undefined) {
      const place = { channel: posted.channelId, ts: posted.threadTs };
      answer = await this.#deliver({ url: updateUrlOf(url), texts, place, secrets }, signal);
    }
    if (answer === undefined || (answer.kind === 'refused' && cannotBeChanged(answer)))
      answer = await this.#deliver({ url, texts, place: {}, secrets }, signal);
    return this.#resultOf(answer, notification, texts);
  }

  async #deliver({ url, texts, place, secrets }: Delivery, signal: AbortSignal): Promise<SlackAnswer> {
    const post = async (message: SlackMessage): Promise<SlackAnswer> =>
      await this.#post({ url, message: { ...message, ...place }, secrets }, signal);
    const answer = await post(slackMessage(texts, this.#config, WHOLE_TEXTS));
    if (answer.kind === 'taken' || !isTooLong(answer)) return answer;
    return await post(slackMessage(texts, this.#config, SHORT_TEXTS));
  }

  async #post(
    { url, message, secrets }: { url: URL; message: SlackMessage; secrets: readonly string[] },
    signal: AbortSignal,
  ): Promise<SlackAnswer> {
    const answer = await this.#channel.postJson(url, message, signal);
    const text = withoutSecrets(answer.text, secrets);
    return readAnswer({ ...answer, text }, this.#deps.clock.nowMs());
  }

  #outcomeOf(answer: SlackAnswer, texts: GuardedTexts): SendResult {
    if (answer.kind === 'taken') return { kind: 'delivered', answer: answer.answer };
    const channel = texts.fill(this.#config.channel, 'slack_configs.channel').plain();
    return { ...answer.result, error: `channel ${JSON.stringify(channel)}: ${answer.result.error}` };
  }

  #resultOf(answer: SlackAnswer, notification: Notification, texts: GuardedTexts): SendResult {
    const delivered = this.#outcomeOf(answer, texts);
    if (answer.kind === 'refused' || delivered.kind === 'failed' || !this.#config.update_message)
      return delivered;
    // What comes after the end is a message of its own.
    if (notification.status === 'resolved') return { ...delivered, receiverData: {} };
    const { channel: channelId, ts: threadTs } = answer;
    if (channelId === '' || threadTs === '') return delivered;
    return { ...delivered, receiverData: { channelId, threadTs } satisfies Posted };
  }

  /** With a token the API's address, which may be somebody else's; the webhook otherwise. */
  async #postUrl(): Promise<URL> {
    const { api_url, api_url_file, app_url = SLACK_POST_URL } = this.#config;
    const address = this.#hasToken() ? app_url : await revealed(this.#deps.files, api_url, api_url_file);
    return addressFrom(address, api_url_file);
  }

  #hasToken(): boolean {
    return this.#config.app_token !== undefined || this.#config.app_token_file !== '';
  }

  async #tokens(): Promise<readonly string[]> {
    const { app_token, app_token_file, http_config } = this.#config;
    const token = await revealed(this.#deps.files, app_token, app_token_file);
    return [token, http_config?.authorization?.credentials?.reveal() ?? ''];
  }
}

/** The message of this group that later notifications change. */
function postedOf({ reason, receiverData }: Notification): Posted | undefined {
  const { channelId, threadTs } = receiverData;
  if (reason === 'first notification' || channelId === undefined || threadTs === undefined) return undefined;
  return { channelId, threadTs };
}

/** Below the message of the group, if that is one of the API and not of a webhook. */
function threadOf({ receiverData: { threadTs } }: Notification): SlackMessage {
  return threadTs === undefined ? {} : { thread_ts: threadTs };
}

/** The methods of the API stand side by side. */
function updateUrlOf(postUrl: URL): URL {
  return new URL('chat.update', postUrl);
}
