import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { findConfigParts, maskedPart } from './mask.ts';

const CONFIG = `# made by hand, password canary-0
global:
  scrape_interval: 15s
scrape_configs:
- job_name: api
  basic_auth:
    username: ada
    password: canary-1
  params:
    token: [ canary-2 ]
    match[]: [ '{job="x"}' ]
  tls_config:
    key: |
      -----BEGIN PRIVATE KEY-----
      canary-3
      -----END PRIVATE KEY-----
    key_file: /etc/key.pem
  http_headers: { X-Scope: { values: [ canary-4 ] } }
  static_configs:
  - targets: [ "http://ada:canary-5@db:9187" ]
- { job_name: flow, authorization: { type: Bearer, credentials: "canary-6" }, bearer_token_file: /run/token }
remote_write:
- url: https://user:canary-7@example.org/write?api_key=canary-8&tenant=1
  headers: { Authorization: "Bearer canary-9" }
  sigv4:
    access_key: canary-10
    secret_key: >-
      canary-11
      folded
    region: eu
`;

const GO_STYLE = `global:
  scrape_interval: 15s
remote_write:
- url: https://user:canary@example.org/write
  headers:
    X-Scope: canary
  authorization:
    type: Bearer
    credentials: canary
  basic_auth:
    username: ada
    password: "canary that goes on
      canary over lines"
    "password": canary
  tls_config:
    key: |-
      canary

      canary
    key_file: /etc/key.pem
    cert: |
      -----BEGIN CERTIFICATE-----
      AAAA
      -----BEGIN RSA PRIVATE KEY-----
      canary
  params:
    token:
    - canary
    - canary
    other:
    - kept
  empty_secret: ""
  authorization_file: /run/auth
scrape_configs:
- job_name: x
  authorization: Bearer canary
  relabel_configs:
  - source_labels: [__name__]
    regex: (.*);[a-z]{1,2}
`;

const shown = (text: string): string =>
  findConfigParts(text)
    .map((part) => maskedPart(part.text))
    .join('');

test('no secret of a configuration is shown, wherever it stands and however it is written', () => {
  assert.doesNotMatch(shown(CONFIG), /canary|folded/);
  assert.doesNotMatch(shown(GO_STYLE), /canary/);
});

test('what is no secret stays, names of files above all', () => {
  const check = (text: string, kept: readonly string[]): void => {
    for (const one of kept) assert.ok(text.includes(one), `${one} is missing in:\n${text}`);
  };
  check(shown(CONFIG), [
    'scrape_interval: 15s',
    'username: ada',
    'key_file: /etc/key.pem',
    'type: Bearer',
    'bearer_token_file: /run/token',
    'job_name: flow',
    '{job="x"}',
    '@db:9187',
    'tenant=1',
  ]);
  check(shown(GO_STYLE), [
    'username: ada',
    'type: Bearer',
    'key_file: /etc/key.pem',
    'BEGIN CERTIFICATE',
    '- kept',
    'empty_secret: ""',
    'authorization_file: /run/auth',
    '(.*);[a-z]{1,2}',
    '@example.org/write',
  ]);
});

test('whatever a printer writes, no value below a secret key is shown', () => {
  const secret = fc.constantFrom('password', 'token', 'http_headers', 'client_secret', 'key', 'bearer_token');
  const open = fc.constantFrom('url', 'regex', 'password_file', 'targets', 'labels', 'x y', '- z');
  const words = fc.string({
    unit: fc.constantFrom('a', ' ', '"', "'", ':', '#', '\n', '- ', '{', '|', 'é'),
    maxLength: 12,
  });
  const leaf = (word: string) => words.map((text) => `${text}${word}${text}`);
  const nested = (word: string) =>
    fc.oneof(
      leaf(word),
      fc.array(leaf(word), { minLength: 1, maxLength: 3 }),
      fc.dictionary(open, leaf(word), { minKeys: 1 }),
    );
  const tree = fc
    .tuple(
      fc.dictionary(secret, nested('canary'), { maxKeys: 2 }),
      fc.dictionary(open, fc.oneof(nested('kept'), fc.dictionary(secret, nested('canary'), { maxKeys: 1 })), {
        maxKeys: 3,
      }),
    )
    .map(([hidden, told]) => ({ ...hidden, ...told }));
  fc.assert(
    fc.property(
      fc.dictionary(open, fc.oneof(tree, fc.array(tree, { maxLength: 2 })), { maxKeys: 3 }),
      fc.boolean(),
      (config, isGoStyle) => {
        const text = stringify(config, { indentSeq: !isGoStyle });
        assert.doesNotMatch(shown(text), /canary/, text);
      },
    ),
    { seed: 8, numRuns: 200 },
  );
});

test('a part belongs to its section', () => {
  assert.deepEqual(
    findConfigParts(CONFIG).map(({ name }) => name),
    ['global', 'scrape_configs', 'scrape_configs', 'scrape_configs', 'remote_write', 'remote_write'],
  );
});

test('a part that is no YAML, or too long to be read, is left out', () => {
  assert.equal(maskedPart('a: [ canary\n'), '# a part that cannot be read as YAML is left out\n');
  assert.equal(maskedPart('a: *b\n'), '# a part that cannot be read as YAML is left out\n');
  assert.match(
    maskedPart(`a: { password: ${'x'.repeat(20_000)} }\n`),
    /^# a part of 200\d\d characters in free form is left out/,
  );
});
