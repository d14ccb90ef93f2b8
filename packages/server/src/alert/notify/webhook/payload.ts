/**
 * A body of people's own (`payload`): any structure whose texts are templates, keys included.
 *
 * As in Alertmanager, a filled text that reads as YAML of another kind becomes that: `{{ len .Alerts }}` a
 * number, `{{ .Alerts | toJson }}` a list. What decides is the template alone: characters with a meaning in
 * YAML that come from labels and annotations are held back meanwhile (`guarded-texts.ts`), so that the
 * summary "Disk: full" stays a text and a quotation mark in it does not end one. Two more things differ: a
 * structure that came out is not filled again, since it holds values of others, and only `true` and `false`
 * are booleans (YAML 1.2).
 */
import { parse } from 'yaml';
import type { Notification } from '../receiver.ts';
import type { SenderDeps } from '../sender.ts';
import { safeJson } from './body.ts';
import { FilledText, guardedTexts, type Escapes, type Guard, type GuardedTexts } from '../guarded-texts.ts';

/** Characters of the structure itself, written as they are when it is known. */
const ESCAPES: Escapes = ['"', '\\', '{', '}', '[', ']', '\n', ' ', ':', '-', '?', '.'].map((char) => [
  char,
  char,
]);

const GUARD: Guard = {
  escapes: ESCAPES,
  // Blanks only where they make a key, a list or a comment of what stands before or behind; a colon at the
  // end; a whole value that is a list without anything, or the mark between documents.
  pattern: /["\\{}[\]\n]|(?<=[:?-]) | (?=#)|:$|^[-?.](?=$|--|\.\.)/g,
};

/** JSON with its closing line feed; keys are sorted, as Go writes them. Throws `TemplateFault`. */
export function payloadBody(
  deps: Pick<SenderDeps, 'templates' | 'externalUrl'>,
  payload: unknown,
  notification: Notification,
): string {
  const texts = guardedTexts(deps, notification, GUARD);
  return `${safeJson(filledOf(texts, payload))}\n`;
}

function filledOf(texts: GuardedTexts, value: unknown): unknown {
  if (typeof value === 'string') return readText(texts.fill(value, 'webhook_configs.payload'));
  if (Array.isArray(value)) return value.map((one) => filledOf(texts, one));
  if (!isMap(value)) return value;
  return sortedMap(value, (key, one) => [
    texts.fill(key, 'webhook_configs.payload').plain(),
    filledOf(texts, one),
  ]);
}

function readText(text: FilledText): unknown {
  try {
    const value: unknown = parse(text.guarded, { maxAliasCount: 0, logLevel: 'error', uniqueKeys: false });
    return typeof value === 'string' ? text.plain() : restored(value);
  } catch {
    // No YAML.
    return text.plain();
  }
}

/** The characters that were held back are in their places again. */
function restored(value: unknown): unknown {
  if (typeof value === 'string') return new FilledText(value, ESCAPES).plain();
  if (Array.isArray(value)) return value.map(restored);
  if (!isMap(value)) return value;
  return sortedMap(value, (key, one) => [new FilledText(key, ESCAPES).plain(), restored(one)]);
}

function sortedMap(
  map: Readonly<Record<string, unknown>>,
  change: (key: string, value: unknown) => [string, unknown],
): Readonly<Record<string, unknown>> {
  const entries = Object.entries(map).map(([key, value]) => change(key, value));
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
