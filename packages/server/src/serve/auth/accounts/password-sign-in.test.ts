import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '@vedette/model';
import { SILENT_LOG } from '../../../telemetry/log.ts';
import { createTestClock } from '../../test-server.ts';
import { CHEAP_SCRYPT, PASSWORD } from '../auth-fixture.ts';
import { AuthError } from '../auth-error.ts';
import { Identities } from '../identities.ts';
import { ACCOUNT_ATTEMPTS, ADDRESS_ATTEMPTS, BROWSER_ATTEMPTS, networkOf } from './password-sign-in.ts';
import { Passwords, SCRYPT_COST, SCRYPTS_WAITING_MAX } from './passwords.ts';

async function createScene() {
  const clock = createTestClock();
  const deps = { clock, random: new SeededRandom(5), log: SILENT_LOG, documents: undefined };
  const identities = new Identities(deps, { isEnabled: true, scryptCost: CHEAP_SCRYPT });
  const passwordHash = await identities.passwords.hash(PASSWORD);
  await identities.accounts.addFirst({ name: 'ada', passwordHash });
  const attempt = async (
    name: string,
    password: string,
    { address = '10.0.0.1', browserCookie }: { address?: string; browserCookie?: string } = {},
  ): Promise<number> => {
    try {
      await identities.passwordSignIn.attempt({ name, password, address, browserCookie });
      return 200;
    } catch (error) {
      assert.ok(error instanceof AuthError, String(error));
      return error.status;
    }
  };
  return { clock, identities, attempt };
}

test('the right password signs in, also one that another keyboard composes', async () => {
  const { attempt, identities } = await createScene();
  assert.equal(await attempt('ada', PASSWORD), 200);
  assert.equal(await attempt('ADA', PASSWORD), 200);
  assert.equal(identities.accounts.list()[0]?.lastSignInAtMs, createTestClock().nowMs());
  const passwordHash = await identities.passwords.hash('caf\u00e9 caf\u00e9 caf\u00e9');
  await identities.changeAccount('ada', { passwordHash });
  assert.equal(await attempt('ada', 'cafe\u0301 cafe\u0301 cafe\u0301'), 200);
});

test('a password that is replaced or an account that is disabled while it is checked signs nobody in', async () => {
  const { attempt, identities } = await createScene();
  const { accounts } = identities;
  const passwordHash = await identities.passwords.hash('another good password');
  const late = attempt('ada', PASSWORD);
  await identities.changeAccount('ada', { passwordHash });
  assert.equal(await late, 401);
  assert.equal(accounts.find('ada')?.passwordHash, passwordHash, 'and the new one stays');
  await accounts.add({ name: 'bob', role: 'viewer', passwordHash });
  const proven = accounts.find('bob');
  for (const change of [{ isDisabled: true }, { isDisabled: false, passwordHash: 'x' }]) {
    await identities.changeAccount('bob', change);
    await assert.rejects(identities.openForAccount('bob', proven), { status: 401 });
  }
  await identities.removeAccount('bob');
  await assert.rejects(identities.openForAccount('bob', proven), { status: 401 });
  await assert.rejects(identities.openForAccount('bob'), { status: 401 });
});

test('unknown, wrong and disabled get one answer', async () => {
  const { identities, attempt } = await createScene();
  await identities.accounts.add({
    name: 'bob',
    role: 'viewer',
    passwordHash: await identities.passwords.hash(PASSWORD),
  });
  await identities.changeAccount('bob', { isDisabled: true });
  const answers = await Promise.all(
    [
      ['ada', 'wrong'],
      ['nobody', PASSWORD],
      ['bob', PASSWORD],
    ].map(async ([name = '', password = '']) => {
      const wanted = { name, password, address: '10.0.0.1', browserCookie: undefined };
      return await identities.passwordSignIn.attempt(wanted).then(
        () => assert.fail(name),
        (error: unknown) => (error as Error).message,
      );
    }),
  );
  assert.equal(new Set(answers).size, 1, answers.join());
  assert.equal(await attempt('bob', 'wrong'), 401);
});

test('an address that guesses is slowed down, and no other', async () => {
  const { clock, attempt } = await createScene();
  for (let i = 0; i < ADDRESS_ATTEMPTS.failuresMax; i++) assert.equal(await attempt(`x${i}`, 'wrong'), 401);
  assert.equal(await attempt('ada', PASSWORD), 429, 'else the answer would tell a right guess');
  assert.equal(await attempt('ada', PASSWORD, { address: '10.0.0.2' }), 200);
  await clock.advance(ADDRESS_ATTEMPTS.windowMs);
  assert.equal(await attempt('ada', PASSWORD), 200);
});

test('who guesses at one account from many addresses is slowed down and does not lock its owner out', async () => {
  const { identities, attempt } = await createScene();
  const browserCookie = identities.marks.create('ada');
  const from = (i: number): string => `10.1.${i >> 8}.${i & 255}`;
  for (let i = 0; i < ACCOUNT_ATTEMPTS.failuresMax; i++)
    assert.equal(await attempt('ada', 'wrong', { address: from(i) }), 401);
  assert.equal(await attempt('ada', PASSWORD, { address: from(999) }), 429);
  assert.equal(await attempt('ada', PASSWORD, { address: from(0), browserCookie }), 200, 'the owner');
  const others = identities.marks.create('eve');
  assert.equal(await attempt('ada', PASSWORD, { address: from(998), browserCookie: others }), 429);
  for (const made of ['', '.', `${browserCookie}x`, browserCookie.slice(1)])
    assert.equal(await attempt('ada', PASSWORD, { address: from(997), browserCookie: made }), 429, made);
  for (let i = 0; i < BROWSER_ATTEMPTS.failuresMax; i++)
    assert.equal(await attempt('ada', 'wrong', { browserCookie }), 401);
  assert.equal(
    await attempt('ada', PASSWORD, { browserCookie }),
    429,
    'a stolen mark is worth ten guesses a minute',
  );
});

test('names that nobody has push no true count out of memory', async () => {
  const { attempt } = await createScene();
  for (let i = 0; i < ACCOUNT_ATTEMPTS.failuresMax; i++)
    await attempt('ada', 'wrong', { address: `10.1.0.${i}` });
  for (let i = 0; i < 1100; i++)
    await attempt(`invented-${i}`, 'wrong', { address: `10.2.${i >> 8}.${i & 255}` });
  assert.equal(await attempt('ada', PASSWORD, { address: '10.3.0.1' }), 429);
});

test('many attempts at one time do not slip through', async () => {
  const { attempt } = await createScene();
  const statuses = await Promise.all(
    Array.from({ length: ADDRESS_ATTEMPTS.failuresMax + 20 }, () => attempt('nobody', 'wrong')),
  );
  assert.ok(statuses.filter((status) => status === 401).length <= ACCOUNT_ATTEMPTS.failuresMax);
  assert.ok(statuses.includes(429) || statuses.includes(503));
});

test('hashes wait for each other, strangers not as long as those who are known', async () => {
  const passwords = new Passwords(new SeededRandom(1), CHEAP_SCRYPT);
  const statuses = await Promise.all(
    Array.from({ length: SCRYPTS_WAITING_MAX * 2 }, (_, i) =>
      passwords.check('x', undefined, i >= SCRYPTS_WAITING_MAX).then(
        () => 200,
        (error: unknown) => (error as AuthError).status,
      ),
    ),
  );
  const known = statuses.slice(SCRYPTS_WAITING_MAX).filter((status) => status === 200).length;
  assert.equal(statuses[SCRYPTS_WAITING_MAX - 1], 503);
  assert.equal(known, SCRYPTS_WAITING_MAX - 24, 'the places that strangers do not get');
  assert.equal(await passwords.check('x', undefined), false, 'and it goes on');
});

test('a hash carries its cost and salt, and an old one is made anew', async () => {
  const strong = new Passwords(new SeededRandom(1));
  const hash = await strong.hash(PASSWORD);
  const { log2N, r, p } = SCRYPT_COST;
  assert.ok(hash.startsWith(`scrypt$${log2N}$${r}$${p}$`), hash);
  assert.equal(await strong.check(PASSWORD, hash), true);
  assert.equal(await strong.check(`${PASSWORD}x`, hash), false);
  assert.notEqual(await strong.hash(PASSWORD), hash);
  assert.equal(strong.isOutdated(hash), false);
  const weak = await new Passwords(new SeededRandom(1), CHEAP_SCRYPT).hash(PASSWORD);
  assert.equal(strong.isOutdated(weak), true);
  assert.equal(await strong.check(PASSWORD, weak), true);
});

test('one subscriber of IPv6 is one', () => {
  assert.equal(networkOf('2001:db8:1:2:3:4:5:6'), '2001:db8:1:2');
  assert.equal(networkOf('2001:db8:1:2::9'), '2001:db8:1:2');
  assert.equal(networkOf('::ffff:10.0.0.1'), '10.0.0.1');
  assert.equal(networkOf('fe80::1%eth0'), 'fe80:0:0:0');
  assert.equal(networkOf('::1'), '0:0:0:0');
  assert.equal(networkOf('10.0.0.1'), '10.0.0.1');
});
