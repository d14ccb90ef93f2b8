/**
 * A query sees all of a request or nothing of it: batches of 100,000 series are written by remote write while
 * others add up their series. Reading and storing such a batch takes many slices of the event loop, between which
 * queries run; so each answer could show a part of it.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { REMOTE_WRITE_HEADERS, remoteWriteBody } from './support/remote-write-body.ts';
import { startVedette, type VedetteProcess } from './support/vedette-process.ts';

const SERIES_PER_BATCH = 100_000;
/** The first creates the series; the second finds them, and writes them again later. */
const BATCHES = 2;

function batchBody(timestampMs: number, value: number): Uint8Array<ArrayBuffer> {
  return remoteWriteBody(
    Array.from({ length: SERIES_PER_BATCH }, (_, i) => ({
      labels: { __name__: 'batch', part: `p${i % 7}`, series: String(i) },
      samples: [[timestampMs, value]],
    })),
  );
}

/** The sum of the newest samples, as one instant sees it: of part of a batch it would be no multiple of its size. */
async function sumAt(vedette: VedetteProcess, atMs: number): Promise<number> {
  const body = new URLSearchParams({ query: 'sum(batch)', time: String(atMs / 1000) });
  const { data } = await vedette.json<{ data: { result: { value: [number, string] }[] } }>('/api/v1/query', {
    method: 'POST',
    body,
  });
  return Number(data.result[0]?.value[1] ?? 0);
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
    const seen = new Set<number>();
    let count = 0;
    while (isWriting) {
      const sum = await sumAt(vedette, firstMs + BATCHES);
      const batches = sum / SERIES_PER_BATCH;
      assert.ok(batches === batch - 1 || batches === batch, `saw a sum of ${sum} in batch ${batch}`);
      seen.add(batches);
      count++;
    }
    const response = await write;
    assert.equal(response.status, 204, await response.text());
    assert.equal(await sumAt(vedette, firstMs + BATCHES), batch * SERIES_PER_BATCH);
    looks.push(count);
    t.diagnostic(`batch ${batch}: ${count} queries meanwhile saw ${[...seen].join(', ')}`);
  }
  assert.ok(
    Math.max(...looks) >= 2,
    `queries must have run while a batch was written; got ${looks.join(', ')}`,
  );
});
