/** Accounts on the real program, as somebody would set them up on a server that others reach. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import * as path from 'node:path';
import { test } from 'node:test';
import {
  ACCOUNTS_CONFIG,
  createToken,
  keyIn,
  PASSWORD,
  send,
  setUpRoot,
  type Answer,
  type Proof,
} from './support/accounts.ts';
import { until } from './support/until.ts';
import {
  runVedette,
  startVedette,
  temporaryDirectory,
  type VedetteProcess,
} from './support/vedette-process.ts';

/** The close code of a live socket, once it comes; written by hand, since a browser's socket sends no cookie of ours. */
function openLiveSocket(
  vedette: VedetteProcess,
  headers: Readonly<Record<string, string>>,
  query = '',
): Promise<{ readonly closeCode: () => number | undefined; readonly end: () => void }> {
  const { hostname, port, host } = new URL(vedette.url);
  return new Promise((resolve, reject) => {
    const upgrade = httpRequest({
      hostname,
      port,
      path: `/api/live${query}`,
      headers: {
        ...headers,
        origin: `http://${host}`,
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': Buffer.alloc(16).toString('base64'),
        'sec-websocket-protocol': 'vedette.live.v1',
      },
    });
    upgrade.on('upgrade', (_, socket) => {
      let code: number | undefined;
      // A close frame: 0x88, its length, two bytes of code.
      socket.on('data', (data: Buffer) => {
        const at = data.indexOf(0x88);
        if (at >= 0 && data.length >= at + 4) code = data.readUInt16BE(at + 2);
      });
      socket.on('error', () => undefined);
      resolve({ closeCode: () => code, end: () => socket.destroy() });
    });
    upgrade.on('response', (response) => reject(new Error(`not upgraded: ${response.statusCode}`)));
    upgrade.on('error', reject);
    upgrade.end();
  });
}

/** It takes milliseconds on an idle machine; the look that comes anyway, a minute after the opening, would be too late. */
const END_MS_MAX = 45_000;

test('from the first start to roles, tokens, open pages and a restart', async (t) => {
  const dataDirectory = temporaryDirectory(t);
  const options = { args: ['--no-host', '--listen', '0.0.0.0:0'], dataDirectory, config: ACCOUNTS_CONFIG };
  const vedette = await startVedette(t, options);
  assert.ok(!vedette.stdout().includes('#k='), 'the link is for stderr');
  const key = keyIn(vedette.stderr());
  assert.match(key, /^[\w-]{43}$/, vedette.stderr());
  assert.equal((await send(vedette, ['GET', '/api/status'])).status, 401);
  const setup = { key, name: 'root', password: PASSWORD };
  const root = await send(vedette, ['POST', '/api/vedette/setup'], { body: setup });
  assert.equal(root.status, 200, root.body);
  assert.equal((await send(vedette, ['POST', '/api/vedette/setup'], { body: setup })).status, 410, 'once');
  const { cookie } = root;
  let viewer = '';
  await t.test('each role may what it may', async () => {
    for (const [role, statuses] of [
      ['viewer', [200, 403, 403]],
      ['operator', [200, 200, 403]],
    ] as const) {
      const body = { name: role, role, password: PASSWORD };
      assert.equal((await send(vedette, ['POST', '/api/vedette/accounts'], { cookie, body })).status, 201);
      const { cookie: theirs } = await send(vedette, ['POST', '/api/vedette/session'], {
        body: { name: role, password: PASSWORD },
      });
      if (role === 'viewer') viewer = theirs;
      const asked = await Promise.all([
        send(vedette, ['GET', '/api/v1/query?query=1'], { cookie: theirs }),
        send(vedette, ['GET', '/api/vedette/guard/decisions'], { cookie: theirs }),
        send(vedette, ['POST', '/-/reload'], { cookie: theirs }),
      ]);
      assert.deepEqual(
        asked.map(({ status }) => status),
        statuses,
        role,
      );
    }
    assert.equal((await send(vedette, ['POST', '/-/reload'], { cookie })).status, 200);
  });
  await t.test('an open page ends when the role falls and when the account is disabled', async () => {
    for (const [change, code] of [
      [{ role: 'viewer' }, 4403],
      [{ isDisabled: true }, 4401],
    ] as const) {
      const body = { name: 'operator', password: PASSWORD };
      const person = await send(vedette, ['POST', '/api/vedette/session'], { body });
      const page = await openLiveSocket(vedette, { cookie: person.cookie });
      const put = await send(vedette, ['PUT', '/api/vedette/accounts/operator'], { cookie, body: change });
      assert.equal(put.status, 200, put.body);
      assert.equal(await until('the close', () => page.closeCode(), END_MS_MAX), code);
      page.end();
    }
  });
  const wanted = { name: 'sender', role: 'operator', scopes: ['ingest'], expiresInDays: 1 };
  const made = await send(vedette, ['POST', '/api/vedette/tokens'], { cookie, body: wanted });
  const { secret: token } = JSON.parse(made.body) as { secret: string };
  await t.test('a token for ingest sends and does not read', async () => {
    assert.equal((await send(vedette, ['POST', '/api/v2/alerts'], { token, body: [] })).status, 200);
    assert.equal((await send(vedette, ['GET', '/api/v1/query?query=1'], { token })).status, 403);
    assert.equal((await send(vedette, ['POST', '/-/reload'], { token })).status, 403);
  });
  const locked = await runVedette(t, ['account', 'list', '--data', dataDirectory]);
  assert.equal(locked.code, 4, locked.stderr);
  vedette.kill('SIGKILL');
  await vedette.exited();
  await t.test('while it is stopped the command line works on the accounts', async () => {
    const account = async (...args: readonly string[]) =>
      await runVedette(t, ['account', ...args, '--data', dataDirectory]);
    const listed = await account('list', '--json');
    assert.deepEqual(
      (JSON.parse(listed.stdout) as { name: string }[]).map(({ name }) => name),
      ['operator', 'root', 'viewer'],
    );
    const added = await account('add', 'ada', 'admin');
    assert.match(added.stdout, /^password of ada: [\w-]{24}\n$/);
    assert.equal((await account('delete', 'root')).code, 0);
    const last = await account('role', 'ada', 'viewer');
    assert.deepEqual([last.code, /it is the last administrator/.test(last.stderr)], [1, true], last.stderr);
  });
  const again = await startVedette(t, options);
  assert.equal(keyIn(again.stderr()), '', 'there are accounts');
  assert.equal((await send(again, ['GET', '/api/status'], { cookie })).status, 401, 'its account is gone');
  assert.equal(
    (await send(again, ['GET', '/api/status'], { cookie: viewer })).status,
    200,
    'a kill keeps sessions',
  );
  assert.equal((await send(again, ['POST', '/api/v2/alerts'], { token, body: [] })).status, 200);
});

test('what was opened with a session or a token ends with it, and nobody goes on with a session from before', async (t) => {
  const vedette = await startVedette(t, { args: ['--no-host'], config: ACCOUNTS_CONFIG });
  const cookie = await setUpRoot(vedette);
  const signIn = (more: Proof = {}): Promise<Answer> =>
    send(vedette, ['POST', '/api/vedette/session'], { ...more, body: { name: 'root', password: PASSWORD } });
  await t.test('a session that was there before a sign-in ends with it', async () => {
    const planted = (await signIn()).cookie;
    const own = await signIn({ cookie: planted });
    assert.notEqual(own.cookie, planted);
    assert.equal((await send(vedette, ['GET', '/api/status'], { cookie: planted })).status, 401);
    assert.equal((await send(vedette, ['GET', '/api/status'], { cookie: own.cookie })).status, 200);
  });
  await t.test('a sign-out closes the socket of the page', async () => {
    const { cookie: mine } = await signIn();
    const page = await openLiveSocket(vedette, { cookie: mine });
    assert.equal((await send(vedette, ['DELETE', '/api/vedette/session'], { cookie: mine })).status, 200);
    assert.equal(await until('the close', () => page.closeCode(), END_MS_MAX), 4401);
    page.end();
  });
  await t.test('a token that is revoked closes sockets by ticket, and events', async () => {
    const { id, secret: token } = await createToken(vedette, cookie, {
      name: 'wall',
      role: 'viewer',
      scopes: ['read'],
    });
    const asked = await send(vedette, ['POST', '/api/live/ticket'], { token });
    const { ticket } = JSON.parse(asked.body) as { ticket: string };
    const page = await openLiveSocket(vedette, {}, `?ticket=${ticket}`);
    const events = await vedette.get(`/api/live/events?c=${'x'.repeat(22)}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    const waiting = (await send(vedette, ['POST', '/api/live/ticket'], { token })).body;
    const text = events.text();
    assert.equal((await send(vedette, ['DELETE', `/api/vedette/tokens/${id}`], { cookie })).status, 204);
    assert.equal(await until('the close', () => page.closeCode(), END_MS_MAX), 4401);
    assert.match(await text, /event: close\ndata: \{"code":4401,/);
    const late = (JSON.parse(waiting) as { ticket: string }).ticket;
    await assert.rejects(openLiveSocket(vedette, {}, `?ticket=${late}`), /not upgraded: 401/);
    page.end();
  });
});

test('a reload names what waits for a restart, keeps who is signed in, and a faulty file changes nothing', async (t) => {
  const file = path.join(temporaryDirectory(t), 'vedette.yml');
  const write = (server: string): void => writeFileSync(file, `server: { accounts: enabled, ${server} }\n`);
  write('');
  const vedette = await startVedette(t, { args: ['--no-host', '--config', file] });
  const cookie = await setUpRoot(vedette);
  const reload = (): Promise<Answer> => send(vedette, ['POST', '/-/reload'], { cookie });
  assert.equal((await reload()).body, '');
  write('external_url: "https://v.example.org", oidc: { issuer: "https://login.example.org", client_id: v }');
  for (let i = 0; i < 2; i++)
    assert.equal(
      (await reload()).body,
      'reloaded; these keys wait for a restart: server.oidc, server.external_url\n',
    );
  const state = await send(vedette, ['GET', '/api/vedette/session'], { cookie });
  const { account, ways } = JSON.parse(state.body) as { account: string; ways: { oidc: string | null } };
  assert.deepEqual([account, ways.oidc], ['root', null]);
  write('oidc: { issuer: "ftp://login.example.org", client_id: v }');
  const faulty = await reload();
  assert.match(`${faulty.status} ${faulty.body}`, /^500 failed to reload config: .*server\.oidc\.issuer/s);
  assert.equal((await send(vedette, ['GET', '/api/status'], { cookie })).status, 200);
});
