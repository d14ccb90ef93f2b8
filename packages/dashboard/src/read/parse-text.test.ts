import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { InputError } from '@vedette/model';
import { findJsonFault } from './json-fault.ts';
import { DASHBOARD_BYTES_MAX, parseDashboardText } from './parse-text.ts';

const fails = (text: string, message: RegExp): void =>
  assert.throws(
    () => parseDashboardText(text),
    (error) => error instanceof InputError && message.test(error.message),
    text.slice(0, 80),
  );

test('a fault has its line and column, and says what could stand there', () => {
  fails('{\n  "a": 1,\n  }', /line 3:3: want a key in double quotes; got "}"/);
  fails('{"a": x}', /line 1:7: want a value; got "x"/);
  fails('{"a" 1}', /line 1:6: want ":"; got "1"/);
  fails('[1, 2', /line 1:6: want "," or the closing bracket; got the end of the file; was it cut off\?/);
  fails('{"a": "b', /line 1:9: want the closing quote; got the end/);
  fails('{"a": "\\x"}', /line 1:8: want an escape that JSON knows/);
  fails(
    '{"a": "b\nc"}',
    /line 1:9: want the closing quote: a text cannot span lines; got a control character \(10\)/,
  );
  fails('{"a": 01}', /line 1:7: want a value; got "0"/);
  fails('{} {}', /line 1:4: want the end of the file; got "{"/);
  fails('<html>', /want a value; got "<"/);
  fails(' \n', /the file is empty/);
});

test('brackets ten thousand deep are a fault of the text, not of the reader', () => {
  fails('['.repeat(10_000), /line 1:10001: want a value or "]"; got the end/);
});

test('a fault is found exactly where JSON.parse refuses', () => {
  const broken = fc
    .tuple(fc.json(), fc.nat(), fc.constantFrom('', '"', '{', ',', '\\', 'e', '0', '\n'))
    .map(
      ([json, at, text]) =>
        json.slice(0, at % (json.length + 1)) + text + json.slice((at % (json.length + 1)) + 1),
    );
  const property = fc.property(broken, (text) => {
    let isJson = true;
    try {
      JSON.parse(text);
    } catch {
      isJson = false;
    }
    assert.equal(findJsonFault(text) === undefined, isJson, text);
  });
  fc.assert(property, { numRuns: 500 });
});

test('the largest file is read, one byte more is refused by its size', () => {
  const text = (bytes: number): string => `"${'é'.repeat(2)}${'x'.repeat(bytes - 6)}"`;
  assert.equal(typeof parseDashboardText(text(DASHBOARD_BYTES_MAX)), 'string');
  fails(text(DASHBOARD_BYTES_MAX + 1), /got 4194305 bytes, limit is 4194304 \(DASHBOARD_BYTES_MAX\)/);
  fails('x'.repeat(20 * 1024 * 1024), /got 20971520 bytes/);
});

test('a byte order mark is passed over', () => {
  assert.deepEqual(parseDashboardText('\uFEFF{"a":1}'), { a: 1 });
});

const configMap = (...names: string[]): string =>
  `apiVersion: v1
kind: ConfigMapList
items:
- apiVersion: v1
  data:
${names.map((name) => `    ${name}: |-\n      {\n          "title": "${name}",\n\n          "panels": []\n      }\n`).join('')}  kind: ConfigMap
`;

test('a ConfigMap with one dashboard is opened, one with several is named', () => {
  assert.deepEqual(parseDashboardText(configMap('a.json')), { title: 'a.json', panels: [] });
  fails(configMap('a.json', 'b.json'), /holds 2 dashboards \(a\.json, b\.json\); import them one by one/);
  fails('apiVersion: v1\nkind: ConfigMap\n', /is YAML and holds no dashboard/);
});

test('a fault within a ConfigMap has its line in the file', () => {
  fails(
    configMap('a.json').replace('"panels": []', '"panels": [}'),
    /line 10:22: want a value or "]"; got "}"/,
  );
});
