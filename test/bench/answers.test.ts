import assert from 'node:assert/strict';
import { test } from 'node:test';
import { differenceOf } from '../../bench/answers.ts';

const answer = (...series: { metric: Record<string, string>; values: [number, string][] }[]): Buffer =>
  Buffer.from(JSON.stringify({ status: 'success', data: { resultType: 'matrix', result: series } }));

const ONE = answer({ metric: { a: '1', b: '2' }, values: [[10, '0.1']] });

test('the order of labels and the last digit make no difference', () => {
  const other = answer({ metric: { b: '2', a: '1' }, values: [[10, '0.10000000000000002']] });
  assert.equal(differenceOf(ONE, other, 'values'), undefined);
});

test('a value, a time, a point or a series that differs is named', () => {
  const check = (other: Buffer, want: RegExp): void =>
    assert.match(differenceOf(ONE, other, 'values') ?? '', want);
  check(answer({ metric: { a: '1', b: '2' }, values: [[10, '0.100000001']] }), /0\.1 against 0\.100000001/);
  check(answer({ metric: { a: '1', b: '2' }, values: [[11, '0.1']] }), /at 10: 0\.1 against 0\.1 at 11/);
  check(answer({ metric: { a: '1', b: '2' }, values: [] }), /1 points against 0/);
  check(answer({ metric: { a: '1' }, values: [[10, '0.1']] }), /they have no/);
  check(answer(), /1 series against 0/);
});

test('where values may differ only the number of series counts', () => {
  assert.equal(differenceOf(ONE, answer({ metric: { a: '1' }, values: [[10, '7']] }), 'series'), undefined);
  assert.match(differenceOf(ONE, answer(), 'series') ?? '', /1 series against 0/);
});

test('an empty answer of ours is a difference whatever the other says', () => {
  assert.match(differenceOf(answer(), answer(), 'series') ?? '', /no series/);
});

test('an answer that is an error is thrown', () => {
  assert.throws(
    () => differenceOf(ONE, Buffer.from('{"status":"error","error":"no"}'), 'values'),
    /no answer/,
  );
});
