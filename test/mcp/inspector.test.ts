/** The Inspector's command line against the real server, in both eras. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { libraryOf, runbookOf } from '../../packages/server/src/serve/mcp/content/runbook-fixture.ts';
import { startTestServer } from '../../packages/server/src/serve/test-server.ts';
import { startVedette } from '../support/vedette-process.ts';
import type { Ran } from '../support/run-program.ts';
import { runReferee } from './run-referee.ts';

const ERAS = ['legacy', 'modern'] as const;
const PATHS = ['/mcp', '/mcp/prometheus'] as const;

/** As its documentation has them. */
const EXIT_OK = 0;
const EXIT_TOOL_ERROR = 5;

interface ListedTool {
  readonly name: string;
  readonly inputSchema: { readonly required?: readonly string[] };
  readonly annotations?: { readonly readOnlyHint?: boolean };
}

async function inspect(t: TestContext, url: string, args: readonly string[]): Promise<Ran> {
  return await runReferee(t, 'inspector', [
    '--cli',
    url,
    '--transport',
    'http',
    '--format',
    'json',
    '-q',
    ...args,
  ]);
}

const callArgs = (name: string, args: object): readonly string[] => [
  '--method',
  'tools/call',
  '--tool-name',
  name,
  '--tool-args-json',
  JSON.stringify(args),
];

test('the strict list of tools has no errors on either endpoint in either era', async (t) => {
  const { url } = await startVedette(t);
  for (const path of PATHS)
    for (const era of ERAS) {
      const list = ['--method', 'tools/list', '--strict', '--protocol-era', era];
      const { code, stdout, stderr } = await inspect(t, url + path, list);
      assert.equal(code, EXIT_OK, `${path} ${era}: ${stdout}${stderr}`);
      const { result } = JSON.parse(stdout) as { result: { tools: readonly ListedTool[] } };
      assert.ok(result.tools.every(({ annotations }) => annotations !== undefined));
    }
});

test('a call and a query are answered in both eras; a wrong one exits with 5', async (t) => {
  const { url } = await startVedette(t);
  const address = `${url}/mcp`;
  const { stdout: listed } = await inspect(t, address, ['--method', 'tools/list']);
  const { result } = JSON.parse(listed) as { result: { tools: readonly ListedTool[] } };
  const query = result.tools.find(({ inputSchema }) => inputSchema.required?.join() === 'query');
  for (const era of ERAS) {
    const calls: (readonly [string, object])[] = [['overview', {}]];
    if (query !== undefined) calls.push([query.name, { query: 'up' }]);
    for (const [name, args] of calls) {
      const { code, stdout, stderr } = await inspect(t, address, [
        ...callArgs(name, args),
        '--protocol-era',
        era,
      ]);
      assert.equal(code, EXIT_OK, `${name} ${era}: ${stdout}${stderr}`);
      assert.match(stdout, /"type":"text"/);
    }
  }
  const check = async (args: readonly string[]): Promise<void> => {
    const { code, stdout, stderr } = await inspect(t, address, args);
    assert.equal(code, EXIT_TOOL_ERROR, stdout + stderr);
  };
  await check(callArgs('nothing_there', {}));
  await check(callArgs('overview', { serie: 1 }));
});

test('some seconds of load end without an error', async (t) => {
  const { url } = await startVedette(t);
  const load = ['--load', '--load-duration', '3', '--load-concurrency', '5'];
  const { code, stdout, stderr } = await inspect(t, `${url}/mcp`, [...callArgs('overview', {}), ...load]);
  assert.equal(code, EXIT_OK, stdout + stderr);
  const { result } = JSON.parse(stdout) as { result: { ok: number; requests: number } };
  t.diagnostic(`${result.ok} calls in three seconds`);
  assert.ok(result.ok > 0, stdout);
  assert.equal(result.ok, result.requests);
});

test('runbooks as skills are verified with their digests, resources and prompts are read', async (t) => {
  const library = libraryOf([
    runbookOf('DiskFull', { title: 'The disk: is it full?', owner: 'team "web"' }),
    runbookOf('HighCPUUsage', { markdown: '# CPU\n\n---\n\nNot front matter: 磁盘\n' }),
  ]);
  const server = await startTestServer({ library: () => Promise.resolve(library) });
  t.after(() => server.close());
  const address = `${server.address}/mcp`;
  const check = async (args: readonly string[], want: RegExp): Promise<void> => {
    const { code, stdout, stderr } = await inspect(t, address, args);
    assert.equal(code, EXIT_OK, stdout + stderr);
    assert.match(stdout, want);
  };
  await check(['--method', 'skills/list', '--verify', '--require-digests'], /disk-full/);
  await check(['--method', 'resources/read', '--uri', 'vedette://runbooks/HighCPUUsage'], /磁盘/);
  const prompt = ['--method', 'prompts/get', '--prompt-name', 'investigate_alert'];
  await check([...prompt, '--prompt-args', 'alert=DiskFull'], /Investigate the alert/);
});
