/**
 * LINE's webhook bodies and events, read without trust: the signature says that LINE sent them, not that they are of
 * a kind that this version knows. What is no object with a `type` is left out and counted; all else is handed on as
 * it is, whatever its type.
 */
import type { webhook } from '@line/bot-sdk';
import { plainName, ACTION_SOURCE_CHARS_MAX, type ActionNames } from '../bot/action-names.ts';

export type LineEvent = webhook.Event;

export interface LineWebhookBody {
  readonly events: readonly LineEvent[];
  /** Members of `events` that are none. */
  readonly malformedCount: number;
}

/** `undefined` when the body is no webhook body. */
export function parseLineBody(body: Uint8Array): LineWebhookBody | undefined {
  const events = fieldOf(parseJson(Buffer.from(body).toString('utf8')), 'events');
  if (!Array.isArray(events)) return undefined;
  const known = (events as readonly unknown[]).filter(isEvent);
  return { events: known, malformedCount: events.length - known.length };
}

/** Nobody knows each type that LINE will send; `type` is what the SDK's types are told apart by. */
function isEvent(value: unknown): value is LineEvent {
  return typeof fieldOf(value, 'type') === 'string';
}

export function userIdOf(event: LineEvent): string | undefined {
  return textOf(fieldOf(event.source, 'userId'));
}

/** The group's, the room's, or the user's own. */
export function chatIdOf(event: LineEvent): string | undefined {
  const { source } = event;
  return textOf(fieldOf(source, 'groupId')) ?? textOf(fieldOf(source, 'roomId')) ?? userIdOf(event);
}

export function eventIdOf(event: LineEvent): string | undefined {
  return textOf(fieldOf(event, 'webhookEventId'));
}

export function replyTokenOf(event: LineEvent): string | undefined {
  return textOf(fieldOf(event, 'replyToken'));
}

export function isRedelivery(event: LineEvent): boolean {
  return fieldOf(fieldOf(event, 'deliveryContext'), 'isRedelivery') === true;
}

/**
 * As what an event counts: `postback:next_card`, `message:text`, `follow`. `undefined` for what a user does not ask of
 * the bot, and what a bot must hear even of somebody banned (`unsend`, `unfollow`, `leave`…), or a type unknown here.
 */
export function lineActionOf(event: LineEvent, names: ActionNames): string | undefined {
  if (event.type === 'postback') return names.nameOf('postback', postbackFieldsOf(event).get('action'));
  if (event.type === 'message') return names.nameOf('message', fieldOf(event.message, 'type'));
  return OTHER_DEEDS.has(event.type) ? event.type : undefined;
}

const OTHER_DEEDS: ReadonlySet<string> = new Set([
  'follow',
  'beacon',
  'accountLink',
  'messageEdited',
  'videoPlayComplete',
]);

/**
 * Where a deed came from: a postback's own `source` or `from`, when the bot's buttons carry one; `rich_menu` and
 * `picker` when LINE's parameters tell; else `postback`, `message`, `follow`…
 */
export function lineSourceOf(event: LineEvent): string {
  if (event.type !== 'postback') return plainName(event.type, ACTION_SOURCE_CHARS_MAX) ?? 'other';
  const fields = postbackFieldsOf(event);
  const named = plainName(fields.get('source') ?? fields.get('from'), ACTION_SOURCE_CHARS_MAX);
  if (named !== undefined) return named;
  const params = fieldOf(event.postback, 'params');
  if (fieldOf(params, 'newRichMenuAliasId') !== undefined) return 'rich_menu';
  const isPicked = ['date', 'time', 'datetime'].some((name) => fieldOf(params, name) !== undefined);
  return isPicked ? 'picker' : 'postback';
}

// LINE's limit for the data of a postback; what is longer did not come from a button.
const POSTBACK_CHARS_MAX = 300;

/** The fields of a postback's data, written as a query (`action=next_card&deck=2`) or as a JSON object. */
export function postbackFieldsOf(event: LineEvent): ReadonlyMap<string, string> {
  const data = textOf(fieldOf(fieldOf(event, 'postback'), 'data'));
  if (data === undefined || data.length > POSTBACK_CHARS_MAX) return new Map();
  if (!data.trimStart().startsWith('{')) return new Map(new URLSearchParams(data));
  const parsed = parseJson(data);
  const entries = typeof parsed === 'object' && parsed !== null ? Object.entries(parsed) : [];
  return new Map(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
