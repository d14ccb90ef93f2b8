/** Accounts in the pages: the first start of a server that others reach, roles, tokens, and access lost on an open page. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { PEERS, skipWithout } from '../support/peers.ts';
import { until } from '../support/until.ts';
import type { VedetteProcess } from '../support/vedette-process.ts';
import { launchChromium, loadsOf, openPage, type OpenPage } from './chromium.ts';
import { startWithUi } from './scene.ts';

const skip = skipWithout(PEERS.chromium);
const PASSWORD = 'correct horse battery';
/** The console names every answer that refuses; these are what the journey is about. */
const REFUSALS = /status of 40[13]|HTTP Authentication failed|response code: 403/;
/** It takes moments where nobody else works; the look that comes anyway, a minute after the page was opened, is no answer. */
const TOLD_MS_MAX = 40_000;

let browser: Browser | undefined;

before(async () => {
  if (skip === false) browser = await launchChromium();
});

after(() => browser?.close());

async function open(url: string): Promise<OpenPage> {
  assert.ok(browser);
  return await openPage(browser, url, { width: 1440, expected: REFUSALS });
}

async function createAccount(page: Page, name: string, role: string): Promise<void> {
  await page.getByRole('button', { name: 'Create account' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill(name);
  await dialog.getByRole('radio', { name: role }).check();
  await dialog.getByLabel('New password', { exact: true }).fill(PASSWORD);
  await dialog.getByRole('button', { name: 'Create account' }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.getByRole('button', { name: `Disable: ${name}` }).waitFor();
}

async function signIn(page: Page, name: string): Promise<void> {
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill(name);
  await dialog.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await dialog.getByRole('button', { name: 'Sign in', exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
}

async function setUp(vedette: VedetteProcess): Promise<OpenPage> {
  const link = await until('the link', () => /http\S+\/setup#k=[\w-]+/.exec(vedette.stderr())?.[0]);
  const opened = await open(link.replace(/^http:\/\/[^/]+/, vedette.url));
  const { page } = opened;
  await page.getByLabel('Name').fill('root');
  await page.getByLabel('New password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Create account and sign in' }).click();
  await page.locator('.uplot canvas').first().waitFor();
  assert.equal(page.url(), `${vedette.url}/`, 'the spent key is out of the address');
  return opened;
}

test('from the one-time link to roles, open pages that lose access, and tokens', { skip }, async (t) => {
  const vedette = await startWithUi(t, {
    args: ['--no-host'],
    config: 'server: { accounts: enabled }\nguard: { mode: enforce, ids: plain }\n',
  });
  await using root = await setUp(vedette);
  const admin = root.page;
  await admin.goto(`${vedette.url}/settings/accounts`);
  await createAccount(admin, 'vera', 'viewer');
  await createAccount(admin, 'otto', 'operator');

  await t.test('a viewer sees dashboards and nothing to change them with', async () => {
    await using second = await open(`${vedette.url}/dashboards/vedette-server`);
    const { page } = second;
    await signIn(page, 'vera');
    await page.locator('canvas').first().waitFor();
    assert.equal(await page.getByRole('button', { name: 'Edit', exact: true }).count(), 0);
    await page.getByRole('button', { name: 'More actions' }).click();
    await page.getByRole('menuitem', { name: 'Download JSON' }).waitFor();
    assert.equal(await page.getByRole('menuitem', { name: 'Versions' }).count(), 0);
    await page.goto(`${vedette.url}/settings/accounts`);
    await page.getByText('This needs the role administrator').waitFor();
    await page.goto(`${vedette.url}/guard`);
    await page.getByText(/^Decisions name people/).waitFor();
  });

  await t.test('who is lowered is told at once, and loses what only the old role sees', async () => {
    await using second = await open(`${vedette.url}/guard`);
    const { page } = second;
    await signIn(page, 'otto');
    const cookie = (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join('; ');
    const actions = Array.from({ length: 60 }, () => ({ subject: 'mallory', action: 'search' }));
    const sent = await page.request.post(`${vedette.url}/guard/actions`, {
      headers: { origin: vedette.url, cookie },
      data: { actions },
    });
    assert.equal(sent.status(), 200, await sent.text());
    await page.getByText('mallory').first().waitFor();
    const loads = loadsOf(page);
    await admin.getByRole('button', { name: 'Change role: otto' }).click();
    const dialog = admin.getByRole('dialog');
    await dialog.getByRole('radio', { name: 'viewer' }).check();
    const changed = admin.waitForResponse((response) => response.request().method() === 'PUT');
    await dialog.getByRole('button', { name: 'Change role' }).click();
    await changed;
    await page.getByText('Your role is now: viewer').waitFor({ timeout: TOLD_MS_MAX });
    await page.getByText('mallory').first().waitFor({ state: 'detached' });
    assert.equal(loads(), 0, 'nothing is loaded anew');
    await page.getByRole('button', { name: 'Understood' }).click();
    await page.getByText('Your role is now').waitFor({ state: 'detached' });
  });

  await t.test('who is disabled is told at once, and the page is empty', async () => {
    await using second = await open(`${vedette.url}/alerts`);
    const { page } = second;
    await signIn(page, 'vera');
    await page.getByRole('region', { name: 'Watchdog' }).waitFor();
    const loads = loadsOf(page);
    await admin.getByRole('button', { name: 'Disable: vera' }).click();
    const changed = admin.waitForResponse((response) => response.request().method() === 'PUT');
    await admin.getByRole('dialog').getByRole('button', { name: 'Disable' }).click();
    await changed;
    await page.getByText('You are not signed in any more').waitFor({ timeout: TOLD_MS_MAX });
    await page.getByRole('region', { name: 'Watchdog' }).waitFor({ state: 'detached' });
    assert.equal(await page.locator('main').count(), 0);
    assert.equal(loads(), 0, 'nothing is loaded anew');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await signIn(page, 'otto');
    await page.getByRole('region', { name: 'Watchdog' }).waitFor();
  });

  await t.test('a token is shown once, opens what it says, and is refused once revoked', async () => {
    await admin.goto(`${vedette.url}/settings/tokens`);
    await admin.getByRole('button', { name: 'Create token' }).click();
    const dialog = admin.getByRole('dialog');
    await dialog.getByLabel('Name').fill('grafana');
    await dialog.getByRole('button', { name: 'Create token' }).click();
    const secret = await dialog.locator('code').first().innerText();
    await dialog.getByRole('button', { name: 'I have copied it' }).click();
    await admin.getByRole('button', { name: 'Revoke: grafana' }).waitFor();
    assert.ok(!(await admin.content()).includes(secret), 'it is shown once');
    const ask = async (): Promise<number> => {
      const headers = { authorization: `Bearer ${secret}` };
      return (await vedette.get('/api/v1/query?query=1', { headers })).status;
    };
    assert.equal(await ask(), 200);
    await admin.getByRole('button', { name: 'Revoke: grafana' }).click();
    const revoked = admin.waitForResponse((response) => response.request().method() === 'DELETE');
    await admin.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await revoked;
    assert.equal(await ask(), 401);
  });
});
