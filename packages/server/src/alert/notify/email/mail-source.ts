/** For tests: a mail as its reader sees it. */
import assert from 'node:assert/strict';

export interface MailSource {
  /** By name in lower case, unfolded, as written. */
  readonly headers: ReadonlyMap<string, string>;
  /** By content type; of a mail without parts one. */
  readonly parts: ReadonlyMap<string, string>;
}

/** Fails for a header that comes twice. */
export function readMail(source: string): MailSource {
  const [head, body] = split(source);
  const headers = headersOf(head);
  const type = headers.get('content-type') ?? '';
  const boundary = /^multipart\/alternative;.*boundary="([^"]+)"/.exec(type)?.[1];
  if (boundary === undefined) return { headers, parts: new Map([partOf(headers, body)]) };
  const sources = body.split(`--${boundary}`).slice(1, -1);
  const parts = sources.map((part) => {
    const [partHead, partBody] = split(part.replace(/^\r\n/, ''));
    return partOf(headersOf(partHead), partBody.replace(/\r\n$/, ''));
  });
  return { headers, parts: new Map(parts) };
}

function split(source: string): [string, string] {
  const end = source.indexOf('\r\n\r\n');
  return [source.slice(0, end), source.slice(end + 4)];
}

function headersOf(head: string): Map<string, string> {
  const headers = new Map<string, string>();
  for (const line of head.replaceAll(/\r\n[ \t]+/g, ' ').split('\r\n')) {
    const [, name = '', value = ''] = /^([\w-]+): (.*)$/.exec(line) ?? [];
    assert.ok(name !== '' && !headers.has(name.toLowerCase()), `header ${JSON.stringify(line)}`);
    headers.set(name.toLowerCase(), value);
  }
  return headers;
}

function partOf(headers: ReadonlyMap<string, string>, body: string): [string, string] {
  assert.equal(headers.get('content-transfer-encoding'), 'quoted-printable');
  const type = headers.get('content-type') ?? '';
  assert.match(type, /; charset=utf-8$/);
  const bytes = body
    .replaceAll('=\r\n', '')
    .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return [type.split(';')[0] ?? '', Buffer.from(bytes, 'latin1').toString('utf8')];
}
