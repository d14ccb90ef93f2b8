/**
 * The real program, killed again and again at moments that a seed chooses, while a service is scraped five
 * times a second and queries run: what the API has shown stays, nothing is there twice, counters never fall.
 */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { SeededRandom } from '@vedette/model';
import { startService } from './support/small-service.ts';
import { until } from './support/until.ts';
import { startVedette, temporaryDirectory, type VedetteProcess } from './support/vedette-process.ts';

const ROUNDS = 5;
const SERIES = 20;
const SEED = Number(process.env['VEDETTE_FUZZ_SEED'] ?? 20_261);

/** `[seconds, value]` pairs by series, as `query` gives them for a range selector. */
type Shown = ReadonlyMap<string, readonly (readonly [number, string])[]>;

interface Scene {
  readonly start: () => Promise<VedetteProcess>;
  readonly random: SeededRandom;
}

async function startScene(t: TestContext): Promise<Scene> {
  let scrapes = 0;
  const service = await startService(t, () => {
    scrapes++;
    const lines = Array.from({ length: SERIES }, (_, i) => `jobs_total{queue="q${i}"} ${scrapes * (i + 1)}`);
    return { body: `# TYPE jobs_total counter\n${lines.join('\n')}\n` };
  });
  const dataDirectory = temporaryDirectory(t);
  const config = `global: { scrape_interval: 200ms, scrape_timeout: 200ms }
packs: { host: false }
scrape_configs: [ { job_name: api, static_configs: [ { targets: ["127.0.0.1:${service.port}"] } ] } ]
`;
  return {
    random: new SeededRandom(SEED),
    start: () => startVedette(t, { dataDirectory, config, args: ['--no-host'] }),
  };
}

async function ask(vedette: VedetteProcess): Promise<Shown> {
  interface Answer {
    readonly data: { readonly result: { metric: Record<string, string>; values: [number, string][] }[] };
  }
  const { data } = await vedette.json<Answer>('/api/v1/query?query=jobs_total[10m]');
  return new Map(data.result.map(({ metric, values }) => [metric['queue'] ?? '', values]));
}

/** Asks until the process is gone or the asker is told to end; resolves with the last whole answer, `seen` without one. */
async function watch(vedette: VedetteProcess, seen: Shown, isOver: () => boolean): Promise<Shown> {
  let shown = seen;
  while (!isOver()) {
    try {
      shown = await ask(vedette);
    } catch {
      break;
    }
  }
  return shown;
}

/** Everything of `before` is in `now`, with the same values, and nothing twice. */
function assertKept(before: Shown, now: Shown, what: string): void {
  for (const [series, samples] of before) {
    const found = new Map(now.get(series));
    for (const [seconds, value] of samples)
      assert.equal(found.get(seconds), value, `${what}: ${series} at ${seconds}`);
  }
  for (const [series, samples] of now) {
    for (const [i, [seconds, value]] of samples.entries()) {
      const previous = samples[i - 1];
      if (previous === undefined) continue;
      assert.ok(seconds > previous[0], `${what}: ${series} has ${seconds} after ${previous[0]}`);
      assert.ok(Number(value) > Number(previous[1]), `${what}: ${series} falls or repeats at ${seconds}`);
    }
  }
}

test(`kill -9 at any moment takes nothing that was shown and doubles nothing (seed ${SEED})`, async (t) => {
  const { start, random } = await startScene(t);
  let shown: Shown = new Map();
  for (let round = 0; round < ROUNDS; round++) {
    const vedette = await start();
    assertKept(shown, await ask(vedette), `round ${round}`);
    const known = shown.get('q0')?.length ?? 0;
    const seen = await until('new samples', async () => {
      const now = await ask(vedette);
      return (now.get('q0')?.length ?? 0) > known + 2 ? now : undefined;
    });
    let isOver = false;
    const watching = [0, 1].map(() => watch(vedette, seen, () => isOver));
    await new Promise((resolve) => setTimeout(resolve, random.float() * 600));
    vedette.kill('SIGKILL');
    await vedette.exited();
    isOver = true;
    const [first, second] = await Promise.all(watching);
    shown = (first?.get('q0')?.length ?? 0) > (second?.get('q0')?.length ?? 0) ? first! : second!;
    assert.equal(shown.size, SERIES);
  }
  const last = await start();
  assertKept(shown, await ask(last), 'after the last kill');
});

test('SIGTERM and a new start lose nothing that was shown', async (t) => {
  const { start } = await startScene(t);
  const first = await start();
  const shown = await until('some samples', async () => {
    const now = await ask(first);
    return (now.get('q0')?.length ?? 0) > 5 ? now : undefined;
  });
  first.kill('SIGTERM');
  assert.deepEqual(await first.exited(), { code: 0, signal: null });
  const second = await start();
  assertKept(shown, await ask(second), 'after SIGTERM');
  await until('scraping goes on', async () =>
    ((await ask(second)).get('q0')?.length ?? 0) > (shown.get('q0')?.length ?? 0) + 2 ? true : undefined,
  );
  assertKept(shown, await ask(second), 'after more scrapes');
});
