import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findPressureSeconds, parseCount, parseFlat, parseIoStat, parseLimit } from './cgroup-text.ts';

test('counts are whole numbers and nothing else', () => {
  const check = (text: string | undefined, want: number | undefined): void =>
    assert.equal(parseCount(text), want, JSON.stringify(text));
  check('0\n', 0);
  check('18446744073709551615\n', 2 ** 64);
  for (const text of [undefined, '', '\n', 'max', '-1', '1.5', '1e3', '0x10', '1 2', '9'.repeat(21)])
    check(text, undefined);
});

test('a limit of max, or of the largest number of pages, is none', () => {
  const check = (text: string | undefined, want: number | undefined): void =>
    assert.equal(parseLimit(text), want, JSON.stringify(text));
  check('max\n', 0);
  check('9223372036854771712\n', 0);
  check(String(2n ** 62n), 0);
  check(String(2n ** 62n - 4096n), 2 ** 62 - 4096);
  check('4096\n', 4096);
  check('maximum', undefined);
  check(undefined, undefined);
});

test('flat files keep what is a number', () => {
  assert.deepEqual(
    [...parseFlat('usage_usec 5\nbroken\nx y\nnr_periods 7\nnr_thro')],
    [
      ['usage_usec', 5],
      ['nr_periods', 7],
    ],
  );
  assert.equal(parseFlat(undefined).size, 0);
});

test('pressure is the total of its line, in seconds', () => {
  const text = 'some avg10=1.50 avg60=0.10 avg300=0.00 total=1500000\nfull avg10=0.00 total=12\n';
  assert.equal(findPressureSeconds(text, 'some'), 1.5);
  assert.equal(findPressureSeconds(text, 'full'), 0.000012);
  assert.equal(findPressureSeconds('some avg10=0.00 total=1\n', 'full'), undefined);
  assert.equal(findPressureSeconds('some avg10=0.00 tot', 'some'), undefined);
  assert.equal(findPressureSeconds(undefined, 'some'), undefined);
});

test('io.stat: devices without counts are left out, also where the kernel leaves out the end of their line', () => {
  const check = (text: string, want: readonly (readonly [string, number | undefined])[]): void =>
    assert.deepEqual(
      parseIoStat(text).map(({ device, counts }) => [device, counts.get('rbytes')]),
      want,
      text,
    );
  check('8:0 rbytes=5 wbytes=6\n259:1 rbytes=7\n', [
    ['8:0', 5],
    ['259:1', 7],
  ]);
  check('7:0 7:1 8:0 rbytes=5\n', [['8:0', 5]]);
  check('8:0\n', []);
  check('rbytes=5\n', []);
  check('8:0 rbytes=x wbytes=1\n', [['8:0', undefined]]);
  assert.deepEqual(parseIoStat(undefined), []);
});
