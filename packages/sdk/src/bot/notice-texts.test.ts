import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VerdictGround } from '../guard/guard.ts';
import { createNoticeWriter, NOTICE_TEXTS } from './notice-texts.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

function groundOf(grade: VerdictGround['grade'], retryAfterMs: number | undefined): VerdictGround {
  return {
    decisionId: 'd',
    kind: 'refuse',
    grade,
    level: 1,
    policy: 'secret_policy',
    reason: 'r',
    retryAfterMs,
    by: 'replica',
  };
}

const writer = createNoticeWriter();
const timeIn = (language: string, ms: number): string => {
  const onlyTime = { temporary: '{time}' };
  const texts = { en: onlyTime, 'zh-Hans': onlyTime, 'zh-Hant': onlyTime };
  return createNoticeWriter({ texts }).refusal(groundOf('temporary', ms), language);
};

test('remaining time is rounded up, with plurals, from minutes to days', () => {
  const check = (ms: number, want: string): void => assert.equal(timeIn('en', ms), want);
  check(0, 'less than a minute');
  check(-5, 'less than a minute');
  check(NaN, 'less than a minute');
  check(59_999, 'less than a minute');
  check(MINUTE, 'about 1 minute');
  check(MINUTE + 1, 'about 2 minutes');
  check(5 * MINUTE - 300, 'about 5 minutes');
  check(HOUR, 'about 1 hour');
  check(HOUR - 1, 'about 1 hour');
  check(HOUR + 1, 'about 61 minutes');
  check(90 * MINUTE, 'about 90 minutes');
  check(90 * MINUTE + 1, 'about 2 hours');
  check(DAY - 1, 'about 1 day');
  check(DAY, 'about 1 day');
  check(36 * HOUR, 'about 36 hours');
  check(36 * HOUR + 1, 'about 2 days');
  check(400 * DAY, 'about 400 days');
});

test('remaining time has the words of each language', () => {
  const check = (language: string, ms: number, want: string): void =>
    assert.equal(timeIn(language, ms), want);
  check('zh-Hans', 5 * MINUTE, '约5分钟');
  check('zh-Hans', HOUR, '约1小时');
  check('zh-Hans', 1000, '1分钟');
  check('zh-Hant', 5 * MINUTE, '約 5 分鐘');
  check('zh-Hant', 3 * DAY, '約 3 天');
});

test('each grade has its sentence, and none names the policy', () => {
  for (const language of ['en', 'zh-Hans', 'zh-Hant']) {
    const said = (['temporary', 'extended', 'review_required', 'permanent'] as const).map((grade) =>
      writer.refusal(groundOf(grade, grade === 'permanent' ? undefined : 5 * MINUTE), language),
    );
    assert.equal(new Set(said).size, 4);
    for (const text of said) assert.doesNotMatch(text, /[{}]|policy/);
    for (const text of said.slice(0, 3)) assert.match(text, /5/);
  }
});

test('a limit of this process blames nobody', () => {
  const ground: VerdictGround = { ...groundOf('temporary', 10_000), by: 'local' };
  assert.equal(writer.refusal(ground, 'en'), 'The service is busy. Please try again in less than a minute.');
  assert.equal(writer.refusal(ground, 'zh-Hant'), '服務暫時繁忙，1 分鐘後請再試一次。');
});

test('a ban without an end says so, whatever its grade', () => {
  assert.equal(writer.refusal(groundOf('review_required', undefined), 'en'), NOTICE_TEXTS.en.permanent);
});

test('codes of platforms lead to a language by what they mean', () => {
  const check = (code: string | undefined, want: string): void =>
    assert.equal(writer.languageOf(code), want, String(code));
  for (const code of ['zh-TW', 'zh_HK', 'zh-MO', 'zh-Hant', 'zh-Hant-HK', 'ZH-HANT-TW', 'yue', 'yue-HK'])
    check(code, 'zh-Hant');
  for (const code of ['zh', 'zh-CN', 'zh_SG', 'zh-Hans', 'zh-Hans-HK', 'zh-hans-tw', 'yue-Hans'])
    check(code, 'zh-Hans');
  for (const code of ['en', 'en-GB', 'EN_us', 'ja', 'ko-KR', '', '-', 'zhx', undefined]) check(code, 'en');
  for (const code of ['__proto__', 'constructor', 'z'.repeat(1_000_000), 'zh-TW\0'.repeat(99)])
    check(code, 'en');
  check(42 as unknown as string, 'en');
});

test('sentences can be replaced one by one, and a further language brings all of its own', () => {
  const ja = { ...NOTICE_TEXTS.en, temporary: 'あと{time}で再開できます', about: '約{amount}' };
  const own = createNoticeWriter({
    texts: { ja, en: { busy: 'Hold on.' } },
    defaultLanguage: 'zh-Hant',
  });
  assert.equal(own.languageOf('ja-JP'), 'ja');
  assert.equal(own.languageOf('fr'), 'zh-Hant');
  assert.equal(own.busy('en'), 'Hold on.');
  assert.equal(own.challenge('en'), NOTICE_TEXTS.en.challenge);
  assert.equal(own.refusal(groundOf('temporary', 5 * MINUTE), 'ja'), 'あと約5 分で再開できます');
});

test('texts that cannot work are refused at the start', () => {
  assert.throws(
    () => createNoticeWriter({ texts: { ja: { busy: 'x' } } }),
    /cannot write notices in "ja": texts lack temporary/,
  );
  assert.throws(
    () => createNoticeWriter({ texts: { 'not a tag': NOTICE_TEXTS.en } }),
    /"not a tag": not a language tag/,
  );
  assert.throws(
    () => createNoticeWriter({ defaultLanguage: 'fr' }),
    /got "fr", want one of en, zh-Hans, zh-Hant/,
  );
  assert.throws(() => createNoticeWriter({ texts: { constructor: {} } }), /"constructor": texts lack/);
});

test('a replacement pattern in a sentence of the owner stays what it is', () => {
  const own = createNoticeWriter({ texts: { en: { temporary: '$& {time} $1', about: '$$ {amount}' } } });
  assert.equal(own.refusal(groundOf('temporary', 5 * MINUTE), 'en'), '$& $$ 5 minutes $1');
});
