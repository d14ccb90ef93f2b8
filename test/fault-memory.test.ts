/** The real program with little memory under more queries than fit: some are given up by name, everything else goes on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { remoteWrite, type WrittenSeries } from './support/remote-write-body.ts';
import { until } from './support/until.ts';
import { startVedette } from './support/vedette-process.ts';

// Of objects 40 MB are the program's; the answer to one query below takes some 30 MB more. What is made between two looks
// must fit above the limit: with 80 MB of heap, 20 of them above it, one process of some twenty died.
const HEAP_MB = 128;
const SERIES = 30_000;
const QUERIES = 8;

test('queries beyond the memory are given up with 503 and the reason; samples and small queries go on', async (t) => {
  const vedette = await startVedette(t, {
    config: 'packs: { host: false }\n',
    args: ['--no-host'],
    env: { NODE_OPTIONS: `--max-old-space-size=${HEAP_MB}` },
  });
  const nowMs = Date.now();
  const load = (from: number): WrittenSeries[] =>
    Array.from({ length: SERIES / 2 }, (_, i) => ({
      labels: { __name__: 'load', job: 'api', pod: `pod-${from + i}`, path: `/things/${i % 500}` },
      samples: [
        [nowMs - 60_000, i],
        [nowMs - 30_000, i + 1],
      ],
    }));
  await remoteWrite(vedette.url, load(0));
  await remoteWrite(vedette.url, load(SERIES / 2));
  const ask = async (_: unknown, i: number): Promise<string> => {
    const query = encodeURIComponent(
      `label_replace(sum by (pod, path) (rate(load[5m])), "x", "${i}", "pod", "(.*)")`,
    );
    const response = await vedette.get(`/api/v1/query?query=${query}`);
    const text = await response.text();
    return `${response.status} ${response.status === 200 ? '' : text}`;
  };
  const answers = await Promise.all(Array.from({ length: QUERIES }, ask));
  const refused = answers.filter((answer) => !answer.startsWith('200'));
  t.diagnostic(`${refused.length} of ${QUERIES} were given up`);
  assert.ok(refused.length > 0);
  for (const answer of refused)
    assert.match(
      answer,
      /^503 .*objects take \d+ MiB of the heap, limit is 75 % of \d+ MiB; ask for fewer series/,
    );

  await until('the same series, counted', async () => {
    const response = await vedette.get('/api/v1/query?query=count(load)');
    return new RegExp(`"${SERIES}"`).test(await response.text()) ? true : undefined;
  });
  await remoteWrite(vedette.url, [{ labels: { __name__: 'after' }, samples: [[nowMs, 1]] }]);
  await until('a small answer', async () => {
    const { data } = await vedette.json<{ data: { result: unknown[] } }>('/api/v1/query?query=after');
    return data.result.length === 1 ? true : undefined;
  });
  assert.equal((await vedette.get('/-/ready')).status, 200);
});
