import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMatcher } from '@vedette/model';
import {
  limitParameter,
  matcherSetsParameter,
  parseApiDurationMs,
  parseTimeMs,
  rangeParameters,
  timeParameter,
} from './parameters.ts';

test('times are seconds or RFC 3339', () => {
  const check = (text: string, wantMs: number): void => assert.equal(parseTimeMs(text), wantMs, text);
  check('4', 4000);
  check('1.0005', 1001);
  check('-1.5', -1500);
  check('1e3', 1_000_000);
  check('1970-01-01T00:00:01Z', 1000);
  check('1970-01-01T01:00:00.123456789+01:00', 123);
  check('-292273086-05-16T16:47:06Z', -8.64e15);
  check('292277025-08-18T07:12:54.999999999Z', 8.64e15);
});

test('what is no time is refused with its text', () => {
  const check = (text: string): void =>
    assert.throws(() => parseTimeMs(text), {
      message: `cannot parse ${JSON.stringify(text)} to a valid timestamp`,
    });
  for (const text of [
    '',
    'foo',
    'NaN',
    'Inf',
    '1e300',
    '2020-01-01',
    '2020-13-01T00:00:00Z',
    '2020-01-01T00:00:00',
  ])
    check(text);
});

test('durations are seconds or in Prometheus notation', () => {
  const check = (text: string, wantMs: number): void => assert.equal(parseApiDurationMs(text), wantMs, text);
  check('15', 15_000);
  check('0.5', 500);
  check('-1', -1000);
  check('1h30m', 5_400_000);
  assert.throws(() => parseApiDurationMs('abc'), { message: 'cannot parse "abc" to a valid duration' });
  assert.throws(() => parseApiDurationMs('1e10'), {
    message: 'cannot parse "1e10" to a valid duration. It overflows int64',
  });
});

test('a bad time names its parameter twice, as upstream', () => {
  assert.throws(() => timeParameter(new URLSearchParams({ time: 'foo' }), 'time', 0), {
    message: `invalid parameter "time": Invalid time value for 'time': cannot parse "foo" to a valid timestamp`,
  });
  assert.equal(timeParameter(new URLSearchParams(), 'time', 7), 7);
  assert.equal(timeParameter(new URLSearchParams('time='), 'time', 7), 7);
});

test('a range without ends is all of time', () => {
  assert.deepEqual(rangeParameters(new URLSearchParams()), { fromMs: -8.64e15, untilMs: 8.64e15 });
});

test('limits are whole numbers from 0, where 0 is none', () => {
  const read = (limit: string): number | undefined => limitParameter(new URLSearchParams({ limit }));
  assert.equal(read(''), undefined);
  assert.equal(read('0'), undefined);
  assert.equal(read('1'), 1);
  assert.throws(() => read('x'), {
    message: 'invalid parameter "limit": strconv.Atoi: parsing "x": invalid syntax',
  });
  assert.throws(() => read('1.5'), /invalid syntax/);
  assert.throws(() => read('99999999999999999999'), /value out of range/);
  assert.throws(() => read('-1'), { message: 'invalid parameter "limit": limit must be non-negative' });
});

test('a selector that matches everything is refused, even beside a good one', () => {
  const parse = (text: string) =>
    text === '{}'
      ? []
      : [createMatcher('__name__', text === 'any' ? '=~' : '=', text === 'any' ? '.*' : text)];
  const read = (...texts: string[]) =>
    matcherSetsParameter(new URLSearchParams(texts.map((text) => ['match[]', text])), parse);
  assert.equal(read().length, 0);
  assert.equal(read('up', 'down').length, 2);
  const message = 'match[] must contain at least one non-empty matcher';
  assert.throws(() => read('{}'), { message });
  assert.throws(() => read('any'), { message });
  assert.throws(() => read('up', '{}'), { message });
});
