import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resultWithoutSecrets, withoutSecrets } from './redact.ts';

test('a secret is hidden in every form in which a service may repeat it', () => {
  const check = (text: string, want: string): void =>
    assert.equal(withoutSecrets(text, ['pa/ss"word']), want, text);
  check('no pa/ss"word here', 'no <secret> here');
  check('GET /pa%2Fss%22word', 'GET /<secret>');
  check('{"token":"pa/ss\\"word"}', '{"token":"<secret>"}');
  check(`Basic ${Buffer.from('pa/ss"word').toString('base64')}`, 'Basic <secret>');
  check('nothing', 'nothing');
});

test('a secret that is part of another does not leave the rest of it visible', () => {
  assert.equal(withoutSecrets('key-12345', ['key-1', 'key-12345']), '<secret>');
});

test('texts too short to be secrets, and unpaired surrogates, do no harm', () => {
  assert.equal(withoutSecrets('a banana', ['a', '', 'ban']), 'a banana');
  assert.equal(withoutSecrets('x \ud800abc y', ['\ud800abc']), 'x <secret> y');
});

test('a failure loses them from its error; a delivery stays', () => {
  const failed = { kind: 'failed', isRetriable: true, category: 'other', error: 'bad token-1' } as const;
  assert.deepEqual(resultWithoutSecrets(failed, ['token-1']), { ...failed, error: 'bad <secret>' });
  assert.deepEqual(resultWithoutSecrets({ kind: 'delivered' }, ['token-1']), { kind: 'delivered' });
});
