import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { SeededRandom, UnavailableError } from '@vedette/model';
import { openStateStore } from '../../store/state/embedded.ts';
import { SILENT_LOG } from '../../telemetry/log.ts';
import { createTestClock } from '../test-server.ts';
import { Identities } from './identities.ts';

/** People whose store takes so many writes more, and then is full or away. */
async function createScene(t: TestContext) {
  const clock = createTestClock();
  const state = openStateStore({ clock, log: SILENT_LOG }, { path: ':memory:' });
  const store = { writesLeft: Infinity };
  const documents: typeof state.documents = {
    ...state.documents,
    write: async (writes) => {
      if (store.writesLeft-- <= 0) throw new UnavailableError('VED_STATE_UNAVAILABLE', 'the store is away');
      await state.documents.write(writes);
    },
  };
  const deps = { clock, random: new SeededRandom(3), log: SILENT_LOG, documents };
  const identities = new Identities(deps, { isEnabled: true });
  await identities.load();
  t.after(() => {
    identities.close();
    return state.close();
  });
  await identities.accounts.addFirst({ name: 'root', passwordHash: 'x' });
  await identities.accounts.add({ name: 'ada', role: 'operator', passwordHash: 'old' });
  const cookies = [await identities.openForAccount('ada'), await identities.openForAccount('ada')] as const;
  return { identities, store, cookies };
}

test('with a new password the sessions of the old one have ended, whatever fails afterwards', async (t) => {
  const { identities, store, cookies } = await createScene(t);
  const own = identities.sessions.find(cookies[0]) ?? assert.fail('no session');
  store.writesLeft = 1;
  const by = { sessionId: own.id };
  await identities.changeAccount('ada', { passwordHash: 'new' }, by).catch(() => undefined);
  assert.equal(identities.accounts.find('ada')?.passwordHash, 'new');
  assert.ok(identities.sessions.find(cookies[0]), 'whoever asked goes on');
  assert.equal(identities.sessions.find(cookies[1]), undefined);
});

test('what cannot be written changes neither the password nor a session', async (t) => {
  const { identities, store, cookies } = await createScene(t);
  store.writesLeft = 0;
  await assert.rejects(identities.changeAccount('ada', { passwordHash: 'new' }), /the store is away/);
  assert.equal(identities.accounts.find('ada')?.passwordHash, 'old');
  for (const cookie of cookies) assert.ok(identities.sessions.find(cookie));
});

test('the next account of a name does not have the sessions of the one before, whatever failed then', async (t) => {
  const { identities, store, cookies } = await createScene(t);
  store.writesLeft = 1;
  await identities.removeAccount('ada').catch(() => undefined);
  store.writesLeft = Infinity;
  assert.equal(identities.accounts.find('ada'), undefined);
  await identities.accounts.add({ name: 'ada', role: 'admin', passwordHash: 'of somebody else' });
  for (const cookie of cookies) assert.equal(identities.sessions.find(cookie), undefined);
});
