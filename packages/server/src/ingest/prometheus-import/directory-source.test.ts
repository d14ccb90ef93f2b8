import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { test } from 'node:test';
import { createMatcher, formatLabels, SeededRandom, type Files, type TimeRange } from '@vedette/model';
import { DiskFiles } from '../../lib/disk-files.ts';
import {
  createFiles,
  seriesOf,
  writeBlock,
  writeFile,
  writeTombstones,
  XOR_CHUNK,
  type FixtureBlock,
} from './block-fixture.ts';
import { openDirectorySource } from './directory-source.ts';
import { IndexFile } from './index-file.ts';
import type { ImportSource, MatcherSets } from './source.ts';
import { parseTombstones } from './tombstones.ts';

const ALL: TimeRange = { fromMs: -8e15, untilMs: 8e15 };
const NEVER = new AbortController().signal;
const DIRECTORY = '/prometheus';
const [ULID_A, ULID_B] = ['01M7Z9VQHRHWC1T8D8QDVFZFFR', '01M7Z9VQV4KF1BNX4AH7612TY9'];

const block = (over: Partial<FixtureBlock> = {}): FixtureBlock => ({
  ulid: ULID_A,
  minMs: XOR_CHUNK.minMs,
  maxMs: XOR_CHUNK.maxMs + 1,
  series: [
    seriesOf({ __name__: 'x', job: 'a' }, XOR_CHUNK),
    seriesOf({ __name__: 'x', job: 'b' }, XOR_CHUNK),
  ],
  ...over,
});

const open = (
  files: Files,
  options: { matcherSets?: MatcherSets; isSkippingDamaged?: boolean } = {},
): Promise<ImportSource> =>
  openDirectorySource(files, { directory: DIRECTORY, matcherSets: [], isSkippingDamaged: false, ...options });

/** `x{job="a"} 1@…0000 2@…`, with times as distances from the first of the chunk. */
async function linesOf(source: ImportSource, range: TimeRange = ALL): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const batch of source.read(range, NEVER))
    for (const { labels, timestampsMs, values, staleFlags } of batch)
      lines.push(
        [
          formatLabels(labels),
          ...[...values].map(
            (value, i) =>
              `${staleFlags?.[i] === 1 ? 'stale' : value}@${(timestampsMs[i] ?? 0) - XOR_CHUNK.minMs}`,
          ),
        ].join(' '),
      );
  return lines;
}

for (const version of [1, 2] as const)
  test(`a block with an index of format ${version} is read`, async () => {
    const files = createFiles();
    await writeBlock(files, DIRECTORY, block({ version }));
    const source = await open(files);
    assert.deepEqual(source.range, { fromMs: XOR_CHUNK.minMs, untilMs: XOR_CHUNK.maxMs });
    assert.deepEqual(await linesOf(source), [
      'x{job="a"} 1@0 2@15000 2.5@30001',
      'x{job="b"} 1@0 2@15000 2.5@30001',
    ]);
    await source.close();
  });

test('only series that are asked for come, and only their samples in the span, both ends included', async () => {
  const files = createFiles();
  await writeBlock(files, DIRECTORY, block());
  const source = await open(files, {
    matcherSets: [[createMatcher('job', '=', 'b')], [createMatcher('job', '=', 'c')]],
  });
  const from = XOR_CHUNK.minMs;
  assert.deepEqual(await linesOf(source, { fromMs: from + 15_000, untilMs: from + 30_001 }), [
    'x{job="b"} 2@15000 2.5@30001',
  ]);
  assert.deepEqual(await linesOf(source, { fromMs: from + 1, untilMs: from + 14_999 }), []);
});

test('blocks that overlap are merged: series in order, of two samples at one time one', async () => {
  const files = createFiles();
  await writeBlock(files, DIRECTORY, block());
  await writeBlock(
    files,
    DIRECTORY,
    block({
      ulid: ULID_B,
      series: [seriesOf({ __name__: 'a' }, XOR_CHUNK), seriesOf({ __name__: 'x', job: 'b' }, XOR_CHUNK)],
    }),
  );
  const lines = await linesOf(await open(files));
  assert.deepEqual(lines, [
    'a 1@0 2@15000 2.5@30001',
    'x{job="a"} 1@0 2@15000 2.5@30001',
    'x{job="b"} 1@0 2@15000 2.5@30001',
  ]);
});

test('a block whose content moved to a larger one is left out, and named by what it was first made of', async () => {
  const files = createFiles();
  await writeBlock(files, DIRECTORY, block());
  const compaction = { sources: [ULID_A], parents: [{ ulid: ULID_A }] };
  await writeBlock(files, DIRECTORY, block({ ulid: ULID_B, series: [], compaction }));
  await files.makeDirectory(`${DIRECTORY}/${ULID_A}.tmp-for-deletion`);
  const source = await open(files);
  assert.deepEqual(await linesOf(source), []);
  assert.deepEqual(source.partsOf(ALL), [ULID_A]);
});

test('what was deleted is left out, to the millisecond', async () => {
  const files = createFiles();
  await writeBlock(files, DIRECTORY, block());
  const index = await IndexFile.open(files, `${DIRECTORY}/${ULID_A}/index`);
  const references: number[] = [];
  for await (const { reference } of index.series()) references.push(reference);
  const [first = 0, second = 0] = references;
  const from = XOR_CHUNK.minMs;
  await writeTombstones(files, `${DIRECTORY}/${ULID_A}`, [
    { reference: first, fromMs: from + 1, untilMs: from + 15_000 },
    { reference: first, fromMs: from + 30_002, untilMs: 9e15 },
    { reference: second, fromMs: 0, untilMs: 9e15 },
  ]);
  assert.deepEqual(await linesOf(await open(files)), ['x{job="a"} 1@0 2.5@30001']);
});

test('a file of tombstones that Prometheus wrote is read; a cut or damaged one is refused', () => {
  // One deletion, of the series 208; and none.
  const bytes = Buffer.from('0130ba3001d001c88ad7dfbf6888d5bee6bf68a72937c0', 'hex');
  assert.deepEqual(
    [...parseTombstones(bytes)],
    [[208, [{ fromMs: 1_795_262_440_100, untilMs: 1_795_269_580_100 }]]],
  );
  assert.deepEqual([...parseTombstones(Buffer.from('0130ba300100000000', 'hex'))], []);
  assert.throws(() => parseTombstones(bytes.subarray(0, 20)), /checksum/);
  assert.throws(() => parseTombstones(bytes.subarray(0, 7)), /cut off/);
});

test('a directory without blocks is refused, with what to name instead', async () => {
  const files = createFiles();
  await files.makeDirectory(`${DIRECTORY}/wal`);
  await assert.rejects(
    open(files),
    /there are no Prometheus blocks in it; name the directory of --storage.tsdb.path/,
  );
});

test('damage is told with file and byte, and the other blocks go on without that one', async () => {
  const files = createFiles();
  await writeBlock(files, DIRECTORY, block());
  await writeBlock(
    files,
    DIRECTORY,
    block({ ulid: ULID_B, series: [seriesOf({ __name__: 'y' }, XOR_CHUNK)] }),
  );
  const chunks = `${DIRECTORY}/${ULID_A}/chunks/000001`;
  const bytes = (await files.read(chunks)).slice();
  bytes[20] = (bytes[20] ?? 0) ^ 1;
  await writeFile(files, chunks, bytes);
  const source = await open(files);
  const error = await linesOf(source).then(
    () => undefined,
    (caught: unknown) => caught,
  );
  assert.match(
    String(error),
    new RegExp(`cannot read a chunk at byte 8 of "${chunks}": the checksum does not hold`),
  );
  assert.match(String(error), /--skip-damaged/);
  assert.equal(await source.skipDamaged(new Error('another')), false);
  assert.equal(await source.skipDamaged(error), true);
  assert.deepEqual(await linesOf(source), ['y 1@0 2@15000 2.5@30001']);
  assert.equal(source.skipped.length, 1);
});

test('a meta.json that is none ends the import, or only its block', async () => {
  const files = createFiles();
  await writeBlock(files, DIRECTORY, block());
  await writeFile(files, `${DIRECTORY}/${ULID_B}/meta.json`, new TextEncoder().encode('{"version":2}'));
  await assert.rejects(open(files), /meta\.json.*version/);
  const source = await open(files, { isSkippingDamaged: true });
  assert.equal((await linesOf(source)).length, 2);
  assert.match(source.skipped[0] ?? '', /meta\.json/);
});

/** Every file of the block, with some bytes changed or cut: an answer or a refusal, and soon. */
async function fuzz(files: Files, names: readonly string[], runs: number): Promise<void> {
  const random = new SeededRandom(20_261_121);
  const whole = new Map<string, Uint8Array>();
  for (const name of names) whole.set(name, await files.read(name));
  let refused = 0;
  for (let run = 0; run < runs; run++) {
    const name = names[Math.floor(random.float() * names.length)] ?? '';
    const original = whole.get(name) ?? new Uint8Array();
    await writeFile(files, name, mutate(original, random));
    try {
      const source = await open(files);
      await linesOf(source);
      await source.close();
    } catch (error) {
      assert.ok(
        error instanceof Error && /InputError|DamagedBlockError/.test(error.name),
        `seed 20261121, run ${run}, ${name}: ${error instanceof Error ? error.stack : String(error)}`,
      );
      refused++;
    }
    await writeFile(files, name, original);
  }
  assert.ok(refused > runs / 2, `only ${refused} of ${runs} were refused: the mutations change nothing`);
}

function mutate(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  const isCut = random.float() < 0.2;
  const changed = bytes.slice(0, isCut ? Math.floor(random.float() * bytes.length) : undefined);
  for (let n = Math.ceil(random.float() * 3); n > 0 && changed.length > 0; n--)
    changed[Math.floor(random.float() * changed.length)] = Math.floor(random.float() * 256);
  return changed;
}

test('a block with any bytes changed is read or refused', async () => {
  const files = createFiles();
  await writeBlock(files, DIRECTORY, block());
  await writeFile(
    files,
    `${DIRECTORY}/${ULID_A}/tombstones`,
    Buffer.from('0130ba3001d001c88ad7dfbf6888d5bee6bf68a72937c0', 'hex'),
  );
  await fuzz(
    files,
    ['index', 'chunks/000001', 'meta.json', 'tombstones'].map((name) => `${DIRECTORY}/${ULID_A}/${name}`),
    1500,
  );
});

const PROMTOOL = '/usr/bin/promtool';
const isMissing = !existsSync(PROMTOOL) && process.env['VEDETTE_PEERS'] !== 'required';

test(
  'blocks that promtool makes hold what it was given',
  { skip: isMissing && `${PROMTOOL} is missing` },
  async (t) => {
    const directory = mkdtempSync(path.join(tmpdir(), 'vedette-blocks-'));
    t.after(() => rmSync(directory, { recursive: true }));
    const random = new SeededRandom(7);
    const wanted = new Map<string, string[]>();
    let page = '# TYPE g gauge\n';
    for (let s = 0; s < 20; s++) {
      const labels = `g{s="${String(s).padStart(2, '0')}",text="ü\\"\\\\ ${'v'.repeat(s * 20)}"}`;
      const samples: string[] = [];
      let seconds = 1_700_000_000;
      for (let i = 0; i < 700; i++) {
        seconds += random.float() < 0.9 ? 15 : Math.ceil(random.float() * 4000);
        const value =
          [i, random.float() * 1e9, -i / 8, NaN, Infinity, 1e-300][Math.floor(random.float() * 6)] ?? 0;
        page += `${labels} ${Number.isNaN(value) ? 'NaN' : value === Infinity ? '+Inf' : value} ${seconds}.${String(i % 1000).padStart(3, '0')}\n`;
        samples.push(`${value}@${seconds * 1000 + (i % 1000)}`);
      }
      wanted.set(String(s).padStart(2, '0'), samples);
    }
    writeFileSync(path.join(directory, 'page'), `${page}# EOF\n`);
    const made = spawnSync(PROMTOOL, ['tsdb', 'create-blocks-from', 'openmetrics', 'page', 'data'], {
      cwd: directory,
    });
    assert.equal(made.status, 0, String(made.stderr));
    const source = await openDirectorySource(new DiskFiles(), {
      directory: path.join(directory, 'data'),
      matcherSets: [],
      isSkippingDamaged: false,
    });
    t.after(() => source.close());
    const got: string[][] = [];
    for await (const batch of source.read(ALL, NEVER))
      for (const { timestampsMs, values } of batch)
        got.push([...values].map((value, i) => `${value}@${timestampsMs[i]}`));
    assert.deepEqual(got, [...wanted.values()]);
  },
);
