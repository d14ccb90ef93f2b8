import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mcpConfig } from './config.ts';

test('the address of the other Prometheus is one to which a path can be added', () => {
  const check = (url: string, want: readonly string[]): void => {
    const { error } = mcpConfig.safeParse({ prometheus: { url } });
    assert.deepEqual(error?.issues.map(({ message }) => message) ?? [], want);
  };
  check('http://127.0.0.1:9090', []);
  check('https://example.org/prometheus/', []);
  check('ftp://example.org', ['must be an http or https URL']);
  for (const end of ['?', '?a=b', '/#', '#a']) check(`http://example.org${end}`, ['must have no ? and no #']);
});
