import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agentConfig } from '../config.ts';
import { modelConfig } from './config.ts';

/** `path: message` of each fault. */
function faults(config: unknown): string[] {
  const read = modelConfig.safeParse(config);
  return read.success ? [] : read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
}

test('without the key there is no model', () => {
  assert.equal(agentConfig.parse(undefined).model, undefined);
});

test('three providers, with as little as each needs', () => {
  assert.deepEqual(faults({ provider: 'ollama', name: 'm' }), []);
  assert.deepEqual(faults({ provider: 'anthropic', name: 'm', api_key_file: 'k' }), []);
  assert.deepEqual(
    faults({ provider: 'openai-compatible', name: 'm', url: 'https://llm.example.org/v1' }),
    [],
  );
  const { tools, mask, limits } = modelConfig.parse({ provider: 'ollama', name: 'm' });
  assert.deepEqual(
    { tools, mask, limits },
    {
      tools: true,
      mask: true,
      limits: { tokens: 100_000, calls: 12, seconds: 90, output_tokens: 4000, narratives_per_hour: 20 },
    },
  );
});

test('what is missing or cannot be together is told with what to do', () => {
  const check = (config: object, want: RegExp): void =>
    assert.match(faults({ name: 'm', ...config }).join('\n'), want);
  check({ provider: 'openai-compatible' }, /^url: is missing: say where the API begins/);
  for (const end of ['?', '?key=a', '#'])
    check(
      { provider: 'openai-compatible', url: `https://llm.example.org/v1${end}` },
      /^url: must end with its path, without \? and #$/,
    );
  check({ provider: 'anthropic' }, /^api_key_file: is missing: Anthropic wants a key; set it or api_key$/);
  check(
    { provider: 'ollama', api_key: 'a', api_key_file: 'b' },
    /^api_key_file: cannot stand beside api_key; leave one of them out$/,
  );
  check({ provider: 'gemini' }, /^provider: /);
  check({ provider: 'ollama', name: '' }, /^name: /);
  check({ provider: 'ollama', limits: { calls: 0 } }, /^limits\.calls: /);
  check({ provider: 'ollama', limits: { tokens: 10 } }, /^limits\.tokens: /);
  check({ provider: 'ollama', key: 'x' }, /key/);
});

test('an address speaks TLS unless it is this machine, or somebody wants it so', () => {
  const check = (url: string, want: RegExp | undefined, more: object = {}): void => {
    const found = faults({ provider: 'ollama', name: 'm', url, ...more }).join('\n');
    if (want === undefined) assert.equal(found, '', url);
    else assert.match(found, want, url);
  };
  for (const url of [
    'http://127.0.0.1:11434/v1',
    'http://localhost/v1',
    'http://[::1]:1/v1',
    'https://x.example/v1',
  ])
    check(url, undefined);
  check('http://10.0.0.5:11434/v1', /^url: speaks http with another machine.*set allow_plain_http$/);
  check('http://127.0.0.1.evil.example/v1', /^url: speaks http/);
  check('http://10.0.0.5:11434/v1', undefined, { allow_plain_http: true });
  check('ftp://x.example/', /^url: must begin with https:\/\/ or http:\/\/; got "ftp:"/);
  check('x.example/v1', /^url: must be an address such as/);
  check('https://user:pass@x.example/v1', /^url: must not have a user or password in it; use api_key_file/);
  check('https://x.example/v1?key=1', /^url: must end with its path/);
});

test('a key cannot be printed', () => {
  const config = modelConfig.parse({ provider: 'anthropic', name: 'm', api_key: 'sk-hidden' });
  assert.doesNotMatch(JSON.stringify(config), /hidden/);
});
