import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AnswerBytes, PointHeads } from './answer-bytes.ts';
import { formatTimestamp, formatValue } from './go-text.ts';

function written(write: (out: AnswerBytes) => void): string {
  const out = new AnswerBytes();
  write(out);
  return new TextDecoder().decode(out.take());
}

const check = (value: number): void =>
  assert.equal(
    written((out) => out.value(value)),
    formatValue(value),
  );

test('a value has the digits that formatValue gives it', () => {
  for (const value of [0, -0, 1, -1, 9, 10, 99, 100, 999_999_999, 1e9, 1_000_000_001, 1e15, 2 ** 53 - 1])
    check(value);
  for (const value of [2 ** 53, 2 ** 53 + 2, 1e21, 1e22, -1e21, NaN, Infinity, -Infinity, 5e-324])
    check(value);
  for (const value of [0.1, 0.3, -0.25, 1 / 3, 1e-6, 9.9e-7, 1.5e-6, 123456.789, 99_999_999_999_999.9])
    check(value);
  for (const value of [1e14 + 0.5, 2 ** 52 - 0.5, 999_999_999.999999, 0.1 + 0.2]) check(value);
});

test('so has every double', () => {
  fc.assert(fc.property(fc.double(), check));
});

test('so has every decimal, whole or not', () => {
  const decimal = fc.tuple(fc.maxSafeInteger(), fc.integer({ min: 0, max: 20 }));
  fc.assert(fc.property(decimal, ([digits, places]) => check(digits / 10 ** places)));
});

test('a text is written from any of its units on, ASCII or not, behind what stands there', () => {
  for (const text of [',"job":"api"', ',"job":"é漢"', ',"é":"a"']) {
    for (const from of [0, 1, 3, text.length])
      assert.equal(
        written((out) => {
          out.text('{');
          out.text(text, from);
          out.text('}');
        }),
        `{${text.slice(from)}}`,
      );
  }
});

test('a time is in seconds with up to three decimals', () => {
  const checkTime = (timestampMs: number): void =>
    assert.equal(
      written((out) => out.timestamp(timestampMs)),
      formatTimestamp(timestampMs),
    );
  for (const timestampMs of [0, 1, -1, 999, 1000, -1500, 1_700_000_000_123, -62_135_596_800_000])
    checkTime(timestampMs);
  fc.assert(fc.property(fc.maxSafeInteger(), checkTime));
});

test('points stand at their heads, the first without a comma', () => {
  const heads = new PointHeads(Float64Array.of(500, 1000, 1_700_000_000_123));
  const text = written((out) => {
    out.point(heads, 0, 1, true);
    out.point(heads, 2, NaN, false);
  });
  assert.equal(text, '[0.500,"1"],[1700000000.123,"NaN"]');
});

test('text of any script and of any length is written whole', () => {
  const text = 'a'.repeat(50) + 'ж→😀'.repeat(4000);
  assert.equal(
    written((out) => {
      out.text('x');
      out.text(text);
    }),
    `x${text}`,
  );
});

test('what was taken is not written to again', () => {
  const out = new AnswerBytes();
  out.text('first');
  const piece = out.take();
  out.text('other');
  assert.equal(new TextDecoder().decode(piece), 'first');
  assert.equal(out.length, 5);
});
