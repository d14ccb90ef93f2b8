import assert from 'node:assert/strict';
import type { VedetteProcess } from './vedette-process.ts';

export const PASSWORD = 'correct horse battery';

/** Until there is an account nothing is served. */
export const ACCOUNTS_CONFIG = 'server: { accounts: enabled }\n';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
  /** The session's, as it is after the answer. */
  readonly cookie: string;
}

export interface Proof {
  readonly cookie?: string;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
}

export async function send(
  vedette: VedetteProcess,
  [method, path]: readonly [string, string],
  { cookie = '', token, headers: more = {}, body }: Proof = {},
): Promise<Answer> {
  const headers: Record<string, string> = { ...more };
  if (cookie !== '') headers['cookie'] = cookie;
  if (token !== undefined) headers['authorization'] = `Bearer ${token}`;
  if (body !== undefined) headers['content-type'] = 'application/json';
  const response = await vedette.get(path, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const session = response.headers.getSetCookie().find((one) => one.startsWith('vedette_session='));
  return {
    status: response.status,
    headers: response.headers,
    body: await response.text(),
    cookie: session?.split(';', 1)[0] ?? cookie,
  };
}

/** The key of the last setup link in what a server printed. */
export const keyIn = (text: string): string => [...text.matchAll(/\/setup#k=([\w-]+)/g)].at(-1)?.[1] ?? '';

/** Makes the administrator `root` by the link; resolves with the cookie. */
export async function setUpRoot(vedette: VedetteProcess): Promise<string> {
  const body = { key: keyIn(vedette.stderr()), name: 'root', password: PASSWORD };
  const answer = await send(vedette, ['POST', '/api/vedette/setup'], { body });
  assert.equal(answer.status, 200, answer.body);
  return answer.cookie;
}

/** The secret of a new token and the id to revoke it by. */
export async function createToken(
  vedette: VedetteProcess,
  cookie: string,
  token: { readonly name: string; readonly role: string; readonly scopes: readonly string[] },
): Promise<{ readonly id: string; readonly secret: string }> {
  const body = { ...token, expiresInDays: 1 };
  const answer = await send(vedette, ['POST', '/api/vedette/tokens'], { cookie, body });
  assert.equal(answer.status, 201, answer.body);
  return JSON.parse(answer.body) as { id: string; secret: string };
}
