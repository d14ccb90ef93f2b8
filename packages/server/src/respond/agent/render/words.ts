/** How a report puts times, numbers, names and addresses; the numbers as templates of alerts put them (`humanize`). */
import { humanize, humanizeDuration, humanizePercentage } from '@vedette/gotemplate';
import { cleanText, cutToChars } from '../../../alert/index.ts';

// Slack takes 3,000 characters of an address, in which each "&" is five; what is longer is better found on the page.
const URL_CHARS_MAX = 600;

/**
 * One line of text that shows what it holds: no line ends, no controls of terminals (C0 and C1), and none that turn the
 * direction of writing, with which a name can be made to look like another.
 */
export function oneLine(text: string, charsMax: number): string {
  // Cut first: what is a megabyte long must not be read through for each line in which it stands.
  const unitsMax = 2 * charsMax;
  const line = cleanText(text.length > unitsMax ? `${text.slice(0, unitsMax)}…` : text)
    .replaceAll(/[\u0080-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef]/g, '\ufffd')
    .replaceAll(/[\s\u2028\u2029]+/g, ' ')
    .trim();
  return cutToChars(line, charsMax);
}

/** `2026-11-22 13:40:05 UTC`. */
export function timeText(ms: number): string {
  // Beyond what a date can hold: somebody's clock is broken, and the report must go out all the same.
  if (!(Math.abs(ms) <= 8.64e15)) return 'an unknown time';
  return `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** `23m 5s`; whole seconds, since more is nobody's question. */
export function spanText(ms: number): string {
  return ms >= 1000 ? humanizeDuration(Math.floor(ms / 1000)) : `${Math.max(0, Math.round(ms))} ms`;
}

/** `12.35k`, `0.004`; `no value` where nothing was measured. */
export function valueText(value: number | null): string {
  if (value === null) return 'no value';
  // Not the `4m` of templates, which reads as four minutes.
  const isSmall = Math.abs(value) >= 0.0001 && Math.abs(value) < 1;
  return isSmall ? String(Number(value.toPrecision(4))) : humanize(value);
}

export function ratioText(ratio: number): string {
  return humanizePercentage(ratio);
}

/** `3 alerts`, `1 alert`. */
export function countText(count: number, [one, many]: readonly [string, string]): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** `job="api", instance="db-1"`: without the name of the alert, which stands elsewhere. */
export function labelsText(labels: Readonly<Record<string, string>>, countMax: number): string {
  const pairs = Object.entries(labels).filter(([name]) => name !== 'alertname');
  const shown = pairs.slice(0, countMax).map(([name, value]) => `${name}="${value}"`);
  const rest = pairs.length - shown.length;
  return shown.join(', ') + (rest > 0 ? ` and ${countText(rest, ['more label', 'more labels'])}` : '');
}

/**
 * A whole address that may stand behind a link, or `undefined`: a path of ours, or one of http and https. Addresses in
 * reports come from annotations and runbooks, so from anybody: no other scheme, and no user name that looks like a host.
 */
export function addressOf(link: string | null, externalUrl: string): string | undefined {
  if (link === null) return undefined;
  const isPath = /^\/(?![/\\])/.test(link);
  const url = URL.parse(isPath ? externalUrl + link : link);
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '')
    return undefined;
  const address = url.origin + withoutMarks(url.href.slice(url.origin.length));
  return address.length <= URL_CHARS_MAX ? address : undefined;
}

/** What could end a link in some Markdown, percent-encoded: it means the same to who opens it. */
function withoutMarks(url: string): string {
  return url.replaceAll(
    /[<>[\]()*`\\|~!"'\s]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}
