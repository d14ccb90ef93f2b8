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
