import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMatcher, MemoryFiles, SeededRandom } from '@vedette/model';
import { examineStore, type ExaminedFile } from './examine.ts';
import { repairStore, StartRepairs } from './repair.ts';
import {
  batchOf,
  DIRECTORY,
  eagerSlicer,
  histogramOf,
  openTestTsdb,
  readMixed,
  START_MS as T,
} from './testing.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Two blocks, a deletion, and a log of two segments, the second with one batch. */
async function writeStore(): Promise<MemoryFiles> {
  const files = new MemoryFiles(new SeededRandom(1));
  let tsdb = await openTestTsdb(files);
  for (let i = 0; i < 2; i++) {
    const atMs = T + i * 1000;
    await tsdb.writer.append(
      batchOf([{ __name__: 'f' }, [atMs, i]], [{ __name__: 'h' }, [atMs, histogramOf([i])]]),
    );
    await tsdb.flush();
  }
  await tsdb.deleteSeries([[createMatcher('__name__', '=', 'f')]], { fromMs: T, untilMs: T });
  await tsdb.writer.append(batchOf([{ __name__: 'f' }, [T + 2000, 2], [T + 2500, 'stale']]));
  await tsdb.close();
  tsdb = await openTestTsdb(files);
  await tsdb.writer.append(batchOf([{ __name__: 'f' }, [T + 3000, 3]]));
  await tsdb.close();
  return files;
}

async function examine(files: MemoryFiles): Promise<readonly ExaminedFile[]> {
  return await examineStore({ files, slicer: eagerSlicer }, DIRECTORY);
}

async function faultsOf(files: MemoryFiles): Promise<readonly (readonly [string, string | undefined])[]> {
  return (await examine(files)).flatMap(({ path, fault }) =>
    fault === undefined ? [] : [[path.slice(path.lastIndexOf('/') + 1), fault.kind] as const],
  );
}

async function repair(files: MemoryFiles): Promise<string[]> {
  const done: string[] = [];
  const report = {
    info: () => undefined,
    warn: (_: string, { file }: Fields) => void done.push(String(file)),
  };
  await repairStore({ files, slicer: eagerSlicer, report }, DIRECTORY, await examine(files));
  return done;
}

async function damage(
  files: MemoryFiles,
  path: string,
  change: (bytes: Uint8Array) => Uint8Array,
): Promise<void> {
  await files.writeAtomic(path, change(Uint8Array.from(await files.read(path))));
}

const flip =
  (at: number) =>
  (bytes: Uint8Array): Uint8Array => {
    const offset = at < 0 ? bytes.length + at : at;
    bytes[offset] = (bytes[offset] ?? 0) ^ 1;
    return bytes;
  };

test('a sound store is examined without a fault, with what each file holds', async () => {
  const files = await writeStore();
  const examined = await examine(files);
  const since = (timestampMs: number | undefined): number | undefined =>
    timestampMs === undefined ? undefined : timestampMs - T;
  assert.deepEqual(
    examined.map((file) => {
      const { kind, seriesCount, sampleCount, minMs, maxMs, fault } = file;
      return [kind, seriesCount, sampleCount, since(minMs), since(maxMs), fault];
    }),
    [
      ['block', 2, 2, 0, 0, undefined],
      ['block', 2, 2, 1000, 1000, undefined],
      ['tombstones', 0, 0, undefined, undefined, undefined],
      ['log', 0, 2, 2000, 2500, undefined],
      ['log', 0, 1, 3000, 3000, undefined],
    ],
  );
});

test('a flipped bit in any part of any file is found, and examining changes nothing', async () => {
  const pristine = await writeStore();
  for (const { path, sizeBytes } of await examine(pristine))
    for (let at = 0; at < sizeBytes; at += 41) {
      const files = await writeStoreCopy(pristine);
      await damage(files, path, flip(at));
      const before = await files.read(path);
      const faults = await faultsOf(files);
      // The reserved bytes of headers are under their checksum, too.
      assert.equal(faults.length, 1, `${path} at ${at}: ${JSON.stringify(faults)}`);
      assert.deepEqual(await files.read(path), before);
    }
});

async function writeStoreCopy(from: MemoryFiles): Promise<MemoryFiles> {
  const files = new MemoryFiles(new SeededRandom(1));
  for (const { path } of await examine(from)) {
    await files.makeDirectory(path.slice(0, path.lastIndexOf('/')));
    await files.writeAtomic(path, await from.read(path));
  }
  return files;
}

test('a repair sets a block aside that a start would not know to be damaged yet, and deletes nothing', async () => {
  const files = await writeStore();
  const block = `${DIRECTORY}/blocks/00000001-00000001.block`;
  await damage(files, block, flip(16));
  assert.deepEqual(await faultsOf(files), [['00000001-00000001.block', 'damaged']]);
  assert.deepEqual(await repair(files), [`${block}.damaged`]);
  assert.deepEqual(await faultsOf(files), []);
  assert.equal((await examine(files)).find(({ kind }) => kind === 'aside')?.path, `${block}.damaged`);
  const tsdb = await openTestTsdb(files);
  assert.deepEqual(
    (await readMixed(tsdb.reader)).get('f')?.map(([atMs]) => atMs - T),
    [1000, 2000, 2500, 3000],
  );
  assert.match(
    tsdb.stats().problems.join(),
    /1 damaged file was set aside.*00000001-00000001\.block\.damaged/,
  );
  await tsdb.close();
});

test('a repair of the log cuts a torn tail off, keeps what follows damage aside, and goes on before it', async () => {
  const files = await writeStore();
  const segments = (await files.list(`${DIRECTORY}/wal`)).map(({ name }) => `${DIRECTORY}/wal/${name}`);
  const last = segments.at(-1)!;
  await damage(files, last, (bytes) => bytes.slice(0, -1));
  assert.deepEqual(
    (await faultsOf(files)).map(([, kind]) => kind),
    ['torn'],
  );
  assert.deepEqual(await repair(files), [last]);
  assert.deepEqual(await faultsOf(files), []);

  await damage(files, segments[0]!, flip(-1));
  assert.deepEqual(
    (await faultsOf(files)).map(([, kind]) => kind),
    ['damaged'],
  );
  assert.deepEqual(await repair(files), [`${segments[0]}.damaged`, `${last}.damaged`]);
  assert.deepEqual(await faultsOf(files), []);
});

test('files of another version are named and left alone', async () => {
  const files = await writeStore();
  const names = ['blocks/00000001-00000001.block', 'tombstones', 'wal/00000003.wal'];
  const { crc32 } = await import('node:zlib');
  for (const name of names)
    await damage(files, `${DIRECTORY}/${name}`, (bytes) => {
      const view = new DataView(bytes.buffer);
      view.setUint16(4, 2, true);
      view.setUint32(12, crc32(bytes.subarray(0, 12)), true);
      return bytes;
    });
  assert.deepEqual(
    (await faultsOf(files)).map(([, kind]) => kind),
    ['version', 'version', 'version'],
  );
  const before = await files.list(`${DIRECTORY}/blocks`);
  assert.deepEqual(await repair(files), []);
  assert.deepEqual(await files.list(`${DIRECTORY}/blocks`), before);
});

test('a start that had to repair says so once more in one line, with what is left', async () => {
  const told: { message: string; fields: Fields }[] = [];
  const report = {
    info: (message: string, fields: Fields) => void told.push({ message, fields }),
    warn: () => undefined,
  };
  const repairs = new StartRepairs(report);
  repairs.warn('the log ended in the middle of a record, which was cut off', {
    file: 'w',
    cutBytes: 7,
    reason: 'r',
  });
  repairs.summarise({ blocks: [{ meta: { sampleCount: 5 } }], newestMs: T });
  repairs.warn('later', {});
  assert.equal(told.length, 1);
  assert.match(told[0]?.message ?? '', /^this start put the metrics store in order/);
  assert.deepEqual(told[0]?.fields, {
    done: ['w (7 bytes): the log ended in the middle of a record, which was cut off: r'],
    keptBlocks: 1,
    keptBlockSamples: 5,
    newestSample: new Date(T).toISOString(),
  });
  const quiet = new StartRepairs(report);
  quiet.summarise({ blocks: [], newestMs: -Infinity });
  assert.equal(told.length, 1);
});
