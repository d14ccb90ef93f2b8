import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseExpr } from '../syntax/parse.ts';
import { ParsedTexts, TEXT_CHARACTERS_MAX, TEXTS_MAX } from './parsed-texts.ts';

/** Remembers which texts were really parsed. */
function countingTexts(): { texts: ParsedTexts; parsed: string[] } {
  const parsed: string[] = [];
  const texts = new ParsedTexts((text) => {
    parsed.push(text);
    return parseExpr(text);
  });
  return { texts, parsed };
}

test('a text is parsed once, while others differ by a blank', () => {
  const { texts, parsed } = countingTexts();
  assert.equal(texts.parse('a + b'), texts.parse('a + b'));
  assert.notEqual(texts.parse('a +b'), texts.parse('a + b'));
  assert.deepEqual(parsed, ['a + b', 'a +b']);
});

test('what was used least recently goes when there are more than the limit', () => {
  const { texts, parsed } = countingTexts();
  for (let i = 0; i < TEXTS_MAX; i++) texts.parse(`m${i}`);
  texts.parse('m0');
  texts.parse('one_more');
  parsed.length = 0;
  texts.parse('m0');
  texts.parse('m2');
  texts.parse('one_more');
  assert.deepEqual(parsed, []);
  texts.parse('m1');
  assert.deepEqual(parsed, ['m1']);
});

test('a text at the limit of length is kept, one beyond it is not', () => {
  const { texts, parsed } = countingTexts();
  for (const length of [TEXT_CHARACTERS_MAX, TEXT_CHARACTERS_MAX + 1])
    for (let i = 0; i < 2; i++) texts.parse('x'.repeat(length));
  assert.deepEqual(
    parsed.map(({ length }) => length),
    [TEXT_CHARACTERS_MAX, TEXT_CHARACTERS_MAX + 1, TEXT_CHARACTERS_MAX + 1],
  );
});

test('an error is thrown each time', () => {
  const { texts, parsed } = countingTexts();
  for (let i = 0; i < 2; i++) assert.throws(() => texts.parse('sum('), /VED_QUERY_INVALID|parse error/);
  assert.deepEqual(parsed, ['sum(', 'sum(']);
});
