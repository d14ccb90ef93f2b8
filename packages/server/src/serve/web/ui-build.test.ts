import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { test, type TestContext } from 'node:test';
import { SeededRandom } from '@vedette/model';
import { DiskFiles } from '../../lib/disk-files.ts';
import { SILENT_LOG } from '../../telemetry/log.ts';
import { createTestClock } from '../test-server.ts';
import { UiBuild, type UiBuildDeps } from './ui-build.ts';
import { BUILD_MS_MAX, runViteBuild, type BuildOutcome } from './vite-build.ts';

type RunBuild = UiBuildDeps['runBuild'];

function createProject(t: TestContext, files: Readonly<Record<string, string>>) {
  const root = mkdtempSync(path.join(tmpdir(), 'vedette-build-'));
  t.after(() => rmSync(root, { recursive: true }));
  const write = (file: string, text: string): void => {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), text);
  };
  for (const [file, text] of Object.entries(files)) write(file, text);
  let buildCount = 0;
  const clock = createTestClock();
  const random = new SeededRandom(1);
  const server = (runBuild: RunBuild): UiBuild =>
    new UiBuild({ clock, random, files: new DiskFiles(), log: SILENT_LOG, runBuild }, root);
  const run = async (outcome: BuildOutcome = { kind: 'built' }) => {
    const build = server(({ outDir }) => {
      buildCount++;
      assert.equal(build.state.kind, 'building');
      writePage(outDir, `build ${buildCount}`);
      return Promise.resolve(outcome);
    });
    await build.run();
    return build.state;
  };
  const page = (): string => readFileSync(path.join(root, 'packages/web/dist/index.html'), 'utf8');
  /** What lies in the UI's folder besides its sources. */
  const outputs = (): string[] =>
    readdirSync(path.join(root, 'packages/web')).filter((name) => name.startsWith('dist'));
  return { root, write, run, page, server, clock, outputs, buildCount: () => buildCount };
}

function writePage(directory: string, text: string): void {
  mkdirSync(directory, { recursive: true });
  writeFileSync(path.join(directory, 'index.html'), text);
}

const SOURCES = {
  'packages/web/src/main.tsx': 'main',
  'packages/web/index.html': 'page',
  'packages/api/src/live.ts': 'live',
};

test('the UI is built once and then served until a source changes', async (t) => {
  const project = createProject(t, SOURCES);
  assert.equal((await project.run()).kind, 'ready');
  assert.equal(project.page(), 'build 1');
  assert.equal((await project.run()).kind, 'ready');
  assert.equal(project.buildCount(), 1);
  project.write('packages/api/src/live.ts', 'changed');
  await project.run();
  assert.equal(project.page(), 'build 2');
  project.write('packages/web/src/new.ts', '');
  await project.run();
  assert.equal(project.buildCount(), 3);
});

test('tests of the UI change nothing', async (t) => {
  const project = createProject(t, SOURCES);
  await project.run();
  project.write('packages/web/src/main.test.tsx', 'x');
  await project.run();
  assert.equal(project.buildCount(), 1);
});

test('a failed build is told with its reason, leaves the former one, and is tried again', async (t) => {
  const project = createProject(t, SOURCES);
  await project.run();
  project.write('packages/web/src/main.tsx', 'broken');
  assert.deepEqual(await project.run({ kind: 'failed', reason: 'no' }), { kind: 'failed', reason: 'no' });
  assert.equal(project.page(), 'build 1');
  assert.deepEqual(project.outputs(), ['dist']);
  assert.equal((await project.run()).kind, 'ready');
  assert.equal(project.page(), 'build 3');
});

/** A build that ends when the test says so. */
function pausedBuild(text: string) {
  const { promise, resolve } = Promise.withResolvers<BuildOutcome>();
  const began = Promise.withResolvers<string>();
  const runBuild: RunBuild = ({ outDir, signal }) => {
    writePage(outDir, text);
    signal.addEventListener('abort', () => resolve({ kind: 'failed', reason: 'aborted' }));
    began.resolve(outDir);
    return promise;
  };
  return { runBuild, began: began.promise, finish: () => resolve({ kind: 'built' }) };
}

test('two servers that build at the same time do not touch each other, and both get a whole UI', async (t) => {
  const project = createProject(t, { ...SOURCES, 'packages/web/dist/index.html': 'old' });
  const builds = [pausedBuild('first'), pausedBuild('second')] as const;
  const servers = builds.map(({ runBuild }) => project.server(runBuild));
  const runs = servers.map((server) => server.run());
  const [first, second] = await Promise.all(builds.map(({ began }) => began));
  assert.notEqual(first, second);
  builds[0].finish();
  await runs[0];
  assert.equal(project.page(), 'first');
  assert.equal(readFileSync(path.join(second ?? '', 'index.html'), 'utf8'), 'second', 'still being built');
  builds[1].finish();
  await runs[1];
  assert.deepEqual(
    servers.map(({ state }) => state.kind),
    ['ready', 'ready'],
  );
  assert.equal(project.page(), 'first', 'the same sources: the one that is served stays');
  assert.deepEqual(project.outputs(), ['dist']);
});

test('two builds that end in the same moment leave one whole UI and nothing else', async (t) => {
  for (let round = 0; round < 20; round++) {
    const project = createProject(t, { ...SOURCES, 'packages/web/dist/index.html': 'old' });
    const builds = ['first', 'second', 'third'].map(pausedBuild);
    const servers = builds.map(({ runBuild }) => project.server(runBuild));
    const runs = servers.map((server) => server.run());
    await Promise.all(builds.map(({ began }) => began));
    for (const build of builds) build.finish();
    await Promise.all(runs);
    assert.deepEqual(
      servers.map(({ state }) => state),
      servers.map(() => ({ kind: 'ready', root: path.join(project.root, 'packages/web/dist') })),
    );
    assert.match(project.page(), /^(?:first|second|third)$/);
    assert.deepEqual(project.outputs(), ['dist']);
  }
});

test('what a killed build left behind is removed, what may still be building is not', async (t) => {
  const project = createProject(t, SOURCES);
  const nowMs = project.clock.nowMs();
  const id = '00000000-0000-4000-8000-000000000000';
  const young = `dist.next-${nowMs - BUILD_MS_MAX}-${id}`;
  for (const name of [
    'dist.next',
    `dist.next-${nowMs - BUILD_MS_MAX - 1}-${id}`,
    `dist.next-1-${id}-old`,
    young,
  ])
    project.write(`packages/web/${name}/index.html`, 'half');
  project.write('packages/web/dist.notes/mine.txt', 'not ours');
  await project.run();
  assert.deepEqual(project.outputs(), ['dist', young, 'dist.notes']);
  assert.equal(project.page(), 'build 1');
});

test('a server that stops while it builds leaves nothing behind', async (t) => {
  const project = createProject(t, SOURCES);
  const build = pausedBuild('half');
  const server = project.server(build.runBuild);
  void server.run();
  await build.began;
  await server.close();
  assert.deepEqual(project.outputs(), []);
});

test('an installation that ships the built UI alone serves it', async (t) => {
  const project = createProject(t, { 'packages/web/dist/index.html': 'shipped' });
  assert.equal((await project.run()).kind, 'ready');
  assert.equal(project.buildCount(), 0);
  const empty = createProject(t, { 'packages/api/src/live.ts': 'x' });
  const state = await empty.run();
  assert.match(state.kind === 'failed' ? state.reason : '', /neither the built UI nor its sources/);
});

test('a build process that fails says what it printed, one that cannot start too', async (t) => {
  const project = createProject(t, {
    'node_modules/vite/bin/vite.js': 'console.error("cannot find main.tsx"); process.exit(3)',
    'packages/web/index.html': '',
  });
  const signal = new AbortController().signal;
  const outDir = path.join(project.root, 'out');
  assert.deepEqual(await runViteBuild({ root: project.root, outDir, signal }), {
    kind: 'failed',
    reason: 'cannot find main.tsx\n(ended with 3)',
  });
  const nowhere = await runViteBuild({ root: path.join(project.root, 'nowhere'), outDir, signal });
  assert.match(nowhere.kind === 'failed' ? nowhere.reason : '', /ENOENT/);
});

test('a build is ended when the server stops', async (t) => {
  const project = createProject(t, {
    'node_modules/vite/bin/vite.js': 'console.log("begun"); setInterval(() => {}, 1000)',
    'packages/web/index.html': '',
  });
  const stop = new AbortController();
  const outcome = runViteBuild({ root: project.root, outDir: 'out', signal: stop.signal });
  stop.abort();
  assert.match(JSON.stringify(await outcome), /"failed".*SIGKILL/, 'resolved before the child had ended');
});
