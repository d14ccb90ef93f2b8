/**
 * What a bot says to somebody it refuses, in their language.
 *
 * 1. A text per grade of a ban; `{time}` in it becomes the remaining time in words.
 * 2. Numbers, units and plurals come from `Intl`, so a further language needs its sentences and nothing else.
 * 3. Time is rounded up (who comes back when told is let in) and coarse: minutes, then hours, then days.
 * 4. A platform's language code leads to a text by what it means: Chinese by script, where regions stand for one
 *    (`zh-TW`, `zh-HK` write traditional characters), others by their first part (`en-GB` → `en`), else the default.
 *
 * The texts say what happens and how long, not which policy: that would teach whoever tries.
 */
import type { VerdictGround } from '../guard/guard.ts';

/** Sentences of one language. `{time}` stands for the remaining time, where the ban has an end. */
export interface NoticeTexts {
  readonly temporary: string;
  readonly extended: string;
  /** A person looks at it; the ban has an end nevertheless. */
  readonly reviewRequired: string;
  /** Without an end, whatever its grade. */
  readonly permanent: string;
  /** A limit of this process alone, while the server is away: perhaps the user's doing, perhaps not. */
  readonly local: string;
  readonly challenge: string;
  /** While an earlier action is at work. */
  readonly busy: string;
  /** The remaining time around a number and its unit, `{amount}`: "about 5 minutes". */
  readonly about: string;
  /** The remaining time when it is less than a minute. */
  readonly soon: string;
}

export const NOTICE_TEXTS: Readonly<Record<'en' | 'zh-Hans' | 'zh-Hant', NoticeTexts>> = {
  en: {
    temporary: 'That was a little fast. Please take a break; you can go on in {time}.',
    extended: 'There were too many requests from you. You can go on in {time}.',
    reviewRequired:
      'Your use looks unusual, and a person will look at it. Until then you cannot go on, for {time} at most.',
    permanent: 'You can no longer use this service. If you think this is a mistake, please contact us.',
    local: 'The service is busy. Please try again in {time}.',
    challenge: 'Please confirm that you are a person before you go on.',
    busy: 'One moment: your last request is still being worked on.',
    about: 'about {amount}',
    soon: 'less than a minute',
  },
  'zh-Hans': {
    temporary: '您操作得有点快，请稍作休息，{time}后可以继续使用。',
    extended: '您的请求过于频繁，{time}后可以继续使用。',
    reviewRequired: '您的使用情况有些异常，将由工作人员查看。在此期间暂时无法使用，最长{time}。',
    permanent: '您已无法继续使用本服务。如认为有误，请与我们联系。',
    local: '服务暂时繁忙，{time}后请再试一次。',
    challenge: '请先确认您是真人，然后继续使用。',
    busy: '请稍等，上一个请求仍在处理中。',
    about: '约{amount}',
    soon: '1分钟',
  },
  'zh-Hant': {
    temporary: '您操作得有點快，請稍作休息，{time}後可以繼續使用。',
    extended: '您的請求過於頻繁，{time}後可以繼續使用。',
    reviewRequired: '您的使用情況有些異常，將由工作人員查看。在此期間暫時無法使用，最長{time}。',
    permanent: '您已無法繼續使用本服務。如認為有誤，請與我們聯絡。',
    local: '服務暫時繁忙，{time}後請再試一次。',
    challenge: '請先確認您是真人，然後繼續使用。',
    busy: '請稍候，上一個請求仍在處理中。',
    about: '約 {amount}',
    soon: '1 分鐘',
  },
};

export interface NoticeWriterOptions {
  /** Further languages by BCP 47 tag, and sentences in place of the shipped ones; a new language needs all of them. */
  readonly texts?: Readonly<Record<string, Partial<NoticeTexts>>> | undefined;
  /** For users whose language is not known or has no texts. Default `en`. */
  readonly defaultLanguage?: string | undefined;
}

/** Writes notices. */
export interface NoticeWriter {
  /** The language for which there are texts, of what a platform calls the user's. */
  languageOf(code: string | undefined): string;
  refusal(ground: VerdictGround, language: string): string;
  challenge(language: string): string;
  busy(language: string): string;
}

/** Throws a RangeError when a language lacks a sentence or is none. */
export function createNoticeWriter({
  texts = {},
  defaultLanguage = 'en',
}: NoticeWriterOptions = {}): NoticeWriter {
  const all = new Map<string, NoticeTexts>();
  for (const tag of new Set([...Object.keys(NOTICE_TEXTS), ...Object.keys(texts)]))
    all.set(tag, completeTexts(tag, texts[tag]));
  const fallback = all.get(defaultLanguage);
  if (fallback === undefined)
    throw new RangeError(
      `cannot write notices: no texts for the default language; got "${defaultLanguage}", want one of ${[...all.keys()].join(', ')}`,
    );
  const byLowerCase = new Map([...all.keys()].map((tag) => [tag.toLowerCase(), tag]));
  const textsOf = (language: string): NoticeTexts => all.get(language) ?? fallback;
  // A format takes 40 µs to make and 1 to use; there are three per language.
  const formats = new Map<string, Intl.NumberFormat>();
  const amountIn =
    (language: string): AmountInWords =>
    (count, unit) => {
      const key = `${language}\0${unit}`;
      const format =
        formats.get(key) ?? new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' });
      formats.set(key, format);
      return format.format(count);
    };
  return {
    languageOf: (code) => findLanguage(code, byLowerCase) ?? defaultLanguage,
    refusal: (ground, language) => refusalText(ground, textsOf(language), amountIn(language)),
    challenge: (language) => textsOf(language).challenge,
    busy: (language) => textsOf(language).busy,
  };
}

const SENTENCES = Object.keys(NOTICE_TEXTS.en) as readonly (keyof NoticeTexts)[];

function completeTexts(tag: string, own: Partial<NoticeTexts> = {}): NoticeTexts {
  const shipped: Partial<NoticeTexts> = Object.hasOwn(NOTICE_TEXTS, tag)
    ? NOTICE_TEXTS[tag as keyof typeof NOTICE_TEXTS]
    : {};
  const texts = { ...shipped, ...own };
  const missing = SENTENCES.filter((sentence) => typeof texts[sentence] !== 'string');
  if (missing.length > 0)
    throw new RangeError(`cannot write notices in "${tag}": texts lack ${missing.join(', ')}`);
  assertLanguageTag(tag);
  return texts as NoticeTexts;
}

function assertLanguageTag(tag: string): void {
  try {
    Intl.getCanonicalLocales(tag);
  } catch (error) {
    throw new RangeError(
      `cannot write notices in "${tag}": not a language tag; want one such as "ja" or "pt-BR"`,
      {
        cause: error,
      },
    );
  }
}

// The longest registered tag is 35 characters; a code that somebody made up is not worth reading further.
const LANGUAGE_CODE_CHARS_MAX = 35;

const TRADITIONAL = /^(zh|yue)(-hant\b|(-\w+)*-(tw|hk|mo)\b)|^yue(?!-hans\b)/;
const SIMPLIFIED = /^(zh|yue)\b/;

function findLanguage(
  code: string | undefined,
  byLowerCase: ReadonlyMap<string, string>,
): string | undefined {
  if (typeof code !== 'string' || code.length > LANGUAGE_CODE_CHARS_MAX) return undefined;
  const lower = code.trim().toLowerCase().replaceAll('_', '-');
  const exact = byLowerCase.get(lower);
  if (exact !== undefined) return exact;
  if (lower.startsWith('zh-hans')) return 'zh-Hans';
  if (TRADITIONAL.test(lower)) return 'zh-Hant';
  if (SIMPLIFIED.test(lower)) return 'zh-Hans';
  return byLowerCase.get(lower.split('-')[0] ?? '');
}

type TimeUnit = 'minute' | 'hour' | 'day';

/** A number and its unit in a language: "5 minutes". */
type AmountInWords = (count: number, unit: TimeUnit) => string;

function refusalText(ground: VerdictGround, texts: NoticeTexts, amount: AmountInWords): string {
  const { retryAfterMs } = ground;
  if (retryAfterMs === undefined) return texts.permanent;
  return sentenceOf(ground, texts).replaceAll('{time}', () => timeInWords(retryAfterMs, texts, amount));
}

function sentenceOf({ grade, by }: VerdictGround, texts: NoticeTexts): string {
  if (by === 'local') return texts.local;
  switch (grade) {
    case 'temporary':
      return texts.temporary;
    case 'extended':
      return texts.extended;
    case 'review_required':
      return texts.reviewRequired;
    case 'permanent':
      return texts.permanent;
  }
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

function timeInWords(ms: number, texts: NoticeTexts, amount: AmountInWords): string {
  if (!(ms >= MINUTE_MS)) return texts.soon;
  const [unit, unitMs] = unitOf(ms);
  return texts.about.replaceAll('{amount}', () => amount(Math.ceil(ms / unitMs), unit));
}

/** Minutes up to an hour and a half, hours up to a day and a half: "90 minutes" says more than "2 hours". */
function unitOf(ms: number): [unit: TimeUnit, unitMs: number] {
  const minutes = Math.ceil(ms / MINUTE_MS);
  if (minutes <= 90 && minutes !== 60) return ['minute', MINUTE_MS];
  return Math.ceil(ms / HOUR_MS) <= 36 && minutes !== 24 * 60 ? ['hour', HOUR_MS] : ['day', DAY_MS];
}
