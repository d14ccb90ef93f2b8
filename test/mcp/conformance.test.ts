/** The conformance suite of the protocol against the product, and against its endpoint with the suite's own tools. */
import assert from 'node:assert/strict';
import * as path from 'node:path';
import { test, type TestContext } from 'node:test';
import { startFixtureServer } from '../../packages/server/src/serve/mcp/conformance-fixture.ts';
import { libraryOf, runbookOf } from '../../packages/server/src/serve/mcp/content/runbook-fixture.ts';
import { startTestServer } from '../../packages/server/src/serve/test-server.ts';
import { startVedette } from '../support/vedette-process.ts';
import { runReferee } from './run-referee.ts';

const EXPECTED_FAILURES = path.join(import.meta.dirname, 'expected-failures.yml');

/** Scenarios that need no tools of the suite's own. */
const OF_PRODUCT = {
  '2026-07-28': [
    'tools-list',
    'resources-list',
    'prompts-list',
    'server-sse-multiple-streams',
    'sep-2164-resource-not-found',
    'dns-rebinding-protection',
    'caching',
    'http-header-validation',
    'input-required-result-missing-input-response',
    'input-required-result-unsupported-methods',
    'input-required-result-ignore-extra-params',
    'input-required-result-validate-input',
  ],
  '2025-11-25': [
    'server-initialize',
    'ping',
    'tools-list',
    'resources-list',
    'prompts-list',
    'server-sse-multiple-streams',
    'dns-rebinding-protection',
  ],
} as const;

/** Names of the scenarios of a summary that passed. */
const passedIn = (stdout: string): readonly string[] =>
  [...stdout.matchAll(/^✓ (\S+): \d+ passed, 0 failed/gm)].map(([, name = '']) => name);

for (const [revision, scenarios] of Object.entries(OF_PRODUCT))
  test(`the product passes what ${revision} asks of every server`, async (t) => {
    const { url } = await startVedette(t);
    const { stdout, stderr } = await runReferee(t, 'conformance', [
      'server',
      '--url',
      `${url}/mcp`,
      '--requirements',
      revision,
    ]);
    const passed = passedIn(stdout);
    assert.deepEqual(
      scenarios.filter((name) => !passed.includes(name)),
      [],
      stdout + stderr,
    );
  });

async function judgeFixture(t: TestContext, choice: readonly string[]): Promise<string> {
  const fixture = await startFixtureServer();
  t.after(() => fixture.close());
  const { code, stdout, stderr } = await runReferee(t, 'conformance', [
    'server',
    '--url',
    `${fixture.address}/mcp`,
    '--expected-failures',
    EXPECTED_FAILURES,
    ...choice,
  ]);
  assert.equal(code, 0, stdout + stderr);
  return stdout;
}

test('everything that 2026-07-28 requires passes, without an exception', async (t) => {
  const stdout = await judgeFixture(t, ['--requirements', '2026-07-28']);
  assert.equal(passedIn(stdout).filter((name) => !name.startsWith('tasks-')).length, 39, stdout);
});

test('what 2025-11-25 requires passes, but for what takes a session', async (t) => {
  const stdout = await judgeFixture(t, ['--requirements', '2025-11-25']);
  assert.ok(passedIn(stdout).length >= 25, stdout);
});

test('the suite that is active today passes', async (t) => {
  assert.ok(passedIn(await judgeFixture(t, ['--suite', 'active'])).length >= 25);
});

for (const scenario of ['sep-2640-skills-enumeration', 'sep-2640-skills-manifest'])
  test(`runbooks as skills pass ${scenario}`, async (t) => {
    const library = libraryOf([runbookOf('DiskFull'), runbookOf('HighCPUUsage', { owner: 'web' })]);
    const server = await startTestServer({ library: () => Promise.resolve(library) });
    t.after(() => server.close());
    const args = ['server', '--url', `${server.address}/mcp`, '--scenario', scenario];
    const { code, stdout, stderr } = await runReferee(t, 'conformance', args);
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /Passed: [1-9]\d*\/|[1-9]\d* passed, 0 failed/);
  });
