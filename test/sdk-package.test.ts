/** `@vedette/sdk` as applications get it: packed, installed without a network, run as JavaScript, checked by TypeScript. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { promisify } from 'node:util';
import { blocksOf } from '../tools/docs/guide-blocks.ts';
import { projectRoot } from './support/peers.ts';
import { temporaryDirectory } from './support/vedette-process.ts';

const run = promisify(execFile);
const modules = path.join(projectRoot, 'node_modules');

interface Installed {
  /** An application's folder with the package and nothing else in node_modules. */
  readonly folder: string;
  readonly manifest: {
    readonly version: string;
    readonly dependencies?: Record<string, string>;
    readonly exports: Record<string, { readonly types: string; readonly default: string }>;
  };
}

async function install(folder: string): Promise<Installed> {
  const packing = await run(process.execPath, ['tools/pack-sdk.ts', '--out', folder], { cwd: projectRoot });
  const tarball = packing.stdout.trim().split('\n').at(-1) ?? '';
  writeFileSync(path.join(folder, 'package.json'), '{ "name": "app", "private": true, "type": "module" }\n');
  const options = ['--offline', '--no-audit', '--no-fund', '--ignore-scripts'];
  await run('npm', ['install', ...options, tarball], { cwd: folder });
  const file = path.join(folder, 'node_modules/@vedette/sdk/package.json');
  return { folder, manifest: JSON.parse(readFileSync(file, 'utf8')) as Installed['manifest'] };
}

/** What an application does first: count, guard, answer a scrape. Prints what it saw as JSON. */
const PROGRAM = `
import { createGuard, createMetricsRegistry, exposeMetrics } from '@vedette/sdk';
import { fakeGuard } from '@vedette/sdk/testing';

const registry = createMetricsRegistry({ prefix: 'shop_' });
const orders = registry.counter({ name: 'orders_total', help: 'Orders.', labelNames: ['kind'] });
orders.inc(1, 'new');

const guard = createGuard({
  server: { url: 'http://127.0.0.1:9' },
  ids: { mode: 'plain' },
  registry,
  whenUnavailable: 'closed',
});
const verdict = guard.attempt({ subject: 'u1', action: 'order' });
await guard.close();

const fake = fakeGuard();
console.log(JSON.stringify({
  verdict: verdict.kind,
  by: verdict.ground.by,
  fake: typeof fake,
  page: [...exposeMetrics(registry, 'prometheus')].join(''),
}));
`;

const CONSUMER = `
import { createGuard, createHttpMetrics, createMetricsRegistry, parseKeyFile, type Guard, type Verdict } from '@vedette/sdk';
import { createProcessingLock } from '@vedette/sdk/lock';
import { createRedisTransport } from '@vedette/sdk/redis';
import { watchRuntime } from '@vedette/sdk/runtime';
import { fakeGuard } from '@vedette/sdk/testing';
import { guardBot, telegramAdapter } from '@vedette/sdk/bot';

const registry = createMetricsRegistry();
export const guard: Guard = createGuard({
  server: { url: 'http://127.0.0.1:8080', token: process.env['VEDETTE_TOKEN'] },
  ids: { mode: 'pseudonym', keys: parseKeyFile('') },
  registry,
});
export const verdict: Verdict = guard.check({ scope: 'ip', id: '203.0.113.7' }, 'GET /');
export const used = [createHttpMetrics(registry), createProcessingLock(), createRedisTransport, watchRuntime, fakeGuard];
export const bot = guardBot(guard, telegramAdapter());
// @ts-expect-error: a guard without ids is a mistake that the types know.
createGuard({ server: { url: '' } });
`;

const ADAPTERS = `
import express from 'express';
import { fastify } from 'fastify';
import { Hono } from 'hono';
import Koa from 'koa';
import { createHttpMetrics, createMetricsRegistry, type Guard } from '@vedette/sdk';
import * as ofExpress from '@vedette/sdk/express';
import * as ofFastify from '@vedette/sdk/fastify';
import * as ofHono from '@vedette/sdk/hono';
import * as ofKoa from '@vedette/sdk/koa';
import { createLineBot } from '@vedette/sdk/line';

declare const guard: Guard;
const registry = createMetricsRegistry();
const metrics = createHttpMetrics(registry);
export const lineBot = createLineBot;
express()
  .use(ofExpress.expressMetrics(metrics))
  .use(ofExpress.guardMiddleware(guard, { subject: (request) => request.get('x-user'), registry }))
  .get('/metrics', ofExpress.metricsHandler(registry));
const app = fastify();
await app.register(ofFastify.fastifyMetrics(metrics));
await app.register(ofFastify.guardMiddleware(guard, { fallback: 'ip' }));
new Hono().use(ofHono.guardMiddleware(guard, { subject: (context) => context.req.header('x-user') }));
new Koa().use(ofKoa.guardMiddleware(guard, { subject: (context) => context.get('x-user') }));
`;

/** Gives the application what it would have installed itself. */
function link(folder: string, ...names: string[]): void {
  for (const name of names) {
    const target = path.join(folder, 'node_modules', name);
    mkdirSync(path.dirname(target), { recursive: true });
    symlinkSync(path.join(modules, name), target);
  }
}

/** Checks `files` (names and texts) as a strict project of its own; what the compiler says. */
async function typeCheck(
  folder: string,
  files: Readonly<Record<string, string>>,
  skipLibCheck: boolean,
): Promise<string> {
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
  const compilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    allowImportingTsExtensions: true,
    module: 'nodenext',
    target: 'es2023',
    lib: ['es2024'],
    types: ['node'],
    skipLibCheck,
  };
  const project = path.join(folder, 'tsconfig.json');
  writeFileSync(project, JSON.stringify({ compilerOptions, files: Object.keys(files) }));
  const compiler = path.join(modules, '.bin/tsc');
  return await run(compiler, ['-p', project], { cwd: folder }).then(
    ({ stdout }) => stdout,
    ({ stdout = '', message }: { stdout?: string; message: string }) => stdout || message,
  );
}

suite('the package @vedette/sdk', () => {
  let installed: Installed;
  const ends: (() => void)[] = [];
  before(async () => {
    installed = await install(temporaryDirectory({ after: (end) => void ends.push(end as () => void) }));
  });
  after(() => ends.forEach((end) => end()));

  test('it is installed without a network, alone', () => {
    const { folder, manifest } = installed;
    assert.deepEqual(manifest.dependencies ?? {}, {});
    assert.deepEqual(
      readdirSync(path.join(folder, 'node_modules')).filter((name) => !name.startsWith('.')),
      ['@vedette'],
    );
    const files = readdirSync(path.join(folder, 'node_modules/@vedette/sdk'), {
      recursive: true,
      encoding: 'utf8',
    });
    assert.deepEqual(
      files.filter(
        (name) => /test|fixture|bench|contract|(?<!\.d)\.ts$/.test(name) && !name.startsWith('testing'),
      ),
      [],
    );
    for (const name of ['README.md', 'LICENSE']) assert.ok(files.includes(name));
  });

  test('every entry can be imported where no peer is installed', async () => {
    const { folder, manifest } = installed;
    const names = Object.keys(manifest.exports).map((name) => path.posix.join('@vedette/sdk', name));
    assert.ok(names.length >= 12, names.join());
    const text = `for (const name of ${JSON.stringify(names)}) if (Object.keys(await import(name)).length === 0) throw new Error(name);`;
    await run(process.execPath, ['--input-type=module', '--eval', text], { cwd: folder });
  });

  test('a program in JavaScript counts, asks and answers a scrape', async () => {
    const { folder } = installed;
    writeFileSync(path.join(folder, 'program.js'), PROGRAM);
    const { stdout, stderr } = await run(process.execPath, ['program.js'], { cwd: folder });
    assert.equal(stderr, '');
    const seen = JSON.parse(stdout) as Record<string, string>;
    assert.equal(seen['verdict'], 'refuse');
    assert.equal(seen['by'], 'local');
    assert.match(seen['page'] ?? '', /^shop_orders_total\{kind="new"\} 1$/m);
    assert.match(seen['page'] ?? '', /^shop_guard_/m);
  });

  test('its declarations hold in a strict project that checks libraries, too', async () => {
    link(installed.folder, '@types/node', 'undici-types');
    assert.equal(await typeCheck(installed.folder, { 'consumer.ts': CONSUMER }, false), '');
    const wrong = CONSUMER.replace("'GET /')", '7)');
    assert.match(await typeCheck(installed.folder, { 'wrong.ts': wrong }, false), /error TS2345/);
  });

  test('the adapters fit the frameworks, and the README is right about them', async () => {
    const { folder } = installed;
    link(folder, 'express', '@types/express', 'fastify', 'hono', 'koa', '@types/koa', '@line/bot-sdk');
    link(folder, 'grammy', 'prom-client', 'redis');
    const blocks = blocksOf(readFileSync(path.join(folder, 'node_modules/@vedette/sdk/README.md'), 'utf8'));
    const files = blocks
      .filter(({ language }) => language === 'ts')
      .map(({ file = '', text }) => [file, text]);
    assert.ok(files.length >= 12 && files.every(([file]) => file !== ''), String(files.length));
    const texts: Record<string, string> = { 'adapters.ts': ADAPTERS, ...Object.fromEntries(files) };
    assert.equal(await typeCheck(folder, texts, true), '');
  });
});
