import assert from 'node:assert/strict';
import { FatalError, MemoryFiles, VirtualClock, type SeededRandom } from '@vedette/model';
import { openTsdb, type Tsdb } from '@vedette/tsdb';
import { readMixed } from '../../packages/tsdb/src/testing.ts';

/**
 * One wrong bit in one file of a store, tried on a copy of its disk.
 *
 * 1. The copy is read as it is, and once more without that file: what both have does not need the file, what neither
 *    has was not stored. A segment of the log goes with all after it, which are worth nothing behind a hole.
 * 2. Then with the wrong bit, which is there before the store is opened or comes while it runs. It must answer
 *    everything that does not need the file and nothing that was not stored; questions that meet the damage fail,
 *    and say which file it is, until it is set aside.
 * 3. What answers differ in must have been said, with the name of the file, which is kept aside; or the start was
 *    refused by that name.
 *
 * Says what came of it.
 */
export async function tryFlippedBit(disk: MemoryFiles, options: FlipOptions): Promise<FlipOutcome> {
  const { random } = options;
  const paths = disk.paths.filter(
    (path) => /\/(?:blocks|wal)\/|tombstones/.test(path) && !/damaged|tmp/.test(path),
  );
  const path = paths[Math.floor(random.float() * paths.length)];
  if (path === undefined) return 'no file';
  const { length } = await disk.read(path);
  if (length === 0) return 'no file';
  const whole = await readStore(await copyOf(disk, random), options);
  const others = await copyOf(disk, random);
  const isOfLog = path.includes('/wal/');
  for (const other of others.paths)
    if (other === path || (isOfLog && other.includes('/wal/') && other > path)) await others.remove(other);
  const without = await readStore(others, options);
  const flipped = await copyOf(disk, random);
  const offset = Math.floor(random.float() * length);
  const isRunning = random.float() < 0.5;
  if (!isRunning) flipped.flipBit(path, offset);
  disk.injected.set('flipped bit', (disk.injected.get('flipped bit') ?? 0) + 1);
  const found = await readStore(flipped, options, async () => {
    if (!isRunning || !flipped.paths.includes(path)) return;
    // The start may have put the file in order: shortened it, or taken it away.
    if (offset < (await flipped.read(path)).length) flipped.flipBit(path, offset);
  });
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (found.content === undefined) {
    assert.ok(found.said.includes(name), `refused, and does not name ${path}: ${found.said}`);
    return 'start refused';
  }
  assertBetween(found.content, whole.content ?? new Map(), without.content ?? new Map());
  if (isSame(found.content, whole.content ?? new Map())) return 'harmless';
  assert.ok(found.said.includes(name), `answers differ, and nobody names ${path}: ${found.said}`);
  assert.ok(
    flipped.paths.some((other) => other.startsWith(path) && other.includes('.damaged')),
    `${path} is gone`,
  );
  return 'file set aside';
}

export interface FlipOptions {
  readonly nowMs: number;
  readonly random: SeededRandom;
}

export type FlipOutcome = 'no file' | 'harmless' | 'file set aside' | 'start refused';

/** Of each series its samples as texts. */
type Content = ReadonlyMap<string, ReadonlySet<string>>;

interface Found {
  /** `undefined`: it did not open. */
  readonly content: Content | undefined;
  /** Everything that was said: warnings with their fields, errors. */
  readonly said: string;
}

/** Damage is met once for each file. */
const ROUNDS_MAX = 4;

async function readStore(
  files: MemoryFiles,
  { nowMs, random }: FlipOptions,
  whenOpen?: () => Promise<void>,
): Promise<Found> {
  const said: string[] = [];
  const report = {
    info: () => undefined,
    warn: (message: string, fields: object) => void said.push(message, JSON.stringify(fields)),
  };
  const settle = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
  const clock = new VirtualClock({ startMs: nowMs, settle });
  const slicer = { shouldYield: () => false, yield: () => Promise.resolve() };
  let tsdb: Tsdb;
  try {
    tsdb = await openTsdb(
      { files, clock, random, slicer, report },
      {
        directory: 'data',
        retentionMs: 30 * 86_400_000,
        outOfOrderWindowMs: 7_200_000,
        seriesMax: 1000,
        headBytesMax: 1e6,
        cacheBytesMax: 0,
        exemplarsMax: 10,
      },
    );
  } catch (error) {
    assert.ok(error instanceof FatalError, String(error));
    return { content: undefined, said: error.message };
  }
  await whenOpen?.();
  for (let round = 0; ; round++) {
    try {
      const content = contentOf(await readMixed(tsdb.reader));
      await tsdb.close();
      return { content, said: said.join(' ') };
    } catch (error) {
      assert.ok(error instanceof FatalError && error.code === 'VED_STORAGE_CORRUPT', String(error));
      assert.ok(round < ROUNDS_MAX, `damage is met again and again: ${error.message}`);
      said.push(error.message);
      await clock.advance(0);
    }
  }
}

function contentOf(all: Awaited<ReturnType<typeof readMixed>>): Content {
  return new Map(
    [...all].map(([series, samples]) => [series, new Set(samples.map((one) => JSON.stringify(one)))]),
  );
}

function assertBetween(found: Content, whole: Content, without: Content): void {
  for (const [series, samples] of found)
    for (const sample of samples)
      assert.ok(
        whole.get(series)?.has(sample) === true || without.get(series)?.has(sample) === true,
        `${series} ${sample} was not stored`,
      );
  for (const [series, samples] of whole)
    for (const sample of samples)
      assert.ok(
        without.get(series)?.has(sample) !== true || found.get(series)?.has(sample) === true,
        `${series} ${sample} is missing, and is in another file`,
      );
}

function isSame(one: Content, other: Content): boolean {
  if (one.size !== other.size) return false;
  return [...one].every(([series, samples]) => {
    const others = other.get(series);
    return others?.size === samples.size && [...samples].every((sample) => others.has(sample));
  });
}

async function copyOf(disk: MemoryFiles, random: SeededRandom): Promise<MemoryFiles> {
  const copy = new MemoryFiles(random);
  for (const path of disk.paths) {
    await copy.makeDirectory(path.slice(0, path.lastIndexOf('/')));
    await copy.writeAtomic(path, await disk.read(path));
  }
  return copy;
}
