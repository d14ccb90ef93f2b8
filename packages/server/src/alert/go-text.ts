/** Texts that must come out as Go's standard library writes them, because receivers compare bytes. */
import type { Labels } from '@vedette/model';

/** `2026-11-21T03:53:02.5Z`: RFC 3339 in UTC without trailing zeros of the fraction. */
export function rfc3339Of(ms: number): string {
  const [seconds, fraction] = utcOf(ms).slice(0, -1).split('.');
  const digits = (fraction ?? '').replace(/0+$/, '');
  return `${seconds}${digits === '' ? '' : `.${digits}`}Z`;
}

/** `{alertname="X", job="api"}`: a label set in group keys; names outside the classic letters are quoted. */
export function labelSetText(labels: Labels): string {
  const parts: string[] = [];
  for (let i = 0; i < labels.length; i += 2) {
    const name = labels[i] ?? '';
    parts.push(`${CLASSIC_NAME.test(name) ? name : quote(name)}=${quote(labels[i + 1] ?? '')}`);
  }
  return `{${parts.join(', ')}}`;
}

const CLASSIC_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  '"': '\\"',
};

/** strconv.Quote: printable characters stay, others become escapes. */
export function quote(text: string): string {
  return `"${text.replaceAll(/["\\]|\p{C}|(?! )\p{Z}/gu, escapeOf)}"`;
}

function escapeOf(char: string): string {
  const short = SHORT_ESCAPES[char];
  if (short !== undefined) return short;
  const code = char.codePointAt(0) ?? 0;
  if (code < 0x80) return `\\x${code.toString(16).padStart(2, '0')}`;
  return code < 0x10000
    ? `\\u${code.toString(16).padStart(4, '0')}`
    : `\\U${code.toString(16).padStart(8, '0')}`;
}

/** encoding/json: as JSON.stringify, with HTML's characters and the two line separators escaped. */
export function goJson(text: string): string {
  return JSON.stringify(text).replaceAll(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** A JSON object of labels in their order; built by hand, since JavaScript would put keys like "10" first. */
export function goJsonLabels(labels: Labels): string {
  const parts: string[] = [];
  for (let i = 0; i < labels.length; i += 2)
    parts.push(`${goJson(labels[i] ?? '')}:${goJson(labels[i + 1] ?? '')}`);
  return `{${parts.join(',')}}`;
}

/** ISO 8601 with milliseconds. The formatter takes a time and reads no clock. */
function utcOf(ms: number): string {
  return new Date(ms).toISOString();
}
