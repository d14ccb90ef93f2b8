import { expect, test } from 'vitest';
import pagesEn from './en.json';
import firstEn from './first-en.json';
import firstZhHans from './first-zh-hans.json';
import firstZhHant from './first-zh-hant.json';
import { languageOf } from './i18n.ts';
import pagesZhHans from './zh-hans.json';
import pagesZhHant from './zh-hant.json';

const en = { ...pagesEn, ...firstEn };
const zhHans = { ...pagesZhHans, ...firstZhHans };
const zhHant = { ...pagesZhHant, ...firstZhHant };

/** Keys with their texts, `a.b.c`. Chinese has one plural form, `_other`. */
function textsOf(tree: object, prefix = ''): Map<string, string> {
  const texts = new Map<string, string>();
  for (const [key, value] of Object.entries(tree) as [string, object | string][])
    if (typeof value === 'string') texts.set(prefix + key, value);
    else for (const [inner, text] of textsOf(value, `${prefix}${key}.`)) texts.set(inner, text);
  return texts;
}

const placeholdersOf = (text: string): string[] => (text.match(/\{\{\w+\}\}/g) ?? []).sort();
const english = textsOf(en);

for (const [language, tree] of [
  ['zh-Hans', zhHans],
  ['zh-Hant', zhHant],
] as const) {
  test(`${language} has the keys of English, without the singular`, () => {
    const wanted = [...english.keys()].filter((key) => !key.endsWith('_one')).sort();
    expect([...textsOf(tree).keys()].sort()).toEqual(wanted);
  });

  test(`${language} fills in the same values as English`, () => {
    for (const [key, text] of textsOf(tree))
      expect([key, placeholdersOf(text)]).toEqual([key, placeholdersOf(english.get(key) ?? '')]);
  });

  test(`${language} is translated`, () => {
    const same = [...textsOf(tree)].filter(
      ([key, text]) => english.get(key) === text && /[a-z]{4}/i.test(text.replaceAll(/\{\{\w+\}\}/g, '')),
    );
    expect(same.filter(([, text]) => !/^(PromQL|CPU|curl)\b/.test(text))).toEqual([]);
  });
}

test('each section stands in one file of a language, the same in all languages', () => {
  const sections = Object.keys(firstEn).sort();
  expect(sections.filter((section) => section in pagesEn)).toEqual([]);
  for (const [first, pages] of [
    [firstZhHans, pagesZhHans],
    [firstZhHant, pagesZhHant],
  ] as const) {
    expect(Object.keys(first).sort()).toEqual(sections);
    expect(sections.filter((section) => section in pages)).toEqual([]);
  }
});

test('no text is empty', () => {
  for (const tree of [en, zhHans, zhHant])
    for (const [key, text] of textsOf(tree)) expect([key, text.trim() !== '']).toEqual([key, true]);
});

test('the language chosen before wins, then the first of the browser that we have', () => {
  const check = (stored: string | null, wanted: string[], want: string): void =>
    expect(languageOf(stored, wanted)).toBe(want);
  check('zh-Hant', ['en'], 'zh-Hant');
  check('kl', ['de', 'zh-CN', 'en'], 'zh-Hans');
  check(null, ['zh-TW'], 'zh-Hant');
  check(null, ['zh-HK'], 'zh-Hant');
  check(null, ['zh-Hant-TW'], 'zh-Hant');
  check(null, ['zh'], 'zh-Hans');
  check(null, ['zha'], 'en');
  check(null, ['en-GB', 'zh'], 'en');
  check(null, [], 'en');
});
