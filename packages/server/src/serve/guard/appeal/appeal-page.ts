/**
 * The page behind the link of an appeal: HTML with everything in it, no script, nothing loaded from anywhere, readable
 * without styles, by screen readers and on phones. What others wrote is escaped.
 */
import { createHash } from 'node:crypto';
import type { HttpAnswer } from '../../http/route.ts';
import { APPEAL_WORDS, type AppealLanguage } from './appeal-words.ts';

const STYLE = `
:root { color-scheme: light dark; }
body { font: 1.0625rem/1.6 system-ui, sans-serif; max-width: 36rem; margin: 0 auto; padding: 1.5rem; }
h1 { font-size: 1.5rem; line-height: 1.25; }
label { display: block; font-weight: 600; }
textarea { box-sizing: border-box; width: 100%; min-height: 9rem; margin: 0.5rem 0; padding: 0.5rem; font: inherit; }
button { min-height: 2.75rem; padding: 0 1.5rem; font: inherit; font-weight: 600; }
.fault { border-inline-start: 0.25rem solid #c92a2a; padding-inline-start: 0.75rem; }
`;

/** Nothing but this style, and a form that leads back here. */
const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

export interface AppealPage {
  readonly status: number;
  readonly language: AppealLanguage;
  readonly title: string;
  /** Paragraphs, as text. */
  readonly paragraphs: readonly string[];
  /** The form, with what was wrong with the last try. */
  readonly form?: { readonly fault: string | undefined };
}

export function appealAnswer(page: AppealPage, headers: Readonly<Record<string, string>> = {}): HttpAnswer {
  return {
    status: page.status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-language': page.language,
      'content-security-policy': POLICY,
      // The address is the key: it goes nowhere else.
      'referrer-policy': 'no-referrer',
      'x-robots-tag': 'noindex',
      vary: 'accept-language',
      ...headers,
    },
    body: `<!doctype html>
<html lang="${page.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(page.title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escapeHtml(page.title)}</h1>
${page.paragraphs.map((text) => `<p>${escapeHtml(text)}</p>\n`).join('')}${page.form === undefined ? '' : formHtml(page.language, page.form.fault)}</main>
</body>
</html>
`,
  };
}

/** Without an action a form comes back to its own address, under whatever prefix a proxy put before it. */
function formHtml(language: AppealLanguage, fault: string | undefined): string {
  const words = APPEAL_WORDS[language];
  const told =
    fault === undefined ? '' : `<p class="fault" role="alert" id="fault">${escapeHtml(fault)}</p>\n`;
  const described = fault === undefined ? 'hint' : 'hint fault';
  return `<form method="post">
${told}<label for="text">${escapeHtml(words.label)}</label>
<textarea id="text" name="text" required maxlength="2000" aria-describedby="${described}"></textarea>
<p id="hint">${escapeHtml(words.hint)}</p>
<button type="submit">${escapeHtml(words.send)}</button>
</form>
`;
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`);
}
