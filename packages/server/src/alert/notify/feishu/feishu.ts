/**
 * Messages of a group robot in Feishu or Lark: a card with a coloured title and a text in Markdown. Which of
 * the two it is says the address.
 *
 * A robot with a secret wants each message signed. The signature is an oddity: HMAC-SHA256 over *nothing*,
 * with the time in seconds, a line feed and the secret as the key; DingTalk's has the same parts in other
 * places. It stands in the body, and holds for an hour.
 */
import { createHmac } from 'node:crypto';
import { createChannelHttp } from '../channel-http.ts';
import { guardedTexts } from '../guarded-texts.ts';
import { markdownGuard } from '../markdown-guard.ts';
import type { Notification, Receiver } from '../receiver.ts';
import { withoutSecrets } from '../redact.ts';
import { robotResultOf, type RobotCodes } from '../robot-answer.ts';
import { attempt, revealed, type SenderDeps, type SenderOptions } from '../sender.ts';
import { addressSecrets, webhookAddress } from '../webhook-address.ts';
import type { FeishuConfig } from './config.ts';
import { FEISHU_ESCAPES } from './escapes.ts';

/** Feishu refuses bodies over 20 KB; whether those have 1,000 or 1,024 bytes it does not say. */
export const FEISHU_BODY_BYTES_MAX = 20_000;

/** Titles are one line in the list of chats; two hundred characters are more than any screen shows. */
const TITLE_CHARS_MAX = 200;

/** 100 messages a minute and 5 a second; Feishu does not say when it takes the next. */
const RATE_LIMIT_WAIT_MS = 10_000;

const CODES: RobotCodes = {
  service: 'Feishu',
  // The second is what older robots say.
  codeKeys: ['code', 'StatusCode'],
  textKeys: ['msg', 'StatusMessage'],
  rateLimited: { codes: [11_232], waitMs: RATE_LIMIT_WAIT_MS },
  passing: [],
  // Signature or time; address; key words; token.
  unauthorised: [19_021, 19_022, 19_024, 19_001],
};

export function createFeishuSender(deps: SenderDeps, options: SenderOptions<FeishuConfig>): Receiver {
  const { config } = options;
  const { clock, files } = deps;
  const channel = createChannelHttp(deps, config.http_config);
  return {
    name: options.name,
    integration: 'feishu',
    index: options.index,
    sendsResolved: config.send_resolved,
    send: async (notification, signal) =>
      await attempt(clock, { timeoutMs: config.timeout, signal }, async (ending) => {
        const url = await webhookAddress(files, config);
        const secret = await revealed(files, config.secret, config.secret_file);
        const seconds = Math.floor(clock.nowMs() / 1000);
        const signature =
          secret === '' ? {} : { timestamp: String(seconds), sign: feishuSign(secret, seconds) };
        const message = cardOf(deps, config, { notification, signature });
        const answer = await channel.postJson(url, message, ending);
        const text = withoutSecrets(answer.text, [...addressSecrets(url), secret]);
        return robotResultOf({ ...answer, text }, CODES, clock.nowMs());
      }),
  };
}

/** Base64. */
export function feishuSign(secret: string, timestampSeconds: number): string {
  return createHmac('sha256', `${timestampSeconds}\n${secret}`).update('').digest('base64');
}

function cardOf(
  deps: SenderDeps,
  config: FeishuConfig,
  { notification, signature }: { readonly notification: Notification; readonly signature: object },
): object {
  if (notification.prepared !== undefined)
    return { ...signature, msg_type: 'interactive', card: notification.prepared.feishuCard };
  const texts = guardedTexts(deps, notification, markdownGuard(FEISHU_ESCAPES));
  const title = texts.fill(config.title, 'feishu_configs.title').cut(TITLE_CHARS_MAX).plain();
  const text = texts.fill(config.text, 'feishu_configs.text');
  const withText = (content: string): object => ({
    ...signature,
    msg_type: 'interactive',
    card: {
      config: { wide_screen_mode: true },
      header: {
        title: { tag: 'plain_text', content: title },
        template: notification.status === 'firing' ? 'red' : 'green',
      },
      elements: [{ tag: 'markdown', content }],
    },
  });
  const room = FEISHU_BODY_BYTES_MAX - Buffer.byteLength(JSON.stringify(withText('')));
  // A card without any text is refused.
  return withText(text.cutToJsonBytes(room).marked() || ' ');
}
