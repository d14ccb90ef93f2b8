import assert from 'node:assert/strict';
import { test } from 'node:test';
import { otlpConfig, type TranslationStrategy } from './config.ts';
import { findLabelName, findMetricName, unitNameOf, type NamedMetric } from './names.ts';

const configOf = (translation_strategy: TranslationStrategy, rest: object = {}) =>
  otlpConfig.parse({ translation_strategy, ...rest });

const nameCheck =
  (strategy: TranslationStrategy) =>
  (name: string, unit: string, kind: NamedMetric['kind'], want: string | undefined): void =>
    assert.equal(findMetricName({ name, unit, kind }, configOf(strategy)), want, `${name} ${unit} ${kind}`);

test('names are cut into words, and unit and type follow', () => {
  const check = nameCheck('UnderscoreEscapingWithSuffixes');
  check('http.server.duration', 's', 'other', 'http_server_duration_seconds');
  check('system.io', 'By', 'counter', 'system_io_bytes_total');
  check('system.io', 'By/s', 'gauge', 'system_io_bytes_per_second');
  check('speed', 'm/s', 'gauge', 'speed_meters_per_second');
  check('rate', '/s', 'gauge', 'rate_per_second');
  check('rate', '1/s', 'gauge', 'rate_per_second');
  check('rate', '{packet}/s', 'gauge', 'rate_per_second');
  check('ratio.cache', '1', 'gauge', 'cache_ratio');
  check('cache', '1', 'counter', 'cache_total');
  check('cache', '1', 'other', 'cache');
  check('requests', '{request}', 'counter', 'requests_total');
  check('total.requests', '', 'counter', 'requests_total');
  check('memory_bytes', 'By', 'gauge', 'memory_bytes');
  check('bytes_used', 'By', 'gauge', 'bytes_used');
  check('cpu', '%', 'gauge', 'cpu_percent');
  check('disk', 'TiBy', 'gauge', 'disk_tibibytes');
  check('__a..b__c--', '', 'gauge', 'a_b_c');
  check('2xx', '', 'gauge', '_2xx');
  check('température', 'Cel', 'gauge', 'temp_rature_celsius');
  check('x', 'widgets/fortnight', 'gauge', 'x_widgets_per_fortnight');
  check('x', 'a__b', 'gauge', 'x_a_b');
  check('x', 'By/%', 'gauge', 'x_bytes');
  check('###', '', 'gauge', undefined);
  check('', '', 'gauge', undefined);
});

test('without suffixes, characters are escaped and nothing else happens', () => {
  const check = nameCheck('UnderscoreEscapingWithoutSuffixes');
  check('http.server.duration', 's', 'other', 'http_server_duration');
  check('requests', '', 'counter', 'requests');
  check('2xx', '', 'gauge', '_2xx');
  check('a..b', '', 'gauge', 'a_b');
  check('a__b', '', 'gauge', 'a__b');
});

test('without escaping, the name stays and the suffixes are appended', () => {
  const check = nameCheck('NoUTF8EscapingWithSuffixes');
  check('http.server.duration', 's', 'other', 'http.server.duration_seconds');
  check('system.io', 'By/s', 'counter', 'system.io_bytes_per_second_total');
  check('requests.total', '', 'counter', 'requests_total');
  check('cache.ratio', '1', 'gauge', 'cache_ratio');
  check('memory.bytes', 'By', 'gauge', 'memory.bytes');
  check('total', '', 'counter', 'total_total');
  check('température', 'Cel', 'gauge', 'température_celsius');
  nameCheck('NoTranslation')('http.server.duration', 's', 'counter', 'http.server.duration');
});

test('units of metadata have the words of names', () => {
  const check = (unit: string, want: string): void => assert.equal(unitNameOf(unit), want, unit);
  check('s', 'seconds');
  check('By/s', 'bytes_per_second');
  check('/s', 'per_second');
  check('1', '');
  check('{request}', '');
  check('', '');
});

test('attributes become label names', () => {
  const config = configOf('UnderscoreEscapingWithSuffixes');
  const check = (attribute: string, want: string | undefined, settings = config): void =>
    assert.equal(findLabelName(attribute, settings), want, attribute);
  check('http.method', 'http_method');
  check('http..method', 'http__method');
  check('2xx', 'key_2xx');
  check('_hidden', 'key_hidden');
  check('__reserved__', '__reserved__');
  check('é', 'key_');
  check('...', undefined);
  check('', undefined);
  const permissive = configOf('UnderscoreEscapingWithSuffixes', {
    label_name_underscore_sanitization: false,
  });
  check('_hidden', '_hidden', permissive);
  const collapsing = configOf('UnderscoreEscapingWithSuffixes', {
    label_name_preserve_multiple_underscores: false,
  });
  check('http..method', 'http_method', collapsing);
  check('a__b', 'a_b', collapsing);
  check('__re__served__', '__re_served__', collapsing);
  check('http.method', 'http.method', configOf('NoTranslation'));
  check('___', undefined, configOf('NoTranslation'));
});
