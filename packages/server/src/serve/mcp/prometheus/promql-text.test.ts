import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMetricSelector } from '@vedette/promql/parser';
import fc from 'fast-check';
import { instanceMatcher, matcherOf, selectorOf } from './promql-text.ts';

/** What a parser makes of the text: the matcher by itself, and nothing beside it. */
function readBack(matcher: string) {
  const matchers = parseMetricSelector(`up${selectorOf([matcher, 'last="1"'])}`);
  assert.deepEqual(
    new Set(matchers.map(({ name }) => name)),
    new Set(['__name__', 'last', /^(\w+)=/.exec(matcher)?.[1]]),
  );
  assert.equal(matchers.length, 3);
  const found = matchers.find(({ name }) => name !== '__name__' && name !== 'last');
  assert.ok(found !== undefined);
  return found;
}

test('whatever a value holds, it is one matcher for exactly this value', () => {
  const hostile = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      '"} or up{a="',
      '\\',
      '\\"',
      '`',
      "'",
      '\n',
      '.*',
      '(',
      '[',
      '{__name__=~".+"}',
      '#',
      '\u0000',
    ),
  );
  fc.assert(
    fc.property(hostile, hostile, (one, other) => {
      const value = (one + other).replaceAll('*', '').toWellFormed();
      const matcher = readBack(matcherOf('pod', value));
      assert.equal(matcher.op, '=');
      assert.equal(matcher.value, value);
      const instance = readBack(instanceMatcher(value));
      assert.ok(instance.matches(value), `${matcher.value} does not match itself`);
      if (!/:\d+$/.test(value)) assert.ok(instance.matches(`${value}:9100`));
      assert.ok(!instance.matches(`${value}x`));
    }),
    { seed: 8, numRuns: 500 },
  );
});

test('a star stands for any characters, and nothing else does', () => {
  const matcher = readBack(matcherOf('pod', 'api.(x)-*-[1]'));
  assert.equal(matcher.op, '=~');
  assert.ok(matcher.matches('api.(x)-7f9-[1]'));
  assert.ok(!matcher.matches('apiz(x)-7f9-[1]'));
  assert.ok(!matcher.matches('api.(x)-7f9-1'));
});

test('a selector of no matchers is none', () => {
  assert.equal(selectorOf([]), '');
  assert.equal(selectorOf([undefined, 'a="b"', undefined, 'c="d"']), '{a="b",c="d"}');
});
