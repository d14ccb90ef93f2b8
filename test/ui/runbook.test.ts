/** Runbooks are files of others: Markdown that would run, fetch or overflow something stays text on its page. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { PEERS, skipWithout } from '../support/peers.ts';
import { until } from '../support/until.ts';
import type { Lifetime, VedetteProcess } from '../support/vedette-process.ts';
import { launchChromium, openPage, overflowOf } from './chromium.ts';
import { startWithUi } from './scene.ts';

const skip = skipWithout(PEERS.chromium);

const HTML = [
  '<script>alert(1)</script>',
  '<img src="https://evil.invalid/x.png" onerror="alert(1)">',
  '<svg onload=alert(1)><a href="javascript:alert(1)">x</a></svg>',
  '<iframe src="javascript:alert(1)"></iframe>',
  '<form action="javascript:alert(1)"><input autofocus onfocus=alert(1)></form>',
  '<style>@import "https://evil.invalid/x.css"; * { background: url(https://evil.invalid/x) }</style>',
  '<meta http-equiv="refresh" content="0;url=https://evil.invalid/">',
  '<base href="https://evil.invalid/">',
];

const LINKS = [
  'javascript:alert(1)',
  'JaVaScRiPt:alert(1)',
  'java&#115;cript:alert(1)',
  'data:text/html,<script>alert(1)</script>',
  'vbscript:msgbox(1)',
  '//evil.invalid/x',
  'file:///etc/passwd',
  'https://example.invalid/"onmouseover="alert(1)',
];

const COLUMNS = 60;
const ROWS = 60;

const MARKDOWN = `# Hostile

${HTML.join('\n\n')}

${LINKS.map((url) => `[pressed ${url.length}](${url}) ![drawn](${url}) <${url}>`).join('\n\n')}

![a picture](https://evil.invalid/pixel.png) [![both](https://evil.invalid/pixel.png)](https://example.invalid/)

[ok](https://example.invalid/good)

> ${HTML.join(' ')}

- ${HTML.join('\n- ')}

\`${HTML[0]}\`

\`\`\`html onload=alert(1)
${HTML.join('\n')}
\`\`\`

|${' column |'.repeat(COLUMNS)}
|${' --- |'.repeat(COLUMNS)}
${`|${' <b onclick=alert(1)>cell</b> |'.repeat(COLUMNS)}\n`.repeat(ROWS)}

${'> '.repeat(2000)}deep

${'*_'.repeat(2000)}

The last line.
`;

/** Run before everything else of the page: notes what must not happen. */
const TRAP = `
  window.__hits = [];
  for (const name of ['alert', 'confirm', 'prompt', 'open']) window[name] = () => { window.__hits.push(name); };
  document.addEventListener('securitypolicyviolation', (event) =>
    window.__hits.push('policy ' + event.violatedDirective + ' ' + event.blockedURI));
`;

let browser: Browser;
let vedette: VedetteProcess;
const ends: (() => unknown)[] = [];
const lifetime: Lifetime = { after: (end) => void (end !== undefined && ends.push(end as () => unknown)) };

before(async () => {
  if (skip !== false) return;
  browser = await launchChromium();
  vedette = await startWithUi(lifetime);
});

after(async () => {
  if (skip !== false) return;
  await browser.close();
  for (const end of ends.reverse()) await end();
});

test(
  'a hostile runbook runs nothing, fetches nothing, leads nowhere bad, and does not hold the page',
  { skip },
  async () => {
    const elsewhere: string[] = [];
    await using opened = await openPage(browser, `${vedette.url}/runbook/Hostile`, {
      width: 390,
      serviceWorkers: 'block',
      // Of the trap below; what the policy refused before is among the hits.
      expected: /Content Security Policy/,
      prepare: async (page) => {
        await page.addInitScript(TRAP);
        page.on('request', (request) => {
          const { origin, protocol } = new URL(request.url());
          if (!/^(?:data|blob):$/.test(protocol) && origin !== vedette.url) elsewhere.push(request.url());
        });
        await page.route('**/runbooks/Hostile', (route) =>
          route.fulfill({ contentType: 'text/markdown; charset=utf-8', body: MARKDOWN }),
        );
      },
    });
    const { page } = opened;
    await page.getByText('<script>alert(1)</script>').first().waitFor();
    assert.equal(await page.getByText('The last line.').count(), 1, 'it is shown to its end');
    // What waits for the pointer, the keyboard or a press gets them.
    await page.evaluate(PROVOKE);
    const found = await page.evaluate<Found>(FOUND);
    assert.ok(found.links.includes('https://example.invalid/good'));
    assert.deepEqual(
      found.links.filter((link) => !link.startsWith('https://')),
      [],
    );
    assert.equal(found.live, 0, 'no element came to life');
    assert.equal(found.rows, ROWS, 'of a long table every row is there');
    assert.equal(await overflowOf(page), 0);
    assert.deepEqual([...elsewhere, ...(await hitsOf(page))], []);
    assert.equal(page.url(), `${vedette.url}/runbook/Hostile`);

    // The trap closes on what does run.
    await page.evaluate(
      `document.querySelector('article').insertAdjacentHTML('beforeend', '<img src="https://evil.invalid/x" onerror=alert(1)>'); alert(1)`,
    );
    await until('hits', async () => {
      const hits = (await hitsOf(page)).join();
      return hits.includes('alert') && hits.includes('policy') ? true : undefined;
    });
  },
);

test('a runbook leads to the one that it names, and to no other page', { skip }, async () => {
  await using opened = await openPage(browser, `${vedette.url}/runbook/ServiceDown`, { width: 1440 });
  const { page } = opened;
  const link = page.getByRole('article').getByRole('link', { name: 'TargetDown', exact: true });
  await link.first().click();
  await page.getByRole('heading', { level: 1, name: 'TargetDown' }).waitFor();
  await page.getByText('has not answered its scrapes').waitFor();
  assert.equal(page.url(), `${vedette.url}/runbook/TargetDown`);
});

const hitsOf = async (page: Page): Promise<readonly string[]> =>
  await page.evaluate<string[]>('window.__hits');

const PROVOKE = `for (const one of document.querySelectorAll('article *')) {
  for (const kind of ['mouseover', 'focus', 'click'])
    if (kind !== 'click' || one.closest('a') === null) one.dispatchEvent(new MouseEvent(kind, { bubbles: true, cancelable: true }));
}`;

interface Found {
  readonly links: readonly string[];
  readonly live: number;
  readonly rows: number;
}

const FOUND = `({
  links: [...document.querySelectorAll('article a:not([href^="/alerts"])')].map((a) => a.href),
  live: document.querySelectorAll(
    'article :is(script, img, svg, iframe, form, input, style, meta, base, object, embed, link)').length +
    [...document.querySelectorAll('article *')].filter((one) => one.getAttributeNames().some((name) => name.startsWith('on'))).length,
  rows: document.querySelectorAll('article tbody tr').length,
})`;
