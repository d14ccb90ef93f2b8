import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { jsRegex } from './fake-regex.ts';
import { stripDomain, stripPort } from './host-port.ts';
import { DEFAULT_TEMPLATE_LIMITS } from './limits.ts';
import { Meter } from './meter.ts';
import { placeOf } from './place.ts';
import { parsePrometheusDuration } from './prometheus-duration.ts';
import { quoteGo, unquoteGo } from './quote.ts';
import { replaceAll } from './regex.ts';
import { compareText, textOfBytes, utf8Bytes, utf8Length } from './utf8.ts';

/** Any text, lone surrogates included. */
const text = fc.string({ unit: 'binary' });

test('a quoted text unquotes to itself', () => {
  const wellFormed = text.map((value) => value.toWellFormed());
  fc.assert(
    fc.property(wellFormed, fc.boolean(), (value, isAscii) =>
      assert.equal(unquoteGo(quoteGo(value, '"', isAscii)), value),
    ),
  );
});

test('escapes are read as Go reads them', () => {
  assert.equal(unquoteGo('"\\a\\b\\f\\n\\r\\t\\v\\\\\\""'), '\u0007\b\f\n\r\t\v\\"');
  assert.equal(unquoteGo('"\\x41\\101\\u00e9\\U0001F600"'), 'AAé😀');
  assert.equal(unquoteGo('"\\xc3\\xa9"'), 'é');
  assert.equal(unquoteGo('`a\\n\r\nb`'), 'a\\n\nb');
  for (const bad of ['"', '"a', '"\\q"', '"\\x4"', '"\\400"', '"\\ud800"', '"\\U00110000"', '"\\\'"'])
    assert.equal(unquoteGo(bad), undefined, bad);
});

test('lengths are those of UTF-8', () => {
  fc.assert(fc.property(text, (value) => assert.equal(utf8Length(value), utf8Bytes(value).length)));
});

test('texts are ordered as their UTF-8 bytes are', () => {
  const wellFormed = text.map((value) => value.toWellFormed());
  fc.assert(
    fc.property(wellFormed, wellFormed, (left, right) => {
      assert.equal(Math.sign(compareText(left, right)), Buffer.compare(utf8Bytes(left), utf8Bytes(right)));
    }),
  );
  assert.ok(compareText('\uffee', '😀') < 0);
});

test('bytes cut inside of a letter become a replacement character', () => {
  assert.equal(textOfBytes(utf8Bytes('é').subarray(0, 1)), '\ufffd');
});

test('places count lines from 1 and bytes from 0', () => {
  assert.deepEqual(placeOf('', 0), { line: 1, column: 0 });
  assert.deepEqual(placeOf('aé\nbé{{', 5), { line: 2, column: 3 });
  assert.deepEqual(placeOf('\n\n', 2), { line: 3, column: 0 });
});

const replace = (pattern: string, replacement: string, input: string): string =>
  replaceAll(jsRegex(pattern), input, replacement, new Meter(DEFAULT_TEMPLATE_LIMITS));

test('replacements name groups as in Go', () => {
  assert.equal(replace('(a)(?P<n>b)?', '[$1-${n}-$$-$3-$1x]', 'ab a'), '[a-b-$--] [a--$--]');
  assert.equal(replace('a', '$', 'a'), '$');
  assert.equal(replace('a', '${', 'a'), '${');
  assert.equal(replace('(a)', '${1}1', 'a'), 'a1');
});

test('empty matches stand between letters, not beside another match', () => {
  assert.equal(replace('', '-', 'a😀'), '-a-😀-');
  assert.equal(replace('b*', '-', 'abba'), '-a-a-');
  assert.equal(replace('$', '.', 'ab'), 'ab.');
  assert.equal(replace('x', '-', ''), '');
});

test('ports and domains are cut off names, not off addresses', () => {
  assert.equal(stripPort('[::1]:9100'), '::1');
  assert.equal(stripPort('a:b:c'), 'a:b:c');
  assert.equal(stripDomain('web.example.com:80'), 'web:80');
  for (const address of ['10.0.0.1:80', '[2001:db8::1]:80', '::ffff:1.2.3.4', '10.0.0.1']) {
    assert.equal(stripDomain(address), address);
  }
  assert.equal(stripDomain('1:2:3'), '1:2:3');
});

test('durations are read in the notation of Prometheus', () => {
  assert.equal(parsePrometheusDuration('1w2d3h4m5s6ms'), 788_645.006);
  for (const bad of ['5', '1s1m', '-1s', '1.5s', ' 1s']) {
    assert.throws(() => parsePrometheusDuration(bad), /not a valid duration string/, bad);
  }
  assert.throws(() => parsePrometheusDuration('300y'), /duration out of range/);
});
