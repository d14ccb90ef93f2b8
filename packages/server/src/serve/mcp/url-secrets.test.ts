import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withoutUrlSecrets } from './url-secrets.ts';

test('passwords and tokens leave addresses', () => {
  const check = (text: string, want: string): void => assert.equal(withoutUrlSecrets(text), want);
  check('Get "http://a:b@host/x": refused', 'Get "http://<secret>@host/x": refused');
  check('http://token@host', 'http://<secret>@host');
  check('http://h/p?apikey=1&b=2&access_token=3', 'http://h/p?apikey=<secret>&b=2&access_token=<secret>');
  check('mail to ada@example.org', 'mail to ada@example.org');
  check('http://host:9100/metrics', 'http://host:9100/metrics');
  // Long texts of no address take no longer than they are long.
  for (const part of ['a', '://', '?', '?token', 'x=']) withoutUrlSecrets(part.repeat(5000));
});
