import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelsOf, labelValueOf } from '@vedette/model';
import {
  escapeName,
  federateFormatOf,
  federatePieces,
  formatG,
  type NameEscaping,
  type NewestSample,
} from './federate-format.ts';

function sampleOf(labels: Record<string, string>, value = 1): NewestSample {
  const own = labelsOf(labels);
  return { labels: own, name: labelValueOf(own, '__name__'), timestampMs: 1500, value };
}

const pageOf = (
  samples: readonly NewestSample[],
  options: { external?: Record<string, string>; accept?: string } = {},
): string =>
  [...federatePieces(samples, labelsOf(options.external ?? {}), federateFormatOf(options.accept))].join('');

test('samples stand under the type line of their family, with an empty instance where there is none', () => {
  assert.equal(
    pageOf([
      sampleOf({ __name__: 'a' }),
      sampleOf({ __name__: 'a', instance: 'x', z: 'q"\\\n' }),
      sampleOf({ __name__: 'b' }, NaN),
    ]),
    `# TYPE a untyped
a{instance=""} 1 1500
a{instance="x",z="q\\"\\\\\\n"} 1 1500
# TYPE b untyped
b{instance=""} NaN 1500
`,
  );
  assert.equal(pageOf([]), '');
});

test('external labels are added behind, unless the series has them', () => {
  const external = { site: 'home', job: 'global' };
  assert.equal(
    pageOf([sampleOf({ __name__: 'a', job: 'own' })], { external }),
    '# TYPE a untyped\na{job="own",instance="",site="home"} 1 1500\n',
  );
});

test('OpenMetrics has seconds, unknown families and an end', () => {
  assert.equal(
    pageOf([sampleOf({ __name__: 'a' })], { accept: 'application/openmetrics-text;version=1.0.0' }),
    '# TYPE a unknown\na{instance=""} 1 1.5\n# EOF\n',
  );
});

test('names beyond the old alphabet are written as asked', () => {
  const samples = [sampleOf({ __name__: 'a.b', 'l-x': 'v' })];
  const lineOf = (accept: string): string | undefined => pageOf(samples, { accept }).split('\n')[1];
  assert.equal(lineOf('*/*'), 'a_b{l_x="v",instance=""} 1 1500');
  assert.equal(lineOf('text/plain;escaping=allow-utf-8'), '{"a.b","l-x"="v",instance=""} 1 1500');
  assert.equal(
    pageOf(samples, { accept: 'text/plain; escaping=allow-utf-8' }).split('\n')[0],
    '# TYPE "a.b" untyped',
  );
  assert.equal(lineOf('text/plain;version=0.0.4;escaping=dots'), 'a_dot_b{l__x="v",instance=""} 1 1500');
  assert.equal(lineOf('text/plain;escaping=values'), 'U__a_2e_b{U__l_2d_x="v",instance=""} 1 1500');
});

test('names are escaped as upstream does', () => {
  const check = (name: string, escaping: NameEscaping, want: string): void =>
    assert.equal(escapeName(name, escaping), want);
  check('no_change', 'underscores', 'no_change');
  check('no_change', 'dots', 'no__change');
  check('no_change', 'values', 'no_change');
  check('9a', 'underscores', '_a');
  check('9a', 'values', 'U___39_a');
  check('http.status:sum', 'dots', 'http_dot_status:sum');
  check('my-name_ü', 'values', 'U__my_2d_name___fc_');
  check('🌍', 'values', 'U___1f30d_');
  check('a b', 'underscores', 'a_b');
});

test('the first type that is understood decides', () => {
  const check = (accept: string | undefined, want: string): void =>
    assert.equal(federateFormatOf(accept).contentType, want);
  check(undefined, 'text/plain; version=0.0.4; charset=utf-8');
  check('application/json', 'text/plain; version=0.0.4; charset=utf-8');
  check(
    'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.7,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=0.0.4;q=0.4,*/*;q=0.1',
    'application/openmetrics-text; version=0.0.1; charset=utf-8',
  );
  check(
    'application/openmetrics-text;version=9.0.0,text/plain;version=0.0.4',
    'text/plain; version=0.0.4; charset=utf-8',
  );
  check('application/openmetrics-text;q=0,text/plain', 'text/plain; version=0.0.4; charset=utf-8');
  check(
    'text/plain;version=1.0.0;escaping=allow-utf-8;q=0.6',
    'text/plain; version=1.0.0; charset=utf-8; escaping=allow-utf-8',
  );
});

test("numbers have the shortest digits, and Go's exponents", () => {
  const check = (value: number, want: string): void => assert.equal(formatG(value), want);
  check(0, '0');
  check(-0, '-0');
  check(1, '1');
  check(999_999, '999999');
  check(1e6, '1e+06');
  check(-1234567.5, '-1.2345675e+06');
  check(0.0001, '0.0001');
  check(0.00001234, '1.234e-05');
  check(1e21, '1e+21');
  check(5e-324, '5e-324');
  check(Infinity, '+Inf');
  check(-Infinity, '-Inf');
});
