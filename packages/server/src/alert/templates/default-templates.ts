/** Our default texts, the first of the files that `createNotificationTemplates` gets; people's own files come after. */
import type { TemplateFile } from '@vedette/gotemplate';
import { MAIL_TEXTS } from './mail.ts';
import { MESSAGE_TEXTS } from './texts.ts';

export const DEFAULT_TEMPLATES: readonly TemplateFile[] = [
  { name: 'vedette-messages.tmpl', text: MESSAGE_TEXTS },
  { name: 'vedette-mail.tmpl', text: MAIL_TEXTS },
];
