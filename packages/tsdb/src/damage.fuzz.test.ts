import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMatcher, FatalError, labelsOf, MemoryFiles, SeededRandom } from '@vedette/model';
import {
  batchOf,
  DIRECTORY,
  histogramOf,
  openTestTsdb,
  readMixed,
  START_MS as T,
  type OpenedTsdb,
  type TestSeries,
} from './testing.ts';

/**
 * Damages one file of a store that has everything, in every way a file can be damaged, and opens it. Right is an error
 * that names the file and what to do, or a store that serves what is left, says so, and goes on working. Wrong is
 * any other error, a sample that nobody wrote, and one that is missing without a word.
 */
const EVER = { fromMs: -Infinity, untilMs: Infinity };
const OPTIONS = { outOfOrderWindowMs: 3_600_000 };

const DAMAGES = {
  'a flipped bit': (bytes: Uint8Array, random: SeededRandom) => {
    const at = Math.floor(random.float() * bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random.float() * 8));
    return bytes;
  },
  'a cut tail': (bytes: Uint8Array, random: SeededRandom) =>
    bytes.subarray(0, Math.floor(random.float() * bytes.length)),
  'a piece cut out': (bytes: Uint8Array, random: SeededRandom) => {
    const from = Math.floor(random.float() * bytes.length);
    const until = from + 1 + Math.floor(random.float() * (bytes.length - from));
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(until)]);
  },
  'zeros in the middle': (bytes: Uint8Array, random: SeededRandom) => {
    const from = Math.floor(random.float() * bytes.length);
    return bytes.fill(0, from, from + 1 + Math.floor(random.float() * 600));
  },
  'a piece twice': (bytes: Uint8Array, random: SeededRandom) => {
    const from = Math.floor(random.float() * bytes.length);
    const until = from + 1 + Math.floor(random.float() * (bytes.length - from));
    return Buffer.concat([bytes.subarray(0, until), bytes.subarray(from)]);
  },
} as const;

const batch = (atMs: number): TestSeries[] =>
  ['f', 'h', 'mixed'].map((name, kind) => [
    { __name__: name },
    ...Array.from({ length: 20 }, (_, i) => {
      const isHistogram = kind === 1 || (kind === 2 && i % 3 === 0);
      const value = isHistogram ? histogramOf([i, 2, 3]) : i % 7 === 5 ? 'stale' : i / 4;
      return [atMs + i * 1000, value] as const;
    }),
  ]);

/** Blocks of which one was imported into, tombstones, and a log of two processes with late samples and exemplars. */
async function writeStore(files: MemoryFiles): Promise<void> {
  let tsdb = await openTestTsdb(files, { options: OPTIONS });
  for (let i = 0; i < 2; i++) {
    await tsdb.writer.append(batchOf(...batch(T + i * 100_000)));
    await tsdb.writer.append(batchOf(...batch(T + i * 100_000 - 50_000)));
    await tsdb.flush();
  }
  await tsdb.deleteSeries([[createMatcher('__name__', '=', 'f')]], { fromMs: T, untilMs: T + 5000 });
  for (let i = 2; i < 4; i++) {
    for (const atMs of [T + i * 100_000, T + i * 100_000 - 50_000]) {
      const exemplars = [
        { series: 0, labels: labelsOf({ trace_id: 'ab' }), value: 1, timestampMs: atMs + 50_500 },
      ];
      await tsdb.writer.append({
        ...batchOf(...batch(atMs)),
        exemplars: atMs % 100_000 === T % 100_000 ? exemplars : [],
      });
    }
    await tsdb.close();
    tsdb = await openTestTsdb(files, { options: OPTIONS });
  }
  await tsdb.close();
}

async function copyOf(files: MemoryFiles): Promise<MemoryFiles> {
  const copy = new MemoryFiles(new SeededRandom(1));
  for (const path of files.paths) await copy.writeAtomic(path, await files.read(path));
  return copy;
}

/** All that can be read; questions that meet damage fail until it was set aside. */
async function readLeft(tsdb: OpenedTsdb): Promise<Map<string, Map<number, unknown>>> {
  for (let round = 0; ; round++) {
    try {
      const all = await readMixed(tsdb.reader);
      return new Map([...all].map(([series, samples]) => [series, new Map<number, unknown>(samples)]));
    } catch (error) {
      assert.ok(error instanceof FatalError && error.code === 'VED_STORAGE_CORRUPT', String(error));
      assert.ok(round < 3, 'damage is met once');
    }
  }
}

async function check(
  files: MemoryFiles,
  path: string,
  want: Map<string, Map<number, unknown>>,
): Promise<void> {
  let tsdb: OpenedTsdb;
  try {
    tsdb = await openTestTsdb(files, { options: OPTIONS });
  } catch (error) {
    assert.ok(error instanceof FatalError, `a ${String(error)}`);
    assert.match(error.message, /; /, 'says what to do');
    assert.ok(error.message.includes(path), error.message);
    return;
  }
  const left = await readLeft(tsdb);
  let missing = 0;
  for (const [series, samples] of want)
    for (const timestampMs of samples.keys()) if (left.get(series)?.has(timestampMs) !== true) missing++;
  for (const [series, samples] of left)
    for (const [timestampMs, value] of samples)
      // What was deleted is visible again when the list of it is damaged, which is told.
      if (want.get(series)?.has(timestampMs) === true || !path.endsWith('tombstones'))
        assert.deepEqual(value, want.get(series)?.get(timestampMs), `${series} at ${timestampMs - T}`);
  const isTold = tsdb.warnings.length > 0;
  // A log that ends between two records looks whole.
  assert.ok(missing === 0 || isTold || path.endsWith('.wal'), `${missing} are missing without a word`);
  await tsdb.reader.exemplars([[createMatcher('__name__', '!=', '')]], EVER, new AbortController().signal);
  await tsdb.writer.append(batchOf([{ __name__: 'new' }, [T + 500_000, 1]]));
  await tsdb.flush();
  await tsdb.cleanTombstones();
  assert.equal((await readLeft(tsdb)).get('new')?.size, 1);
  await tsdb.close();
}

const rounds = Number(process.env['VEDETTE_FUZZ_SEEDS'] ?? 3);

test('a damaged file of any kind is refused by name, or set aside with a report', async () => {
  const files = new MemoryFiles(new SeededRandom(1));
  await writeStore(files);
  const whole = await openTestTsdb(await copyOf(files), { options: OPTIONS });
  const want = await readLeft(whole);
  await whole.close();
  assert.equal(want.size, 3);
  for (const path of files.paths) {
    for (const [name, damage] of Object.entries(DAMAGES))
      for (let seed = 1; seed <= rounds; seed++) {
        const copy = await copyOf(files);
        const bytes = damage(await files.read(path), new SeededRandom(seed));
        await copy.writeAtomic(path, bytes);
        await check(copy, path, want).catch((error: unknown) => {
          throw new Error(`${name} in ${path}, seed ${seed}`, { cause: error });
        });
      }
    const others = files.paths.filter((other) => other !== path);
    for (const other of others) {
      const copy = await copyOf(files);
      await copy.writeAtomic(path, await files.read(other));
      await check(copy, path, want).catch((error: unknown) => {
        throw new Error(`${other} in the place of ${path}`, { cause: error });
      });
    }
  }
  assert.ok(files.paths.some((path) => path === `${DIRECTORY}/tombstones`));
});
