import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { test, type TestContext } from 'node:test';
import { DiskFiles } from '../../lib/disk-files.ts';
import { SILENT_LOG } from '../../telemetry/log.ts';
import { UiBuild } from './ui-build.ts';
import { runViteBuild, type BuildOutcome } from './vite-build.ts';

function createProject(t: TestContext, files: Readonly<Record<string, string>>) {
  const root = mkdtempSync(path.join(tmpdir(), 'vedette-build-'));
  t.after(() => rmSync(root, { recursive: true }));
  const write = (file: string, text: string): void => {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), text);
  };
  for (const [file, text] of Object.entries(files)) write(file, text);
  let buildCount = 0;
  const run = async (outcome: BuildOutcome = { kind: 'built' }) => {
    const build = new UiBuild(
      {
        files: new DiskFiles(),
        log: SILENT_LOG,
        runBuild: ({ outDir }) => {
          buildCount++;
          assert.equal(build.state.kind, 'building');
          mkdirSync(outDir, { recursive: true });
          writeFileSync(path.join(outDir, 'index.html'), `build ${buildCount}`);
          return Promise.resolve(outcome);
        },
      },
      root,
    );
    await build.run();
    return build.state;
  };
  const page = (): string => readFileSync(path.join(root, 'packages/web/dist/index.html'), 'utf8');
  return { root, write, run, page, buildCount: () => buildCount };
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
  assert.equal(existsSync(path.join(project.root, 'packages/web/dist.next')), false);
  assert.equal((await project.run()).kind, 'ready');
  assert.equal(project.page(), 'build 3');
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
  assert.equal((await outcome).kind, 'failed');
});
