import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConflictError } from '@vedette/model';
import { z } from 'zod';
import { SILENT_LOG } from '../../telemetry/log.ts';
import type { Document, DocumentStore, DocumentWrite } from '../../store/state/port.ts';
import { createTestClock } from '../test-server.ts';
import { DocumentMirror, UPDATE_ATTEMPTS_MAX } from './document-mirror.ts';

const schema = z.object({ name: z.string(), revision: z.number() });
const valueOf = (name: string, revision = 1) => ({ name, revision });

/** A store whose list comes when told, and whose news too. */
function slowStore() {
  const listed = Promise.withResolvers<readonly Document[]>();
  let listener: (change: DocumentWrite) => void = () => undefined;
  const documents: Pick<DocumentStore, 'find' | 'list' | 'write' | 'watch'> = {
    find: () => Promise.resolve(undefined),
    list: () => listed.promise,
    write: () => Promise.resolve(),
    watch: (_, listen) => {
      listener = listen;
      return () => undefined;
    },
  };
  const mirror = new DocumentMirror(
    { clock: createTestClock(), documents, log: SILENT_LOG },
    'things',
    schema,
  );
  const list = (...values: ReturnType<typeof valueOf>[]): void =>
    listed.resolve(values.map((value) => ({ key: value.name, value, version: 1 })));
  const tell = (
    change: { readonly kind: 'delete' } | { readonly kind: 'put'; readonly value: unknown },
    key: string,
  ) => listener({ ...change, collection: 'things', key });
  return { mirror, list, tell };
}

test('what is deleted while everything is read does not come back', async () => {
  const { mirror, list, tell } = slowStore();
  const loading = mirror.load();
  tell({ kind: 'delete' }, 'token');
  tell({ kind: 'put', value: valueOf('new', 2) }, 'new');
  list(valueOf('token'), valueOf('other'), valueOf('new', 1));
  await loading;
  assert.deepEqual([...mirror.values()], [valueOf('new', 2), valueOf('other')]);
});

test('a change meets another replica a few times, not for ever', async () => {
  let writes = 0;
  const documents = {
    find: () => Promise.resolve({ key: 'a', value: valueOf('a', 3), version: 3 }),
    list: () => Promise.resolve([]),
    watch: () => () => undefined,
    write: () =>
      Promise.reject((writes++, new ConflictError('VED_STATE_CONFLICT', 'another server changed it'))),
  };
  const mirror = new DocumentMirror(
    { clock: createTestClock(), documents, log: SILENT_LOG },
    'things',
    schema,
  );
  await assert.rejects(
    mirror.update('a', (current) => current),
    /another server changed it/,
  );
  assert.equal(writes, UPDATE_ATTEMPTS_MAX);
});

test('news that are older than what is known change nothing, and what cannot be read counts as absent', async () => {
  const { mirror, list, tell } = slowStore();
  list(valueOf('a', 5));
  await mirror.load();
  tell({ kind: 'put', value: valueOf('a', 4) }, 'a');
  assert.equal(mirror.get('a')?.revision, 5);
  tell({ kind: 'put', value: { name: 7, revision: 6 } }, 'a');
  assert.equal(mirror.get('a'), undefined);
});

test('what another replica does right after a change is not undone by the end of that change', async () => {
  let listener: (change: DocumentWrite) => void = () => undefined;
  let after: DocumentWrite = { kind: 'delete', collection: 'things', key: 'token' };
  const mirror = new DocumentMirror(
    {
      clock: createTestClock(),
      log: SILENT_LOG,
      documents: {
        find: () => Promise.resolve({ key: 'token', value: valueOf('token'), version: 1 }),
        list: () => Promise.resolve([]),
        watch: (_, listen) => {
          listener = listen;
          return () => undefined;
        },
        // As from a socket: both commits are told before whoever wrote the first goes on.
        write: (writes) => {
          for (const change of [...writes, after]) listener(change);
          return Promise.resolve();
        },
      },
    },
    'things',
    schema,
  );
  await mirror.load();
  await mirror.update('token', (current) => current);
  assert.equal(mirror.get('token'), undefined, 'revoked elsewhere while its use was noted here');

  after = { kind: 'put', collection: 'things', key: 'token', value: valueOf('made anew', 9) };
  await mirror.delete(['token']);
  assert.deepEqual(mirror.get('token'), valueOf('made anew', 9));
});
