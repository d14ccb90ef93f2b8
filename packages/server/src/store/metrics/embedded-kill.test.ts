import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { labelValueOf, SeededRandom } from '@vedette/model';

import { openForKill } from './embedded-kill-harness.ts';

const SERIES = 20;
const HARNESS = path.join(import.meta.dirname, 'embedded-kill-harness.ts');

/**
 * Batch number n writes n to all series and its number to stdout once it is acknowledged. To every third series it is
 * the count of a histogram. Its time is 1000 + n, but of every four batches the first and the third have each other's:
 * so half of what comes is late.
 */
const timeOf = (n: number): number => 1000 + n + (n % 4 === 0 ? 2 : n % 4 === 2 ? -2 : 0);
const CHILD = `
const { openForKill } = await import(process.argv[1]);
const { labelsOf, SampleBatchBuilder } = await import('@vedette/model');
const none = { spans: [], counts: new Float64Array(0) };
const histogramOf = (n) => ({
  schema: 3, count: n, sum: n / 2, zeroThreshold: 0, zeroCount: 0,
  positive: { spans: [{ offset: n % 50 === 0 ? 1 : 2, length: 1 }], counts: Float64Array.of(n) },
  negative: none, customBounds: new Float64Array(0), counterReset: 'unknown',
});
const store = await openForKill(process.argv[2]);
for (let n = Number(process.argv[3]); ; n++) {
  const builder = new SampleBatchBuilder();
  for (let i = 0; i < ${SERIES}; i++) {
    builder.openSeries(labelsOf({ __name__: 'x', i: String(i) }));
    const at = ${timeOf.toString()};
    if (i % 3 === 2) builder.addHistogram(at(n), histogramOf(n));
    else builder.addSample(at(n), n);
  }
  const { refusals } = await store.writer.append(builder.finish());
  if (refusals.length > 0) throw new Error(JSON.stringify(refusals));
  process.stdout.write(n + '\\n');
}`;

/** Runs a writer from batch `first` on and kills it after `count` acknowledgements; returns the last one seen. */
async function writeAndKill(directory: string, first: number, count: number): Promise<number> {
  const args = ['--input-type=module', '-e', CHILD, HARNESS, directory, String(first)];
  const child = spawn(process.execPath, args, {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise((resolve) => child.on('exit', resolve));
  let last = first - 1;
  let seen = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    last = Number(line);
    if (++seen === count) child.kill('SIGKILL');
  }
  await exited;
  return last;
}

test('after kill -9 on a real disk every acknowledged batch is there, whole and once', async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'vedette-kill-'));
  const random = new SeededRandom(5);
  try {
    let first = 0;
    for (let round = 0; round < 4; round++) {
      const last = await writeAndKill(directory, first, 1 + Math.floor(random.float() * 400));
      const store = await openForKill(directory);
      const lengths = new Set<number>();
      const range = { fromMs: 0, untilMs: 1e15 };
      for await (const batch of store.reader.select([], range, new AbortController().signal))
        for (const { labels, timestampsMs, values, histograms } of batch) {
          lengths.add(values.length);
          const isHistogram = Number(labelValueOf(labels, 'i')) % 3 === 2;
          const got = Array.from(values, (value, at) => histograms?.get(at)?.count ?? value);
          const want = Array.from(values, (_, n) => n).sort((a, b) => timeOf(a) - timeOf(b));
          assert.deepEqual(got, want);
          assert.deepEqual([...timestampsMs], want.map(timeOf));
          assert.equal(histograms?.size ?? 0, isHistogram ? values.length : 0);
        }
      await store.close();
      assert.equal(lengths.size, 1, 'every batch is whole');
      const [count = 0] = lengths;
      assert.ok(count > last, `batch ${last} was acknowledged; got ${count} batches`);
      first = count;
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
});
