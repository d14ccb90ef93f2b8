/** One event of PagerDuty's Events API v2, filled from the configuration. */
import { createHash } from 'node:crypto';
import { cleanText } from '../clean-text.ts';
import { cutToChars } from '../cut-text.ts';
import type { PreparedMessage } from '../prepared-message.ts';
import { findSeverity } from '../severity.ts';
import type { NotificationTexts } from '../texts.ts';
import type { PagerdutyConfig } from './config.ts';

/** PagerDuty's limit of `summary`, in characters; the other short texts are cut there, too, so that none fills the event. */
const SUMMARY_CHARS_MAX = 1024;

/** PagerDuty refuses events beyond 512 KB; Alertmanager's number for it. */
export const EVENT_BYTES_MAX = 512_000;

/** Details within details beyond this are nobody's configuration. */
const DETAILS_DEPTH_MAX = 20;

export interface EventOptions {
  readonly routingKey: string;
  readonly groupKey: string;
  readonly status: 'firing' | 'resolved';
}

/**
 * Equal for all notifications of a group, so that a repetition changes the incident instead of opening a
 * second, and the end of the group resolves it.
 */
export function pagerdutyEvent(config: PagerdutyConfig, texts: NotificationTexts, options: EventOptions) {
  const fill = (template: string, key: string): string =>
    cleanText(texts.text(template, `pagerduty_configs.${key}`));
  const short = (template: string, key: string): string | undefined =>
    cutToChars(fill(template, key), SUMMARY_CHARS_MAX) || undefined;
  const images = filledAll(config.images, (template) => fill(template, 'images'));
  const links = filledAll(config.links, (template) => fill(template, 'links'));
  return {
    routing_key: options.routingKey,
    dedup_key: createHash('sha256').update(options.groupKey).digest('hex'),
    event_action: options.status === 'firing' ? 'trigger' : 'resolve',
    client: short(config.client, 'client'),
    client_url: short(config.client_url, 'client_url'),
    payload: {
      // Without a summary or a source an event is refused.
      summary: short(config.description, 'description') ?? 'Alerts',
      source: short(config.source, 'source') ?? 'Vedette',
      // Alertmanager's default; any other word would be refused, and nobody woken.
      severity: findSeverity(fill(config.severity, 'severity')) ?? 'error',
      class: short(config.class, 'class'),
      component: short(config.component, 'component'),
      group: short(config.group, 'group'),
      custom_details: filledDetails(config.details, (template) => fill(template, 'details')),
    },
    images: images.filter(({ src }) => src !== ''),
    links: links.filter(({ href }) => href !== ''),
  };
}

/** What is known about the service's incidents, for those who look at them. */
export function changeEvent(
  { title, note, link }: PreparedMessage,
  { routingKey, nowMs }: { readonly routingKey: string; readonly nowMs: number },
) {
  return {
    routing_key: routingKey,
    payload: {
      summary: cutToChars(title, SUMMARY_CHARS_MAX),
      timestamp: new Date(nowMs).toISOString(),
      source: 'Vedette',
      custom_details: { report: note },
    },
    links: [{ href: link, text: 'Open in Vedette' }],
  };
}

/** As JSON; without its details when it would be too large. */
export function encodePagerdutyEvent(event: ReturnType<typeof pagerdutyEvent | typeof changeEvent>): {
  readonly body: string;
  readonly isCut: boolean;
} {
  const body = JSON.stringify(event);
  if (Buffer.byteLength(body) <= EVENT_BYTES_MAX) return { body, isCut: false };
  const note = `custom details were left out: got ${Buffer.byteLength(body)} bytes, PagerDuty takes ${EVENT_BYTES_MAX}`;
  const payload = { ...event.payload, custom_details: { error: note } };
  return { body: JSON.stringify({ ...event, payload }), isCut: true };
}

type Fill = (template: string) => string;

function filledAll<K extends string>(all: readonly Readonly<Record<K, string>>[], fill: Fill) {
  return all.map((one) => filledRecord(one, (text) => fill(text as string)) as Record<K, string>);
}

function filledDetails(details: Readonly<Record<string, unknown>>, fill: Fill): Record<string, unknown> {
  return filledRecord(details, (value) => filledDetail(value, fill, 0));
}

/**
 * Each text is a template. What comes out as JSON stays structure, as with Alertmanager. Its texts are
 * not templates again: they hold what labels and annotations say.
 */
function filledDetail(value: unknown, fill: Fill, depth: number): unknown {
  if (depth > DETAILS_DEPTH_MAX) return '…';
  if (typeof value === 'string') return structureOf(fill(value));
  if (Array.isArray(value)) return value.map((one) => filledDetail(one, fill, depth + 1));
  if (typeof value !== 'object' || value === null) return value;
  return filledRecord(value, (one) => filledDetail(one, fill, depth + 1));
}

function structureOf(text: string): unknown {
  if (/^(?:0|[1-9]\d{0,14})$/.test(text)) return Number(text);
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.parse(text, cleaned) as unknown;
  } catch {
    return text;
  }
}

function cleaned(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? cleanText(value) : value;
}

function filledRecord(record: object, fill: (value: unknown) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, fill(value)]));
}
