/**
 * Push messages through ntfy, published as JSON to the root of the server. Any 2xx is a delivery; 429 (which
 * comes without a wait), 408, 5xx and a missing answer are tried again; the rest is final. Who may publish
 * is proven by `http_config`: `authorization` with an access token, or `basic_auth`.
 *
 * ntfy takes 4096 bytes of text and turns a longer one into an attachment; of the whole JSON it takes twice
 * as much. Line feeds and quotation marks are two bytes there: a text full of them is cut once more.
 */
import { createChannelHttp, resultOf } from '../channel-http.ts';
import { cleanText } from '../clean-text.ts';
import { cutToBytes, cutToChars } from '../cut-text.ts';
import type { PreparedMessage } from '../prepared-message.ts';
import type { Notification, Receiver } from '../receiver.ts';
import { attempt, type SenderDeps, type SenderOptions } from '../sender.ts';
import { findWorstSeverity, type Severity } from '../severity.ts';
import { notificationTexts, TemplateFault } from '../texts.ts';
import type { NtfyConfig } from './config.ts';

/** `message-size-limit` of a server as it comes. */
const MESSAGE_BYTES_MAX = 4096;

/** Twice that for the whole JSON, as the server counts. */
const BODY_BYTES_MAX = 2 * MESSAGE_BYTES_MAX;

/** Titles, tags and the like: what a screen shows of them; together they leave room for the text. */
const SHORT_CHARS_MAX = 250;

/** Of an address, which cannot be cut. */
const CLICK_CHARS_MAX = 4 * SHORT_CHARS_MAX;

/** Tags beyond are dropped: the emoji that people look for stands first. */
const TAGS_MAX = 10;

const PRIORITIES: Readonly<Record<Severity, number>> = { critical: 5, error: 4, warning: 3, info: 2 };
const DEFAULT_PRIORITY = 3;

/** Neither sound nor vibration. */
const FOLLOW_UP_PRIORITY = 2;

export function createNtfySender(deps: SenderDeps, options: SenderOptions<NtfyConfig>): Receiver {
  const { config, name, index } = options;
  const { clock } = deps;
  const channel = createChannelHttp(deps, config.http_config);
  const url = new URL(config.url);
  return {
    name,
    index,
    integration: 'ntfy',
    sendsResolved: config.send_resolved,
    send: async (notification, signal) =>
      await attempt(clock, { timeoutMs: config.timeout, signal }, async (ending) => {
        const body = encode(messageOf(deps, config, notification));
        const headers = { 'Content-Type': 'application/json' };
        return resultOf(await channel.request({ url, headers, body }, ending), clock.nowMs());
      }),
  };
}

interface Message {
  readonly topic: string;
  readonly title: string;
  readonly message: string;
  readonly priority: number;
  readonly tags: readonly string[];
  readonly click?: string;
  readonly markdown?: boolean;
  readonly actions: readonly Readonly<Record<string, unknown>>[];
}

function messageOf(deps: SenderDeps, config: NtfyConfig, notification: Notification): Message {
  const texts = notificationTexts(deps, notification);
  const fill = (template: string, key: string): string =>
    cleanText(texts.text(template, `ntfy_configs.${key}`)).trim();
  const short = (template: string, key: string): string => cutToChars(fill(template, key), SHORT_CHARS_MAX);
  const { prepared } = notification;
  if (prepared !== undefined) return preparedMessage(prepared, topicOf(fill(config.topic, 'topic')));
  const click = fill(config.click, 'click');
  return {
    topic: topicOf(fill(config.topic, 'topic')),
    title: short(config.title, 'title').replaceAll('\n', ' '),
    // An empty text would be shown as "triggered".
    message: cutToBytes(fill(config.message, 'message'), MESSAGE_BYTES_MAX) || notification.status,
    priority: priorityOf(fill(config.priority, 'priority'), notification),
    tags: config.tags
      .map((tag) => short(tag, 'tags'))
      .filter((tag) => tag !== '')
      .slice(0, TAGS_MAX),
    // Addresses cannot be cut.
    ...(click === '' || click.length > CLICK_CHARS_MAX ? {} : { click }),
    ...(config.markdown ? { markdown: true } : {}),
    actions: config.actions.map(({ action, label, url, method, body, clear }) => ({
      action,
      label: short(label, 'actions.label'),
      url: fill(url, 'actions.url'),
      clear,
      ...(action === 'http' ? { method, body: fill(body, 'actions.body') } : {}),
    })),
  };
}

function preparedMessage(prepared: PreparedMessage, topic: string): Message {
  return {
    topic,
    title: cutToChars(prepared.title, SHORT_CHARS_MAX),
    message: prepared.note,
    priority: prepared.isFollowUp ? FOLLOW_UP_PRIORITY : DEFAULT_PRIORITY,
    tags: [],
    ...(prepared.link.length > CLICK_CHARS_MAX ? {} : { click: prepared.link }),
    actions: [],
  };
}

/** ntfy's own rule. */
function topicOf(text: string): string {
  if (/^[\w-]{1,64}$/.test(text)) return text;
  throw new TemplateFault(
    `cannot use ntfy_configs.topic: got ${JSON.stringify(cutToChars(text, 80))}, want 1 to 64 letters, digits, "_" and "-"`,
  );
}

function priorityOf(text: string, { alerts, status }: Notification): number {
  if (/^[1-5]$/.test(text)) return Number(text);
  if (text !== '')
    throw new TemplateFault(
      `cannot use ntfy_configs.priority: got ${JSON.stringify(cutToChars(text, 80))}, want 1 to 5`,
    );
  if (status === 'resolved') return DEFAULT_PRIORITY;
  const worst = findWorstSeverity(alerts.filter(({ endsAt }) => endsAt === undefined));
  return worst === undefined ? DEFAULT_PRIORITY : PRIORITIES[worst];
}

function encode(message: Message): string {
  let body = JSON.stringify(message);
  for (let excess = excessOf(body); excess > 0; excess = excessOf(body)) {
    const room = Buffer.byteLength(message.message) - excess;
    if (room < 0) return body;
    // What is cut away takes at least as many bytes in JSON as in the text.
    message = { ...message, message: cutToBytes(message.message, room) };
    body = JSON.stringify(message);
  }
  return body;
}

function excessOf(body: string): number {
  return Buffer.byteLength(body) - BODY_BYTES_MAX;
}
