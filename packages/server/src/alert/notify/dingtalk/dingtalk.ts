/**
 * Messages of a group robot in DingTalk, in Markdown, with mentions by telephone number.
 *
 * A robot with a secret wants each message signed: HMAC-SHA256 with the secret as the key over the time in
 * milliseconds, a line feed and the secret. Time and signature stand in the address, and hold for an hour.
 *
 * Twenty messages a minute are taken; who sends more is refused for minutes. Such a message is tried again, late.
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
import type { DingtalkConfig } from './config.ts';
import { DINGTALK_ESCAPES } from './escapes.ts';

/** What DingTalk says it refuses: "message too long, exceed 20000 bytes". */
export const DINGTALK_BODY_BYTES_MAX = 20_000;

/** What the list of chats shows of a message. */
const TITLE_CHARS_MAX = 200;

/** The minute in which messages are counted; longer blocks are told of, and cost one refused attempt a minute. */
const RATE_LIMIT_WAIT_MS = 60_000;

const CODES: RobotCodes = {
  service: 'DingTalk',
  codeKeys: ['errcode', 'code'],
  textKeys: ['errmsg', 'message'],
  rateLimited: { codes: [130_101, 410_100], waitMs: RATE_LIMIT_WAIT_MS },
  // Busy.
  passing: [-1],
  // Key words, signature or address; robot stopped or gone; no such token.
  unauthorised: [310_000, 300_005, 400_013, 400_101, 400_102, 400_106],
};

export function createDingtalkSender(deps: SenderDeps, options: SenderOptions<DingtalkConfig>): Receiver {
  const { config } = options;
  const { clock, files } = deps;
  const channel = createChannelHttp(deps, config.http_config);
  return {
    name: options.name,
    integration: 'dingtalk',
    index: options.index,
    sendsResolved: config.send_resolved,
    send: async (notification, signal) =>
      await attempt(clock, { timeoutMs: config.timeout, signal }, async (ending) => {
        const address = await webhookAddress(files, config);
        const secret = await revealed(files, config.secret, config.secret_file);
        const url = secret === '' ? address : signedUrl(address, secret, clock.nowMs());
        const answer = await channel.postJson(url, messageOf(deps, config, notification), ending);
        const secrets = [...addressSecrets(url), ...addressSecrets(address), secret];
        const text = withoutSecrets(answer.text, secrets);
        return robotResultOf({ ...answer, text }, CODES, clock.nowMs());
      }),
  };
}

/** Base64, not yet encoded for an address. */
export function dingtalkSign(secret: string, timestampMs: number): string {
  return createHmac('sha256', secret).update(`${timestampMs}\n${secret}`).digest('base64');
}

function signedUrl(address: URL, secret: string, nowMs: number): URL {
  const url = new URL(address);
  url.searchParams.set('timestamp', String(nowMs));
  url.searchParams.set('sign', dingtalkSign(secret, nowMs));
  return url;
}

function messageOf(deps: SenderDeps, config: DingtalkConfig, notification: Notification): object {
  if (notification.prepared !== undefined)
    return { msgtype: 'actionCard', actionCard: notification.prepared.dingtalkCard };
  const texts = guardedTexts(deps, notification, markdownGuard(DINGTALK_ESCAPES));
  const title = texts.fill(config.title, 'dingtalk_configs.title').cut(TITLE_CHARS_MAX).plain();
  const text = texts.fill(config.text, 'dingtalk_configs.text');
  // Who is mentioned must stand in the text, too, and so is not cut off with it.
  const mentions = config.at_mobiles.map((mobile) => `@${mobile}`).join(' ');
  const withText = (marked: string): object => ({
    msgtype: 'markdown',
    markdown: {
      // Neither may be empty.
      title: title || notification.status,
      text: [marked || notification.status, mentions].filter((part) => part !== '').join('\n\n'),
    },
    at: { atMobiles: config.at_mobiles, isAtAll: config.is_at_all },
  });
  // One byte too few, since without any text there would be the status.
  const room = DINGTALK_BODY_BYTES_MAX - Buffer.byteLength(JSON.stringify(withText(' ')));
  return withText(text.cutToJsonBytes(room).marked());
}
