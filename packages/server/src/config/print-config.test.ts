import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { byteSize, durationMs, secret } from '../lib/schema.ts';
import { printConfig } from './print-config.ts';
import { configSchema } from './schema.ts';
import { validate } from './validate.ts';
import { parseYamlSource } from './yaml-source.ts';

function print(
  text: string,
  schema: z.ZodType = configSchema,
  variables: Record<string, string> = {},
): string {
  const source = parseYamlSource('vedette.yml', text, { variables });
  assert.deepEqual(validate(source, schema).faults, []);
  return printConfig(source, schema);
}

const small = z.strictObject({
  interval: durationMs
    .refine((ms) => ms > 0)
    .describe('x')
    .prefault('90s'),
  timeout: durationMs.default(1500),
  size: byteSize.optional().describe('x'),
  sizeDefault: byteSize.default(1024),
  target: z.union([z.string(), z.number()]).optional(),
  password: secret.optional().describe('x'),
  list: z.array(z.strictObject({ url: z.string(), key: secret.optional() })).default([]),
  map: z.record(z.string(), z.array(secret)).default({}),
  kind: z
    .string()
    .toLowerCase()
    .pipe(z.enum(['a', 'b']))
    .optional(),
});

test('what the file leaves out is shown with its default, durations as Prometheus writes them', () => {
  assert.equal(print('', small), 'interval: 1m30s\ntimeout: 1s500ms\nsizeDefault: 1024B\n');
  assert.equal(
    print('size: 10MB\ninterval: 3600s\ntimeout: 0s\n', small),
    'interval: 1h\ntimeout: 0s\nsize: 10MB\nsizeDefault: 1024B\n',
  );
});

test('keys come in the order of the schema, lists and maps in that of the file', () => {
  assert.equal(
    print('map: { z: [], a: [] }\nlist: [{ url: two }, { url: one }]\nkind: B\ninterval: 1m\n', small),
    'interval: 1m\ntimeout: 1s500ms\nsizeDefault: 1024B\nlist:\n  - url: two\n  - url: one\nmap:\n  z: []\n  a: []\nkind: B\n',
  );
});

test('secrets are shown as such wherever the schema has them', () => {
  const text = print(
    'password: hunter2\nlist: [{ url: x, key: hunter2 }]\nmap: { h: [hunter2, hunter2] }\n',
    small,
  );
  assert.ok(!text.includes('hunter2'), text);
  assert.equal(text.match(/<secret>/g)?.length, 4);
});

test('a password within an address is a secret, the rest of the address is not', () => {
  const check = (written: string, want: string): void =>
    assert.equal(
      print(`list: [{ url: ${JSON.stringify(written)} }]`, small)
        .split('url: ')[1]
        ?.trim(),
      want,
    );
  check('https://hook.example/x', 'https://hook.example/x');
  check('https://me:hunter2@hook.example/x?a=b@c', 'https://me:<secret>@hook.example/x?a=b@c');
  check('http://:hunter2@hook.example', 'http://:<secret>@hook.example');
  check('a://u:hunter2@x b://v:hunter3@y', 'a://u:<secret>@x b://v:<secret>@y');
  check('http://[::1]:8080/a@b', 'http://[::1]:8080/a@b');
});

test('what an environment variable brought is a secret, also through an anchor, and as a part', () => {
  const text = print(
    [
      'scrape_configs:',
      '  - job_name: a${NAME}',
      '    params: &p { key: ["${KEY}", "x-${KEY}", "plain", "$${KEY}"] }',
      '    static_configs: [ { targets: ["${KEY}.example:80"], labels: { k: "${KEY}" } } ]',
      '    sample_limit: ${PIN}',
      '    scrape_interval: ${EVERY}',
      '  - { job_name: b, params: *p, bearer_token: "${KEY}" }',
    ].join('\n'),
    configSchema,
    { NAME: 'topname', KEY: 'hunter2', EVERY: '7s', PIN: '4711' },
  );
  for (const leaked of ['hunter2', 'topname', '7s', '4711'])
    assert.ok(!text.includes(leaked), `${leaked} in\n${text}`);
  assert.match(text, /- plain\n/);
  assert.match(text, /\$\{KEY\}/, 'an escaped variable is a plain text');
});

test('every way to write a secret for a scrape target is hidden, and files stay names', () => {
  const text = print(`
scrape_configs:
  - { job_name: basic, basic_auth: { username: me, password: hunter2 } }
  - { job_name: bearer, bearer_token: hunter2 }
  - { job_name: authorization, authorization: { credentials: hunter2 } }
  - { job_name: headers, http_headers: { X-Key: { values: [open], secrets: [hunter2] } } }
  - { job_name: tls, tls_config: { cert: c, key: hunter2 } }
  - { job_name: file, basic_auth: { username: me, password_file: /run/secrets/pw } }
server: { token_file: /run/secrets/token }
`);
  assert.ok(!text.includes('hunter2'), text);
  assert.match(text, /password: <secret>/);
  assert.match(text, /password_file: \/run\/secrets\/pw/);
  assert.match(text, /token_file: \/run\/secrets\/token/);
  assert.match(text, /- open/);
});

test('an empty file is shown as the defaults it means', () => {
  const text = print('');
  assert.match(text, /^server:\n {2}listen: 127\.0\.0\.1:8080\n/);
  assert.match(text, /global:\n {2}scrape_interval: 15s\n/);
  assert.doesNotMatch(text, /alerting|remote_write/);
});

test('relabelling rules are shown as they were written', () => {
  const text = print(
    'scrape_configs: [ { job_name: a, relabel_configs: [ { source_labels: [b], regex: "(.*)", target_label: c, replacement: "${1}" } ] } ]',
  );
  assert.match(
    text,
    /relabel_configs:\n {6}- source_labels:\n {10}- b\n {8}target_label: c\n {8}regex: \(\.\*\)\n {8}replacement: \$\{1\}/,
  );
});

test('what is shown can be loaded again and shows the same, secrets aside', () => {
  const once = print(
    'scrape_configs: [ { job_name: a, scrape_interval: 90s, static_configs: [ { targets: ["x:1"] } ] } ]',
  );
  assert.equal(print(once), once);
});
