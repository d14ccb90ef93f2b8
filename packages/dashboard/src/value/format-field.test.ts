import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { FieldConfig } from '../dashboard.ts';
import type { FieldValue } from '../frame.ts';
import { fieldText, formatField } from './format-field.ts';
import type { FormatContext } from './time-unit.ts';
import { isBinaryUnit } from './unit.ts';

const check = (
  value: FieldValue,
  config: FieldConfig | string,
  want: string,
  context: FormatContext = {},
): void =>
  assert.equal(
    fieldText(value, typeof config === 'string' ? { unit: config } : config, context).replaceAll(
      '\u00a0',
      ' ',
    ),
    want,
  );

test('units scale in their own steps', () => {
  check(2431, 'short', '2.43 k');
  check(1536, 'bytes', '1.5 KiB');
  check(1.9e6, 'Bps', '1.9 MB/s');
  check(8e9, 'decbits', '8 Gb');
  check(2048, 'binBps', '2 KiB/s');
  check(5, 'MBs', '5 MB/s');
  check(0.418, 'percentunit', '41.8%');
  check(12.34, 'percent', '12.3%');
  check(90, 's', '1.5 min');
  check(0.25, 'ms', '250 µs');
  check(1200, 'rotrpm', '1200 rpm');
  check(2.4e9, 'hertz', '2.4 GHz');
  check(21.5, 'celsius', '21.5 °C');
  check(12, 'eps', '12 evt/s');
});

test('units that a file makes up', () => {
  check(3, 'Hits', '3 Hits');
  check(3, 'suffix: per day', '3 per day');
  check(3, 'prefix:#', '#3');
  check(1500, 'currency:€', '€1.5 k');
  check(1500, 'currencyUSD', '$1.5 k');
  check(1500, 'currency:kr:suffix', '1.5 kkr');
  check(3000, 'si:mF', '3 F');
  check(2500, 'count:req', '2.5 k req');
  check(3, 'constructor', '3 constructor');
});

test('decimals that are set stay, zeros and all', () => {
  check(1536, { unit: 'bytes', decimals: 3 }, '1.500 KiB');
  check(1.25, { decimals: 0 }, '1');
  check(1, { decimals: 1000 }, '1.000000000000000');
  check(-0.001, { decimals: 1 }, '0.0');
});

test('flags, dates and durations have words', () => {
  check(1, 'bool_yes_no', 'Yes');
  check(0, 'bool_on_off', 'Off');
  check(false, 'bool', 'False');
  check(93_784, 'dtdurations', '1 day, 2 hours');
  check(93_784_000, 'dtdurationms', '1 day, 2 hours');
  check(3661, 'dthms', '01:01:01');
  check(0, 'dateTimeAsIso', '1970-01-01 00:00:00');
  check(0, 'dateTimeAsIso', '1970-01-01 09:00:00', { timezone: 'Asia/Tokyo' });
  check(0, 'time:YYYY/MM', '1970/01');
  check(0, 'dateTimeFromNow', '5 minutes ago', { nowMs: 300_000 });
  check(1e300, 'dateTimeAsIso', '1e+300');
});

test('no value, infinities and texts', () => {
  check(null, 'bytes', '–');
  check(null, { noValue: 'none' }, 'none');
  check(NaN, {}, 'NaN');
  check(-Infinity, 's', '−Inf');
  check('web', 'bytes', 'web');
});

test('a mapping wins over the unit, and brings its colour', () => {
  const mappings: FieldConfig['mappings'] = [
    { type: 'value', value: '1', result: { text: 'up', color: 'green' } },
    { type: 'range', from: 2, to: 5, result: { text: 'some' } },
    { type: 'special', match: 'null', result: { text: 'N/A' } },
    { type: 'regex', pattern: 'pod-(.*)', result: { text: 'p$1' } },
  ];
  assert.deepEqual(formatField(1, { mappings }), {
    text: 'up',
    prefix: '',
    suffix: '',
    colour: { kind: 'token', name: 'green' },
  });
  check(5, { mappings }, 'some');
  check(5.1, { mappings }, '5.1');
  check(null, { mappings }, 'N/A');
  check('pod-7', { mappings }, 'p7');
});

test('every number in every unit becomes a text', () => {
  const unit = fc.oneof(
    fc.constantFrom(
      's',
      'bytes',
      'dtdurations',
      'dthms',
      'time:YYYY',
      'si:',
      'count:',
      'locale',
      'hex',
      'sci',
      'dateTimeFromNow',
    ),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.double(), unit, fc.option(fc.double(), { nil: undefined }), (value, id, decimals) => {
      const config = { unit: id, ...(decimals !== undefined && !Number.isNaN(decimals) && { decimals }) };
      assert.equal(typeof fieldText(value, config, { nowMs: 0, locale: 'zh-Hant' }), 'string');
    }),
  );
});

test('only units that count in 1024 are binary', () => {
  assert.ok(isBinaryUnit('bytes') && isBinaryUnit('mbytes') && !isBinaryUnit('Bps') && !isBinaryUnit('none'));
});
