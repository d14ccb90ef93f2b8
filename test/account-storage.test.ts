/** Accounts where they lie: on a disk that is full, and in a Redis that several servers share and that goes away. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import { skipWithoutRedis, startRedis } from '../packages/server/src/lib/redis-fixture.ts';
import { ACCOUNTS_CONFIG, createToken, keyIn, PASSWORD, send, setUpRoot } from './support/accounts.ts';
import { fillDisk, mayMount, smallDisk } from './support/small-disk.ts';
import { until } from './support/until.ts';
import { startVedette, type VedetteProcess } from './support/vedette-process.ts';

const NO_PACKS = 'packs: { host: false }\n';

const signIn = (vedette: VedetteProcess, name: string, password = PASSWORD) =>
  send(vedette, ['POST', '/api/vedette/session'], { body: { name, password } });

const statusWith = async (vedette: VedetteProcess, cookie: string): Promise<number> =>
  (await send(vedette, ['GET', '/api/status'], { cookie })).status;

test(
  'on a full disk nobody signs in and nothing is made by halves; with space again all works',
  { skip: mayMount ? false : 'may not mount a file system' },
  async (t) => {
    const disk = smallDisk(t);
    const options = {
      dataDirectory: path.join(disk, 'data'),
      config: ACCOUNTS_CONFIG + NO_PACKS,
      args: ['--no-host'],
    };
    const vedette = await startVedette(t, options);
    const cookie = await setUpRoot(vedette);
    const before = await createToken(vedette, cookie, { name: 'before', role: 'viewer', scopes: ['read'] });
    fillDisk(disk, 0);
    const token = { name: 'no', role: 'viewer', scopes: ['read'], expiresInDays: 1 };
    const account = { name: 'eve', role: 'admin', password: PASSWORD };
    const asked = [
      ['POST', '/api/vedette/session', { name: 'root', password: PASSWORD }],
      ['POST', '/api/vedette/tokens', token],
      ['POST', '/api/vedette/accounts', account],
    ] as const;
    await until('writes to be refused', async () => {
      for (const [method, where, body] of asked) {
        // What is left of the last page may take a first one.
        const answer = await send(vedette, [method, where], { cookie, body });
        if (answer.status < 400) return undefined;
        assert.equal(answer.status, 503, answer.body);
        assert.match(answer.body, /full; free space/);
      }
      return true;
    });
    assert.equal((await signIn(vedette, 'root', 'a wrong password')).status, 401);
    assert.equal(await statusWith(vedette, cookie), 200, 'who is signed in stays so');
    const read = { token: before.secret };
    assert.equal((await send(vedette, ['GET', '/api/v1/query?query=1'], read)).status, 200);

    vedette.kill('SIGKILL');
    await vedette.exited();
    rmSync(path.join(disk, 'filler'));
    const again = await startVedette(t, options);
    const names = async (what: string): Promise<readonly string[]> => {
      const { body } = await send(again, ['GET', `/api/vedette/${what}`], { cookie });
      return (JSON.parse(body) as { name: string }[]).map(({ name }) => name);
    };
    assert.deepEqual([await names('accounts'), await names('tokens')], [['root'], ['before']]);
    assert.equal((await signIn(again, 'root')).status, 200);
    await createToken(again, cookie, { name: 'after', role: 'viewer', scopes: ['read'] });
  },
);

/** Nobody has to sign in before somebody local has made the first account. */
const redisConfig = (url: string): string =>
  `${NO_PACKS}storage: { state: { engine: redis, url: "${url}" } }\n`;

test(
  'two servers on one Redis share accounts; they outlast an outage, and a Redis that comes back empty opens nothing',
  { skip: skipWithoutRedis() },
  async (t) => {
    const redis = await startRedis();
    t.after(() => redis.close());
    const start = (): Promise<VedetteProcess> =>
      startVedette(t, { args: ['--no-host'], config: redisConfig(redis.url) });
    const [a, b] = await Promise.all([start(), start()]);
    const root = { name: 'root', role: 'admin', password: PASSWORD };
    const made = await send(a, ['POST', '/api/vedette/accounts'], { body: root });
    assert.equal(made.status, 201, made.body);

    const { cookie } = await signIn(a, 'root');
    await t.test('what is made or revoked at one counts at the other', async () => {
      await until('nobody is let in for being local any more', async () =>
        (await statusWith(b, '')) === 401 ? true : undefined,
      );
      await until('the session at the other', async () =>
        (await statusWith(b, cookie)) === 200 ? true : undefined,
      );
      const { id, secret } = await createToken(a, cookie, { name: 'x', role: 'viewer', scopes: ['read'] });
      const useAtB = async (): Promise<number> =>
        (await send(b, ['GET', '/api/v1/query?query=1'], { token: secret })).status;
      assert.equal(
        await until('the token at the other', async () => ((await useAtB()) === 200 ? 200 : undefined)),
        200,
      );
      assert.equal((await send(a, ['DELETE', `/api/vedette/tokens/${id}`], { cookie })).status, 204);
      await until('its end at the other', async () => ((await useAtB()) === 401 ? true : undefined));
      const { body } = await send(b, ['GET', '/api/vedette/audit?action=token'], { cookie });
      assert.deepEqual(
        (JSON.parse(body) as { action: string }[]).map(({ action }) => action),
        ['token.delete', 'token.create'],
      );
    });
    await t.test(
      'while it is away those who are in stay in, and changes are refused with the reason',
      async () => {
        await redis.kill();
        await until('the problem', async () => {
          const { body } = await send(a, ['GET', '/api/status'], { cookie });
          return /Redis at .* cannot be reached/.test(body) ? true : undefined;
        });
        for (const answer of [
          await signIn(a, 'root'),
          await send(a, ['POST', '/api/vedette/accounts'], { cookie, body: { ...root, name: 'eve' } }),
          await send(a, ['DELETE', '/api/vedette/session'], { cookie }),
        ])
          assert.match(`${answer.status} ${answer.body}`, /^503 .*cannot use the state store: .*Redis/);
        assert.equal(await statusWith(a, cookie), 200);
        assert.match(
          (await send(a, ['GET', '/api/vedette/dashboards/vedette-api'], { cookie })).body,
          /"shipped"/,
        );
      },
    );
    await t.test(
      'empty it opens nothing to whoever is local; a link makes the first account anew',
      async () => {
        // Without an append-only file nothing is left.
        await redis.start();
        for (const one of [a, b])
          await until('the end of the session', async () =>
            (await statusWith(one, cookie)) === 401 ? true : undefined,
          );
        const nobody = await send(a, ['POST', '/api/vedette/accounts'], { body: root });
        assert.equal(nobody.status, 401, nobody.body);
        await until('the log to say why', () =>
          /Redis has lost the state that was stored in it/.test(a.stderr()) ? true : undefined,
        );
        a.kill('SIGHUP');
        const key = await until('a link', () => keyIn(a.stderr()) || undefined);
        const body = { key, name: 'root', password: PASSWORD };
        const first = await send(a, ['POST', '/api/vedette/setup'], { body });
        assert.equal(first.status, 200, first.body);
        await until('the session at the other', async () =>
          (await statusWith(b, first.cookie)) === 200 ? true : undefined,
        );
      },
    );
  },
);
