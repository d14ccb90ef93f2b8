/**
 * A query sees all of a request or nothing of it: batches of 100,000 series are written by remote write while
 * others count their series. Reading and storing such a batch takes many slices of the event loop, between which
 * queries run; so each answer could show a part of it.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { REMOTE_WRITE_HEADERS, remoteWriteBody } from './support/remote-write-body.ts';
import { startVedette, type VedetteProcess } from './support/vedette-process.ts';

const SERIES_PER_BATCH = 100_000;
/** The first creates the series; the others find them, and write them again later. */
const BATCHES = 3;

function batchBody(timestampMs: number, value: number): Uint8Array<ArrayBuffer> {
  return remoteWriteBody(
    Array.from({ length: SERIES_PER_BATCH }, (_, i) => ({
      labels: { __name__: 'batch', part: `p${i % 7}`, series: String(i) },
      samples: [[timestampMs, value]],
    })),
  );
}

interface Seen {
  readonly count: number;
  readonly sum: number;
}

/** What one instant sees: how many series, and the sum of their newest samples. */
async function look(vedette: VedetteProcess, atMs: number): Promise<Seen> {
  const query =
    'label_replace(count(batch), "is", "count", "", "") or label_replace(sum(batch), "is", "sum", "", "")';
  const body = new URLSearchParams({ query, time: String(atMs / 1000) });
  const answer = await vedette.json<{
    data: { result: { metric: { is: string }; value: [number, string] }[] };
  }>('/api/v1/query', { method: 'POST', body });
  const valueOf = (is: string): number =>
    Number(answer.data.result.find(({ metric }) => metric.is === is)?.value[1] ?? 0);
  return { count: valueOf('count'), sum: valueOf('sum') };
}

test('a reader during an append of 100,000 samples never sees a part of it', async (t) => {
  const vedette = await startVedette(t, { config: 'packs: { host: false }\n', args: ['--no-host'] });
  const firstMs = Math.floor(Date.now() / 1000) * 1000 - 60_000;
  const looks: number[] = [];
  for (let batch = 1; batch <= BATCHES; batch++) {
    const body = batchBody(firstMs + batch, batch);
    let isWriting = true;
    const write = vedette
      .get('/api/v1/write', { method: 'POST', headers: REMOTE_WRITE_HEADERS, body })
      .finally(() => (isWriting = false));
    // Until all of it is seen, at least once after the answer.
    const values = new Set<number>();
    let count = 0;
    while (isWriting) {
      const seen = await look(vedette, firstMs + BATCHES);
      // One query is one moment: every series has the value of the same batch, or there are none yet.
      assert.ok(seen.count === 0 || seen.count === SERIES_PER_BATCH, `saw ${seen.count} series`);
      const value = seen.sum / SERIES_PER_BATCH;
      assert.ok(value === batch - 1 || value === batch, `saw a sum of ${seen.sum} in batch ${batch}`);
      values.add(value);
      count++;
    }
    const response = await write;
    assert.equal(response.status, 204, await response.text());
    assert.deepEqual(await look(vedette, firstMs + BATCHES), {
      count: SERIES_PER_BATCH,
      sum: batch * SERIES_PER_BATCH,
    });
    looks.push(count);
    t.diagnostic(`batch ${batch}: ${count} queries meanwhile saw ${[...values].join(', ')}`);
  }
  assert.ok(
    Math.max(...looks) >= 2,
    `queries must have run while a batch was written; got ${looks.join(', ')}`,
  );
});
