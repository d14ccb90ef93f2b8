import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { durationMs } from '../lib/schema.ts';
import { formatFault } from './fault.ts';
import { validate } from './validate.ts';
import { parseYamlSource } from './yaml-source.ts';

const schema = z.strictObject({
  alertmanager: z
    .strictObject({
      route: z
        .strictObject({
          repeat_interval: durationMs.prefault('4h'),
          group_by: z.array(z.string()).optional(),
        })
        .optional(),
    })
    .optional(),
  server: z.strictObject({ port: z.number().optional() }).optional(),
  scrape_configs: z
    .array(
      z.strictObject({
        job_name: z.string(),
        relabel_configs: z.array(z.strictObject({ replacement: z.string() })).optional(),
      }),
    )
    .default([]),
});

function report(text: string, variables: Record<string, string> = {}): string {
  const source = parseYamlSource('vedette.yml', text, { variables });
  return validate(source, schema)
    .faults.map((fault) => formatFault(fault, text))
    .join('\n');
}

test('an unknown key is marked, with the key that was meant', () => {
  assert.equal(
    report('alertmanager:\n  route:\n    repeat_intervall: 4h\n'),
    [
      'error: unknown key "repeat_intervall"',
      '  --> vedette.yml:3:5 (alertmanager.route.repeat_intervall)',
      ' 3 |     repeat_intervall: 4h',
      '   |     ^^^^^^^^^^^^^^^^',
      '   = help: did you mean "repeat_interval"?',
    ].join('\n'),
  );
});

test('all faults are told at once', () => {
  const text = report(
    'alertmanager: { route: { repeat_interval: 4 hours, group_by: x } }\nserver: { port: eighty }\nscrape_configs: [ {} ]\nstorrage: {}\n',
  );
  assert.match(text, /must be a duration such as 30s or 5m; got "4 hours"/);
  assert.match(
    text,
    /must be an array; got string\n {2}--> vedette.yml:1:62 \(alertmanager.route.group_by\)/,
  );
  assert.match(text, /must be a number; got string\n {2}--> vedette.yml:2:17 \(server.port\)/);
  assert.match(text, /missing key "job_name"\n {2}--> vedette.yml:3/);
  assert.match(text, /unknown key "storrage"/);
});

test('broken YAML and repeated keys are located', () => {
  assert.match(report('server: { port: 1\n'), /not valid YAML: .*\n {2}--> vedette.yml:2:1/);
  assert.match(
    report('server: {}\nserver: {}\n'),
    /not valid YAML: Map keys must be unique\n {2}--> vedette.yml:2:1/,
  );
});

test('an empty file is a valid configuration', () => {
  assert.equal(report(''), '');
  assert.equal(report('# nothing\n'), '');
});

test('variables are replaced in values only, and a missing one is an error', () => {
  const parsed = parseYamlSource('f', 'server: { port: "x" }\na: "${A}"\nb: ${B}\nc: $${A}\n"${A}": k\n', {
    variables: { A: 'x: y\nz: 1', B: '80' },
  });
  assert.deepEqual(parsed.value, { server: { port: 'x' }, a: 'x: y\nz: 1', b: 80, c: '${A}', '${A}': 'k' });
  assert.match(
    report('server:\n  port: ${PORT}\n'),
    /environment variable "PORT" is not set\n {2}--> vedette.yml:2:9/,
  );
});

test('relabelling keeps its own dollars', () => {
  const text = 'scrape_configs: [ { job_name: a, relabel_configs: [ { replacement: "${name}" } ] } ]';
  assert.equal(report(text), '');
});

test('alias bombs are refused', () => {
  const lines = ['a: &a [x,x,x,x,x,x,x,x,x]'];
  for (const [i, name] of ['b', 'c', 'd', 'e', 'f', 'g'].entries())
    lines.push(`${name}: &${name} [${Array(9).fill(`*${'abcdef'[i]}`).join(',')}]`);
  assert.match(report(lines.join('\n')), /Excessive alias count/);
});

test('a secret on the line of a fault is starred, and the mark stays in place', () => {
  const check = (line: string, want: string): void => {
    const fault = { file: 'f', line: 1, column: 1, width: 1, path: '', message: 'm', help: undefined };
    assert.equal(formatFault(fault, line).split('\n')[2], ` 1 | ${want}`);
  };
  check('password: hunter2', 'password: *******');
  check('  - bearer_token: "hun ter"', '  - bearer_token: *********');
  check('{ username: me, password: hunter2, x: 1 }', '{ username: me, password: *******, x: 1 }');
  check("secrets: ['a", 'secrets: ***');
  check('url: https://me:hunter2@hook.example/', 'url: https://me:*******@hook.example/');
  check('- { routing_key: R0UT, bad: 1 }', '- { routing_key: ****, bad: 1 }');
  check('{ secrets: [one, "two"], bad: 1 }', '{ secrets: ************, bad: 1 }');
  check('api_url: https://hooks.example/T0/B0?x=1', 'api_url: https://hooks.example/*********');
  check("- { webhook_url: 'htt p://h.example/T0', x: 1 }", "- { webhook_url: 'htt p://h.example/**', x: 1 }");
  check('url: hook.example/T0', 'url: hook.example/**');
  check('url_file: /run/url', 'url_file: /run/url');
  check('routing_key_file: /run/key', 'routing_key_file: /run/key');
  check('password_file: /run/pw', 'password_file: /run/pw');
  check('token_file: x', 'token_file: x');
});

test('a secret that is an element of a list on lines of its own is starred', () => {
  const place = { file: 'f', line: 1, column: 5, width: 1, message: 'm', help: undefined };
  const fault = { ...place, path: 'http_headers.X-Key.secrets[1]' };
  assert.equal(formatFault(fault, '  - hunter2').split('\n')[2], ' 1 |   - *******');
});

test('a line of a million blanks takes no time, and the secret at the fault is starred', () => {
  const line = `{ a: 1,${' '.repeat(1e6)}key: hunter2, bad: 1${' '.repeat(1e6)}}`;
  const column = line.indexOf('bad') + 1;
  const fault = { file: 'f', line: 1, column, width: 3, path: 'bad', message: 'm', help: undefined };
  const [, , shown, mark] = formatFault(fault, line).split('\n');
  assert.match(shown ?? '', /^ 1 \| … +key: \*{7}, bad: 1 +…$/);
  assert.equal(shown?.indexOf('bad'), mark?.indexOf('^^^'));
});

test('an alias within what it names is refused, wherever it stands', () => {
  assert.match(report('a: &a\n  b: [*a]\n'), /an alias stands within what it names/);
  assert.match(report('a: &a [1, [*a]]\n'), /an alias stands within what it names/);
});

test('of broken YAML the first place is told, not the echo of the rest; repeated keys are told each', () => {
  const linesOf = (text: string): (number | undefined)[] =>
    parseYamlSource('vedette.yml', text).faults.map(({ line }) => line);
  assert.deepEqual(linesOf('server: { port: ${A} }\npacks: { a: b }\nhost: { c: d }\n'), [1]);
  assert.deepEqual(linesOf('a: 1\na: 2\nb: 1\nb: 2\nc: [\nd: ]\n').slice(0, 2), [2, 4]);
});
