import { createHash } from 'node:crypto';
import type { HttpAnswer } from '../http/route.ts';

const STYLE =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:15vh auto;padding:0 1rem;color:#1c2430;background:#fbfbfd}' +
  'pre{white-space:pre-wrap;background:#eef0f4;padding:1rem;border-radius:6px;font-size:13px}' +
  '@media(prefers-color-scheme:dark){body{color:#e6e9ef;background:#14171c}pre{background:#20252d}}';

const POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; frame-ancestors 'none'`;

const REFRESH_SECONDS = 2;

/** Shown while the UI is being built; loads itself again. */
export function buildingPage(): HttpAnswer {
  return page(
    503,
    'Vedette is building its user interface',
    '<p>This happens once after an installation or an update and takes some seconds. The server is already watching; this page loads itself again.</p>',
    { 'retry-after': String(REFRESH_SECONDS), refresh: String(REFRESH_SECONDS) },
  );
}

/** Shown when there is no UI to show. */
export function failedPage(reason: string): HttpAnswer {
  return page(
    500,
    'The user interface could not be built',
    `<p>The server itself works: scraping, rules, alerts and the API are not affected. What the build said:</p><pre>${escapeHtml(reason)}</pre><p>Correct the cause, then restart the server.</p>`,
    {},
  );
}

/** Shown when a sign-in at a provider came to nothing. */
export function refusedSignInPage(status: number, reason: string): HttpAnswer {
  return page(
    status,
    'You are not signed in',
    `<p>${escapeHtml(reason)}.</p><p><a href="../../../">Back to the start page</a></p>`,
    {},
  );
}

function page(status: number, title: string, body: string, headers: Record<string, string>): HttpAnswer {
  return {
    status,
    headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': POLICY, ...headers },
    body: `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title><style>${STYLE}</style><h1>${title}</h1>${body}</html>`,
  };
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
