import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FatalError } from '@vedette/model';
import { memoryFiles } from '../test-server.ts';
import { loadBouncerKeys } from './bouncer-key-files.ts';
import { enforcementSchema } from './config.ts';

const KEY = 'edge-key-edge-key-1';

test('nobody enforces decisions elsewhere unless it is said', () => {
  assert.deepEqual(enforcementSchema.parse(undefined), {
    bouncers: [],
    forward_auth: { subject_header: 'x-user-id', address_header: 'x-forwarded-for', trusted_hops: 1 },
  });
});

test('a bouncer has one key that nobody guesses, and a name of its own', () => {
  const refuse = (bouncers: unknown, want: RegExp): void => {
    const read = enforcementSchema.safeParse({ bouncers });
    assert.equal(read.success, false);
    assert.match(read.error?.message ?? '', want);
    assert.doesNotMatch(read.error?.message ?? '', /short-key/);
  };
  refuse([{ name: 'a' }], /either key or key_file/);
  refuse([{ name: 'a', key: KEY, key_file: 'f' }], /either key or key_file/);
  refuse([{ name: 'a', key: 'short-key' }], /at least 16 visible/);
  refuse([{ name: 'a', key: `${KEY} ${KEY}` }], /one word/);
  refuse([{ name: 'a b', key: KEY }], /letters, digits/);
  refuse(
    [
      { name: 'a', key: KEY },
      { name: 'a', key: KEY },
    ],
    /different names/,
  );
  refuse(
    Array.from({ length: 101 }, (_, i) => ({ name: `b${i}`, key: KEY })),
    /100/,
  );
});

test('headers are named in any case, hops counted to the limit', () => {
  const { forward_auth } = enforcementSchema.parse({
    forward_auth: { subject_header: 'X-Line-Id', trusted_hops: 16 },
  });
  assert.equal(forward_auth.subject_header, 'x-line-id');
  for (const bad of [
    { trusted_hops: 0 },
    { trusted_hops: 17 },
    { subject_header: 'a b' },
    { address_header: 'via' },
  ])
    assert.equal(enforcementSchema.safeParse({ forward_auth: bad }).success, false, JSON.stringify(bad));
});

test('keys are read from files, and a file that will not do is named with the remedy', async () => {
  const files = memoryFiles({ '/k': `${KEY}\n`, '/short': 'abc' });
  const bouncersOf = (bouncers: unknown) => enforcementSchema.parse({ bouncers }).bouncers;
  const keys = await loadBouncerKeys(
    files,
    bouncersOf([
      { name: 'a', key_file: '/k' },
      { name: 'b', key: `${KEY}b` },
    ]),
  );
  assert.deepEqual(
    keys.map(({ name, key }) => [name, key.reveal()]),
    [
      ['a', KEY],
      ['b', `${KEY}b`],
    ],
  );
  const refuse = async (key_file: string, want: RegExp): Promise<void> => {
    await assert.rejects(loadBouncerKeys(files, bouncersOf([{ name: 'a', key_file }])), (error: unknown) => {
      assert.ok(error instanceof FatalError);
      assert.match(error.message, want);
      return true;
    });
  };
  await refuse('/none', /cannot read key_file "\/none" of bouncer "a".*openssl rand -hex 24 > \/none/);
  await refuse('/short', /cannot use key_file "\/short" of bouncer "a".*got 3 characters/);
});
