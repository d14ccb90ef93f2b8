import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canRunForEver, compilePattern } from './safe-pattern.ts';

test('patterns that people write are compiled, with flags and lookaheads', () => {
  assert.equal(compilePattern('/pod-(.*)/')?.match('pod-1')?.[1], '1');
  assert.ok(compilePattern('/^A$/i')?.match('a'));
  assert.ok(compilePattern('^(?!kube-).*')?.match('web'));
  assert.ok(compilePattern('(a|b)-(?<text>[^-]+)(-x)?')?.match('a-1'));
  assert.equal(compilePattern('/a/g')?.replace('aba', 'x'), 'xbx');
});

test('a pattern with the flag g matches the same subject each time', () => {
  const pattern = compilePattern('/a/g');
  assert.ok(pattern?.match('a'));
  assert.ok(pattern?.match('a'));
});

test('a pattern that could run for ever is refused', () => {
  for (const body of [
    '(a+)+$',
    '(a*)*',
    '((a+)b?)*',
    '(a|a)*$',
    '(?:a{1,}){2,}',
    '([a-z]+)*=',
    '(.*a){20}',
  ]) {
    assert.equal(canRunForEver(body), true, body);
    assert.equal(compilePattern(body), undefined, body);
  }
  for (const body of ['(a+)', '(a|b)', '[(a+)+]', String.raw`\(a+\)+`, '(a+){2}', 'a+b*']) {
    assert.equal(canRunForEver(body), false, body);
  }
});

test('what is no expression, or too long for one, is refused', () => {
  assert.equal(compilePattern('('), undefined);
  assert.equal(compilePattern('a'.repeat(2001)), undefined);
  assert.ok(compilePattern('a'.repeat(2000)));
});
