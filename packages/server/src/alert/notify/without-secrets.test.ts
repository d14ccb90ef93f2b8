import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withoutSecrets } from './without-secrets.ts';

const failed = (error: string) => ({ kind: 'failed', isRetriable: false, category: 'other', error }) as const;

test('secrets and the telling parts of addresses are replaced in errors, also encoded', () => {
  const url = new URL('https://h.test/robot/send?access_token=4b1d+x&timestamp=1700000000000');
  const check = (error: string, want: string): void => {
    const result = withoutSecrets(failed(error), [url, 's3cret/=', 'x']);
    assert.equal(result.kind === 'failed' && result.error, want);
  };
  check('Cannot POST /robot/send?access_token=4b1d+x&timestamp=1700000000000', 'Cannot POST <secret>');
  check('no token s3cret/= or s3cret%2F%3D', 'no token <secret> or <secret>');
  check('unknown token "4b1d x"', 'unknown token "<secret>"');
  check('exact words stay', 'exact words stay');
});

test('the key at the end of a path is one by itself, the name of a method is none', () => {
  const check = (address: string, error: string, want: string): void => {
    const result = withoutSecrets(failed(error), [new URL(address)]);
    assert.equal(result.kind === 'failed' && result.error, want);
  };
  check('https://h.test/services/T1/K1234567890abcdef', 'key K1234567890abcdef', 'key <secret>');
  check('https://h.test/api/chat.postMessage', 'chat.postMessage failed', 'chat.postMessage failed');
});

test('a delivery stays as it is', () => {
  const delivered = { kind: 'delivered', receiverData: { ts: 'secret' } } as const;
  assert.equal(withoutSecrets(delivered, ['secret']), delivered);
});
