/** What Node loads of its own is the larger half of a process at rest: the expensive parts that nobody uses stay out. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runVedette, startVedette, temporaryDirectory } from './support/vedette-process.ts';

/** Says at the exit which of Node's modules were loaded. */
const REPORT = 'process.on("exit", () => console.error(`\\nloaded ${process.moduleLoadList.join(" ")}`))';
const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(REPORT)}`;

function loadedIn(stderr: string): readonly string[] {
  return /^loaded (.*)$/m.exec(stderr)?.[1]?.split(' ') ?? [];
}

test('a running server has not loaded the HTTP client of fetch', async (t) => {
  const vedette = await startVedette(t, { env: { NODE_OPTIONS } });
  vedette.kill('SIGTERM');
  await vedette.exited();
  const loaded = loadedIn(vedette.stderr());
  assert.ok(loaded.includes('http'), vedette.stderr());
  assert.deepEqual(
    loaded.filter((name) => name.includes('undici')),
    [],
  );
});

test('from the second start on no types are removed', async (t) => {
  const env = { NODE_OPTIONS, NODE_COMPILE_CACHE: '', TMPDIR: temporaryDirectory(t) };
  const isLoaded = async (): Promise<boolean> => {
    const { stderr } = await runVedette(t, ['version'], { env });
    assert.ok(loadedIn(stderr).includes('fs'), stderr);
    return loadedIn(stderr).some((name) => name.includes('amaro'));
  };
  assert.deepEqual([await isLoaded(), await isLoaded()], [true, false]);
});

/** Says at the exit which files of the tree were loaded. */
const FILES =
  'import { registerHooks } from "node:module"; const urls = [];' +
  'registerHooks({ load(url, context, next) { urls.push(url); return next(url, context); } });' +
  'process.on("exit", () => console.error(`\\nloaded ${urls.join(" ")}`))';

test('a running server has not loaded the guard that nobody asks', async (t) => {
  const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(FILES)}` };
  const vedette = await startVedette(t, { env });
  vedette.kill('SIGTERM');
  await vedette.exited();
  const loaded = loadedIn(vedette.stderr());
  assert.ok(
    loaded.some((url) => url.endsWith('/compose-guard.ts')),
    vedette.stderr(),
  );
  assert.deepEqual(
    loaded.filter((url) => /compose-guard-open|guard-service|guard-keeper|behaviour\/behaviour/.test(url)),
    [],
  );
});

// told-report.ts loads what writes reports when somebody asks for one.
const MCP_FILES =
  /@modelcontextprotocol|mcp-endpoint|native-surface|prometheus-surface|serve\/mcp\/(?:content|native|prometheus)\/|node_modules\/(?:ai|@ai-sdk)\/|respond\/agent\/(?!port|told-report|(?:notify\/|narrator\/)?config|rank\/deviation|fill-rate|request-status|severity-words)/;

test('a running server loads what assistants ask when the first one asks, and no language model then', async (t) => {
  const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(FILES)}` };
  const loadedAfter = async (ask: (url: string) => Promise<unknown>): Promise<readonly string[]> => {
    const vedette = await startVedette(t, { env });
    await ask(vedette.url);
    vedette.kill('SIGTERM');
    await vedette.exited();
    return loadedIn(vedette.stderr()).filter((url) => MCP_FILES.test(url));
  };
  assert.deepEqual(await loadedAfter((url) => fetch(`${url}/-/healthy`)), []);
  const loaded = await loadedAfter((url) =>
    fetch(`${url}/mcp`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }),
  );
  assert.ok(loaded.some((url) => url.includes('@modelcontextprotocol/server')));
  assert.deepEqual(
    loaded.filter((url) => /\/(?:ai|@ai-sdk)\//.test(url)),
    [],
  );
});

test('without a key agent.model nothing of language models is loaded, though an alert is analysed', async (t) => {
  const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(FILES)}` };
  const vedette = await startVedette(t, { env, args: ['--no-host'] });
  const alert = { labels: { alertname: 'X', instance: 'db-1', severity: 'critical' } };
  const posted = await vedette.get('/api/v2/alerts', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify([alert]),
  });
  assert.equal(posted.status, 200, await posted.text());
  const alerts = await vedette.json<{ fingerprint: string }[]>('/api/v2/alerts');
  const analysis = await vedette.get(`/api/vedette/alerts/${alerts[0]?.fingerprint}/analysis`);
  assert.equal(analysis.status, 200, await analysis.text());
  vedette.kill('SIGTERM');
  await vedette.exited();
  const loaded = loadedIn(vedette.stderr());
  assert.ok(
    loaded.some((url) => url.endsWith('/compose-narrator.ts')),
    vedette.stderr(),
  );
  assert.deepEqual(
    loaded.filter((url) => /\/node_modules\/(?:ai|@ai-sdk)\/|\/narrator\/(?!config)/.test(url)),
    [],
  );
});
