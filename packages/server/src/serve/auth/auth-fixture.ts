/** A server with accounts on a free loopback port, and people who speak with it as their browsers would. */
import assert from 'node:assert/strict';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { SeededRandom, type VirtualClock } from '@vedette/model';
import { openStateStore } from '../../store/state/embedded.ts';
import type { StateStore } from '../../store/state/port.ts';
import { SILENT_LOG } from '../../telemetry/log.ts';
import { serverSchema, type ServerConfig } from '../config.ts';
import { createHttpServer, type HttpServerDeps, type RunningHttpServer } from '../http-server.ts';
import { createTestClock, createTestDeps } from '../test-server.ts';

export const PASSWORD = 'correct horse battery';

/** One of the weakest: tests have no quarter of a second for each sign-in. */
export const CHEAP_SCRYPT = { log2N: 4, r: 1, p: 1 };

export interface AuthScene {
  readonly clock: VirtualClock;
  readonly state: StateStore;
  readonly server: RunningHttpServer;
  /** With the cookies that it was given; absent cookies: nobody. */
  readonly browser: (cookies?: Record<string, string>) => Browser;
  /** Makes the first administrator by the link and gives back a signed-in browser. */
  readonly setUp: (name?: string) => Promise<Browser>;
  /** Adds an account and signs in with it. */
  readonly join: (admin: Browser, name: string, role: string) => Promise<Browser>;
}

export interface Browser {
  readonly cookies: Record<string, string>;
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Headers;
}

export async function startAuthScene(
  t: Pick<TestContext, 'after'>,
  config: Partial<ServerConfig> = {},
  overrides: Partial<HttpServerDeps> & { readonly state?: StateStore } = {},
): Promise<AuthScene> {
  const clock = createTestClock();
  const state = overrides.state ?? openStateStore({ clock, log: SILENT_LOG }, { path: ':memory:' });
  const base = createTestDeps({
    clock,
    random: new SeededRandom(3),
    state,
    scryptCost: CHEAP_SCRYPT,
    ...overrides,
  });
  const defaults = serverSchema.parse({ listen: '127.0.0.1:0', accounts: 'enabled' });
  const server = await createHttpServer(base, { ...defaults, ...config }).listen();
  t.after(async () => {
    await server.close();
    await state.close();
  });
  const browser = (cookies: Record<string, string> = {}): Browser => browserOf(server.address, cookies);
  return {
    clock,
    state,
    server,
    browser,
    setUp: async (name = 'root') => {
      const link = server.setupLink() ?? assert.fail('no link');
      const first = browser();
      const key = new URL(link).hash.replace('#k=', '');
      const { status } = await first.send('POST', '/api/vedette/setup', { key, name, password: PASSWORD });
      assert.equal(status, 200);
      return first;
    },
    join: async (admin, name, role) => {
      const added = await admin.send('POST', '/api/vedette/accounts', { name, role, password: PASSWORD });
      assert.equal(added.status, 201);
      const joined = browser();
      assert.equal((await signIn(joined, name)).status, 200);
      return joined;
    },
  };
}

export async function signIn(browser: Browser, name: string, password = PASSWORD): Promise<Answer> {
  return await browser.send('POST', '/api/vedette/session', { name, password });
}

export function browserOf(address: string, cookies: Record<string, string> = {}): Browser {
  return {
    cookies,
    send: async (method, path, body, headers = {}) => {
      const cookie = Object.entries(cookies)
        .map(([name, value]) => `${name}=${value}`)
        .join('; ');
      const response = await fetch(address + path, {
        method,
        redirect: 'manual',
        headers: {
          ...(cookie === '' ? {} : { cookie }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      for (const set of response.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
        if (value === '') delete cookies[name];
        else cookies[name] = value;
      }
      return { status: response.status, headers: response.headers, body: parse(await response.text()) };
    },
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Opens a server on a free port of this machine for as long as the test lasts, and gives back its address. */
export async function listenFor(t: TestContext, server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
