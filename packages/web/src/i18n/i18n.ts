import { createInstance, type i18n as I18n } from 'i18next';
import { initReactI18next } from 'react-i18next';

/**
 * Texts by language, one JSON file each, loaded when the language is chosen. `en.json` is the complete
 * one and gives the keys their types; a test holds the others to the same keys and placeholders.
 */
export const LANGUAGES = { en: 'English', 'zh-Hans': '简体中文', 'zh-Hant': '繁體中文' } as const;
export type Language = keyof typeof LANGUAGES;

const LOADERS: Readonly<Record<Language, () => Promise<{ default: object }>>> = {
  en: () => import('./en.json'),
  'zh-Hans': () => import('./zh-hans.json'),
  'zh-Hant': () => import('./zh-hant.json'),
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

/** Loads the texts of the language to begin with. */
export async function startI18n(): Promise<I18n> {
  const language = languageOf(localStorage.getItem(STORAGE_KEY), navigator.languages);
  const texts = await LOADERS[language]();
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

/** Loads a language, shows it and remembers it. */
export async function changeLanguage(instance: I18n, language: Language): Promise<void> {
  if (!instance.hasResourceBundle(language, 'translation'))
    instance.addResourceBundle(language, 'translation', (await LOADERS[language]()).default);
  await instance.changeLanguage(language);
  showLanguage(language);
  localStorage.setItem(STORAGE_KEY, language);
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
