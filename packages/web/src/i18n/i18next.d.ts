import type pages from './en.json';
import type first from './first-en.json';

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'translation';
    resources: { translation: typeof first & typeof pages };
  }
}
