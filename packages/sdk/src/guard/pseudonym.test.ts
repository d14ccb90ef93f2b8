import assert from 'node:assert/strict';
import { createHmac, hkdfSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { SeededRandom } from '../system/seeded-random-fixture.ts';
import { formatKeyFile, generatePseudonymKey, parseKeyFile, type PseudonymKey } from './key-file.ts';
import { pseudonymsOf } from './pseudonym.ts';
import { RecentCache } from './recent-cache.ts';
import { normalisedId } from './subject-id.ts';

const key = (kid: string, fill = 1): PseudonymKey => ({ kid, key: new Uint8Array(32).fill(fill) });

test('a pseudonym is what its formula says', () => {
  const secret = Buffer.from(
    hkdfSync('sha256', new Uint8Array(32).fill(1), '', 'vedette\0shop\0guard\x00k1', 32),
  );
  const hash = createHmac('sha256', secret).update('user\0amy').digest('base64url').slice(0, 22);
  assert.deepEqual(pseudonymsOf('amy', 'user', [key('k1')], 'shop'), [`uk1_${hash}`]);
});

test('key, kid, tenant, scope and id each make another pseudonym', () => {
  const all = [
    pseudonymsOf('amy', 'user', [key('1')]),
    pseudonymsOf('amy', 'user', [key('1', 2)]),
    pseudonymsOf('amy', 'user', [key('2')]).map((text) => text.replace('u2_', 'u1_')),
    pseudonymsOf('amy', 'user', [key('1')], 'shop'),
    pseudonymsOf('amy', 'session', [key('1')]),
    pseudonymsOf('Amy', 'user', [key('1')]),
  ].flat();
  assert.equal(new Set(all).size, 6);
});

test('spellings that look the same are one person, and every live key names them', () => {
  const keys = [key('2', 2), key('1')];
  const names = pseudonymsOf('\u00e9', 'user', keys);
  assert.deepEqual(names, pseudonymsOf('e\u0301', 'user', keys));
  assert.deepEqual(
    names.map((name) => name.slice(0, 3)),
    ['u2_', 'u1_'],
  );
});

test('networks stay as they are, and an empty id has no name', () => {
  assert.deepEqual(pseudonymsOf('10.0.0.0/8', 'range', [key('1')]), ['10.0.0.0/8']);
  assert.deepEqual(pseudonymsOf(' ', 'user', [key('1')]), []);
});

test('ids keep their spelling up to 256 bytes; longer ones are named by their hash', () => {
  const check = (id: string, isKept: boolean): void => {
    const normalised = normalisedId(id, 'user') ?? '';
    if (isKept) assert.equal(normalised, id);
    else assert.match(normalised, /^sha256-[\w-]{43}$/);
  };
  check('x'.repeat(256), true);
  check('x'.repeat(257), false);
  check('é'.repeat(128), true);
  check(`${'é'.repeat(128)}x`, false);
  check('a\tb', false);
  check(' a b ', true);
  assert.notEqual(normalisedId('x'.repeat(257), 'user'), normalisedId('x'.repeat(258), 'user'));
});

test('a key file is read as it was written', () => {
  const random = new SeededRandom(5);
  const keys = [generatePseudonymKey('k2', random), generatePseudonymKey('k1', random)];
  assert.deepEqual(parseKeyFile(formatKeyFile(keys)), keys);
  assert.deepEqual(parseKeyFile(`\uFEFF${formatKeyFile(keys).replaceAll('\n', '\r\n')}`), keys);
});

test('the example of the format is a key file', () => {
  const page = readFileSync(new URL('../../../../docs/formats/guard-keys.md', import.meta.url), 'utf8');
  const [, example = ''] = /```\n([^`]*)```/.exec(page) ?? [];
  assert.deepEqual(
    parseKeyFile(example).map(({ kid }) => kid),
    ['k2', 'k1'],
  );
});

test('a key file that cannot be used says which line is wrong, and never what is secret', () => {
  const good = Buffer.alloc(32, 7).toString('base64');
  const check = (lines: readonly string[], want: RegExp): void =>
    assert.throws(
      () => parseKeyFile(['vedette-guard-keys 1', ...lines].join('\n')),
      (error) => error instanceof Error && want.test(error.message) && !error.message.includes(good),
    );
  assert.throws(() => parseKeyFile(''), /line 1: want "vedette-guard-keys 1"/);
  assert.throws(() => parseKeyFile('vedette-guard-keys 2'), /line 1/);
  check([], /there is none/);
  check(['# only words', ''], /there is none/);
  check(['k1'], /line 2: want "KID BASE64"/);
  check([`k1 ${good} more`], /line 2: want "KID BASE64"/);
  check(['k1 ???'], /line 2: key "k1" is not base64/);
  check(['k1 AAAA'], /line 2: key "k1" must have 32 bytes; got 3/);
  check([`K1 ${good}`], /line 2: a kid must be 1 to 8 of a-z0-9; got "K1"/);
  check([`k1 ${good}`, '', `k1 ${good}`], /line 4: the kid "k1" stands twice/);
  check(
    ['a', 'b', 'c', 'd', 'e'].map((kid) => `${kid} ${good}`),
    /line 6: .*PSEUDONYM_KEYS_MAX\); got 5/,
  );
});

test('a cache keeps what was used lately, and never more than it may', () => {
  const cache = new RecentCache<number>(4);
  cache.set('kept', 0);
  for (let i = 1; i <= 20; i++) {
    cache.set(`k${i}`, i);
    assert.equal(cache.find('kept'), 0, 'used in every round');
    assert.ok(cache.size <= 4, `${cache.size}`);
  }
  assert.equal(cache.find('k20'), 20);
  assert.equal(cache.find('k1'), undefined);
});
