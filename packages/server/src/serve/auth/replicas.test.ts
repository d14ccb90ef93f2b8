/** Two servers on one state store, one of which does not hear of changes for a while, as after an outage of Redis. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { SeededRandom, type VirtualClock } from '@vedette/model';
import { openStateStore } from '../../store/state/embedded.ts';
import type { DocumentStore, DocumentWrite } from '../../store/state/port.ts';
import { SILENT_LOG } from '../../telemetry/log.ts';
import { createTestClock } from '../test-server.ts';
import { Identities } from './identities.ts';

interface Replica {
  readonly identities: Identities;
  /** Hears nothing until `hear`, which tells what is different by then. */
  readonly plug: () => Promise<void>;
  readonly hear: () => Promise<void>;
}

interface Scene {
  readonly clock: VirtualClock;
  readonly documents: DocumentStore;
  readonly replica: (seed: number) => Replica;
}

function setup(t: TestContext): Scene {
  const clock = createTestClock();
  const state = openStateStore({ clock, log: SILENT_LOG }, { path: ':memory:' });
  t.after(() => state.close());
  const { documents } = state;
  const replica = (seed: number): Replica => {
    const ears = new Ears(documents);
    const random = new SeededRandom(seed);
    const deps = { clock, random, log: SILENT_LOG, documents: { ...documents, watch: ears.watch } };
    const identities = new Identities(deps, { isEnabled: false });
    t.after(() => identities.close());
    return { identities, plug: () => ears.plug(), hear: () => ears.hear() };
  };
  return { clock, documents, replica };
}

class Ears {
  readonly #documents: DocumentStore;
  readonly #listeners = new Map<string, (change: DocumentWrite) => void>();
  readonly #known = new Map<string, readonly string[]>();
  #isDeaf = false;

  constructor(documents: DocumentStore) {
    this.#documents = documents;
  }

  readonly watch: DocumentStore['watch'] = (collection, listener) => {
    this.#listeners.set(collection, listener);
    return this.#documents.watch(collection, (change) => (this.#isDeaf ? undefined : listener(change)));
  };

  async plug(): Promise<void> {
    this.#isDeaf = true;
    for (const collection of this.#listeners.keys()) {
      const stored = await this.#documents.list(collection);
      this.#known.set(
        collection,
        stored.map(({ key }) => key),
      );
    }
  }

  async hear(): Promise<void> {
    this.#isDeaf = false;
    for (const [collection, listener] of this.#listeners) {
      const stored = await this.#documents.list(collection);
      const gone = (this.#known.get(collection) ?? []).filter((key) =>
        stored.every((one) => one.key !== key),
      );
      for (const key of gone) listener({ kind: 'delete', collection, key });
      for (const { key, value } of stored) listener({ kind: 'put', collection, key, value });
    }
  }
}

async function loadedPair(t: TestContext): Promise<Scene & { readonly a: Replica; readonly b: Replica }> {
  const scene = setup(t);
  const [a, b] = [scene.replica(1), scene.replica(2)];
  await Promise.all([a.identities.load(), b.identities.load()]);
  await a.identities.accounts.addFirst({ name: 'root', passwordHash: 'x' });
  await a.identities.accounts.add({ name: 'ada', role: 'admin', passwordHash: 'old' });
  return { ...scene, a, b };
}

test('what one does counts at the other', async (t) => {
  const { a, b } = await loadedPair(t);
  const cookie = await a.identities.openForAccount('ada');
  const session = b.identities.sessions.find(cookie);
  assert.equal(session && b.identities.callerOf(session)?.role, 'admin');
  await b.identities.changeAccount('ada', { isDisabled: true });
  assert.equal(a.identities.sessions.find(cookie), undefined);
  const { id, secret } = await a.identities.tokens.create({
    name: 'x',
    role: 'viewer',
    scopes: ['read'],
    expiresInDays: null,
    createdBy: 'account:root',
  });
  assert.equal(b.identities.findByToken(secret)?.name, 'x');
  await b.identities.revokeToken(id);
  assert.equal(a.identities.findByToken(secret), undefined);
});

test('an account that was made anew unheard is the new one, not the one that is remembered', async (t) => {
  const { clock, a, b } = await loadedPair(t);
  for (const role of ['viewer', 'operator', 'admin'] as const)
    await b.identities.changeAccount('ada', { role });
  await b.plug();
  await clock.advance(1000);
  await a.identities.removeAccount('ada');
  await a.identities.accounts.add({ name: 'ada', role: 'viewer', passwordHash: 'new' });
  await b.hear();
  const ada = b.identities.accounts.find('ada');
  assert.deepEqual([ada?.role, ada?.passwordHash], ['viewer', 'new']);
});

test('a change here keeps what was changed elsewhere unheard', async (t) => {
  const { a, b } = await loadedPair(t);
  const remembered = b.identities.accounts.find('ada') ?? assert.fail();
  await b.plug();
  await a.identities.changeAccount('ada', { isDisabled: true, passwordHash: 'newer' });
  assert.equal(
    await b.identities.accounts.noteSignIn(remembered),
    undefined,
    'the password is not that any more',
  );
  await b.identities.changeAccount('ada', { role: 'operator' });
  await b.hear();
  for (const { identities } of [a, b]) {
    const { role, isDisabled, passwordHash } = identities.accounts.find('ada') ?? assert.fail();
    assert.deepEqual([role, isDisabled, passwordHash], ['operator', true, 'newer']);
  }
});

test('an account that was removed elsewhere unheard is not there to be changed', async (t) => {
  const { a, b } = await loadedPair(t);
  await b.plug();
  await a.identities.removeAccount('ada');
  await assert.rejects(
    b.identities.changeAccount('ada', { role: 'viewer' }),
    /cannot find the account "ada"/,
  );
});

test('who comes by a provider is kept out by what was changed elsewhere unheard', async (t) => {
  const { a, b } = await loadedPair(t);
  const person = { subject: 'https://login.example.org 7', name: 'eve', role: 'viewer' } as const;
  await a.identities.signInAt(person);
  await b.plug();
  await a.identities.changeAccount('eve', { isDisabled: true });
  await assert.rejects(b.identities.signInAt(person), /is disabled/);
});

test('who comes by a provider does not get an account of the same name that was made elsewhere unheard', async (t) => {
  const { clock, a, b } = await loadedPair(t);
  const person = { subject: 'https://login.example.org 7', name: 'eve', role: 'viewer' } as const;
  await a.identities.signInAt(person);
  await b.plug();
  await a.identities.removeAccount('eve');
  await assert.rejects(b.identities.signInAt(person), /was changed a moment ago/, 'removed');
  await clock.advance(1000);
  await a.identities.accounts.add({ name: 'eve', role: 'admin', passwordHash: 'of another' });
  await assert.rejects(b.identities.signInAt(person), /was changed a moment ago/, 'made anew');
  await b.hear();
  const eve = b.identities.accounts.find('eve');
  assert.deepEqual([eve?.source, eve?.role], ['password', 'admin']);
});

test('a password that its owner changes does not undo what an administrator set meanwhile', async (t) => {
  const { a } = await loadedPair(t);
  const proven = a.identities.accounts.find('ada') ?? assert.fail();
  await a.identities.changeAccount('ada', { passwordHash: 'of the administrator' });
  await assert.rejects(
    a.identities.changeAccount('ada', { passwordHash: 'of a thief' }, { proven }),
    /cannot change "ada": it was changed a moment ago/,
  );
  assert.equal(a.identities.accounts.find('ada')?.passwordHash, 'of the administrator');
});

test('two replicas that change one account in the same moment both succeed', async (t) => {
  const { a, b } = await loadedPair(t);
  await Promise.all([
    a.identities.changeAccount('ada', { role: 'operator' }),
    b.identities.changeAccount('ada', { isDisabled: true }),
  ]);
  const { role, isDisabled } = a.identities.accounts.find('ada') ?? assert.fail();
  assert.deepEqual([role, isDisabled], ['operator', true]);
});

test('a name that is taken elsewhere at the same moment is not taken over', async (t) => {
  const { a, b } = await loadedPair(t);
  await b.plug();
  await a.identities.accounts.add({ name: 'bob', role: 'admin', passwordHash: 'of bob' });
  await a.identities.changeAccount('bob', { role: 'viewer' });
  await assert.rejects(
    b.identities.accounts.add({ name: 'bob', role: 'admin', passwordHash: 'of another' }),
    /the name "bob" is taken/,
  );
  assert.equal(a.identities.accounts.find('bob')?.passwordHash, 'of bob');
});

test('two that start together on an empty store sign with one key', async (t) => {
  const { replica } = setup(t);
  const [a, b] = [replica(1), replica(2)];
  await Promise.all([a.identities.load(), b.identities.load()]);
  assert.deepEqual(Buffer.from(a.identities.cookieKey), Buffer.from(b.identities.cookieKey));
  const mark = a.identities.marks.create('ada');
  assert.notEqual(b.identities.marks.idOf(mark, 'ada'), undefined);
});

test('a store that lost its accounts opens the server to nobody, and asks for a first one again', async (t) => {
  const { documents, a } = await loadedPair(t);
  assert.deepEqual([a.identities.isSignInRequired, a.identities.isSetupNeeded], [true, false]);
  const keys = (await documents.list('accounts')).map(({ key }) => key);
  await documents.write(keys.map((key) => ({ kind: 'delete', collection: 'accounts', key })));
  assert.equal(a.identities.accounts.isEmpty, true);
  assert.deepEqual([a.identities.isSignInRequired, a.identities.isSetupNeeded], [true, true]);
});
