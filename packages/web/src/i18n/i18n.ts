import { createInstance, type i18n as I18n } from 'i18next';
import { getI18n, initReactI18next } from 'react-i18next';

/**
 * Texts by language, two JSON files each: `first-LANGUAGE.json` has the sections that the shell and Overview show and is
 * loaded before anything is drawn; `LANGUAGE.json` has all others and comes with the first other page, beside its code
 * (`withPageTexts`). English is the complete one and gives the keys their types.
 *
 * A new text: put it under a section of its page, in the one file of each language that has the section, and write
 * `t('section.name')`. Tests hold the languages to the same keys and placeholders, and the shell to its own sections.
 */
export const LANGUAGES = { en: 'English', 'zh-Hans': '简体中文', 'zh-Hant': '繁體中文' } as const;
export type Language = keyof typeof LANGUAGES;

type Loader = () => Promise<{ readonly default: object }>;

const LOADERS: Readonly<Record<Language, { readonly first: Loader; readonly pages: Loader }>> = {
  en: { first: () => import('./first-en.json'), pages: () => import('./en.json') },
  'zh-Hans': { first: () => import('./first-zh-hans.json'), pages: () => import('./zh-hans.json') },
  'zh-Hant': { first: () => import('./first-zh-hant.json'), pages: () => import('./zh-hant.json') },
};

const STORAGE_KEY = 'vedette.language';

/** The language to begin with: the one chosen before, else the first of the browser's that we have. */
export function languageOf(stored: string | null, wanted: readonly string[]): Language {
  if (stored !== null && isLanguage(stored)) return stored;
  for (const tag of wanted) {
    if (/^zh\b.*(hant|tw|hk|mo)/i.test(tag)) return 'zh-Hant';
    if (/^zh\b/i.test(tag)) return 'zh-Hans';
    if (/^en\b/i.test(tag)) return 'en';
  }
  return 'en';
}

/** Loads the first texts of the language to begin with. */
export async function startI18n(): Promise<I18n> {
  const language = languageOf(localStorage.getItem(STORAGE_KEY), navigator.languages);
  const texts = await LOADERS[language].first();
  const instance = createInstance();
  await instance.use(initReactI18next).init({
    lng: language,
    fallbackLng: 'en',
    resources: { [language]: { translation: texts.default } },
    // React escapes what it prints.
    interpolation: { escapeValue: false },
  });
  showLanguage(language);
  return instance;
}

/** The code of a page when its texts are there too. Both are fetched at once, and each file only once. */
export async function withPageTexts<Code>(code: Promise<Code>): Promise<Code> {
  const instance = getI18n();
  const language = instance.language as Language;
  try {
    const [loaded, texts] = await Promise.all([code, LOADERS[language].pages()]);
    addTexts(instance, language, texts);
    return loaded;
  } catch (fault) {
    // A server that answers has another version by now: the router loads the page anew. One that does not would leave
    // the browser's own "no connection" in place of everything that is still shown.
    const isAnswered = await fetch(document.baseURI, { method: 'HEAD' }).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isAnswered) throw fault;
    throw new PageLoadError('cannot load this page: the server does not answer; is it still running?');
  }
}

/** The code of a page, or its texts, could not be fetched. */
export class PageLoadError extends Error {}

/** Loads all texts of a language, shows it and remembers it. */
export async function changeLanguage(instance: I18n, language: Language): Promise<void> {
  const { first, pages } = LOADERS[language];
  for (const texts of await Promise.all([first(), pages()])) addTexts(instance, language, texts);
  await instance.changeLanguage(language);
  showLanguage(language);
  localStorage.setItem(STORAGE_KEY, language);
}

/** Beside the sections that are there already. */
function addTexts(instance: I18n, language: Language, texts: { readonly default: object }): void {
  instance.addResourceBundle(language, 'translation', texts.default, true);
}

/** Han characters are drawn differently per language: the browser must know which it is. An installed app is named in it, too. */
function showLanguage(language: Language): void {
  document.documentElement.lang = language;
  document
    .querySelector('link[rel=manifest]')
    ?.setAttribute('href', `manifest-${language.toLowerCase()}.webmanifest`);
}

function isLanguage(text: string): text is Language {
  return Object.hasOwn(LANGUAGES, text);
}
