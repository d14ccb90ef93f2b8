import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { labelsOf, MemoryFiles, SeededRandom, seriesKeyOf } from '@vedette/model';
import { blockHeader, parseTable, tableAndTrailer, tableBytesOf } from './block/block-format.ts';
import { BlockWriter } from './block/block-writer.ts';
import { encodeTombstones } from './block/tombstone-file.ts';
import { decompress } from './block/zstd.ts';
import { BucketEncoder } from './chunk/bucket-encoder.ts';
import { ChunkEncoder } from './chunk/chunk-encoder.ts';
import { HistogramEncoder } from './chunk/histogram-encoder.ts';
import { runsOf, Tombstones } from './query/tombstones.ts';
import { batchOf, eagerSlicer, floatsOf, histogramOf } from './testing.ts';
import { BucketBuffer } from './tier/bucket-buffer.ts';
import { foldSamples } from './tier/fold-samples.ts';
import { encodeGone } from './tier/gone-file.ts';
import { WalRecordWriter } from './wal/wal-record.ts';
import { linkRecord, segmentHeader } from './wal/wal-segment.ts';

/** The examples of `docs/formats`, held against the code that writes those bytes. */
function exampleOf(page: string, name: string): string {
  const text = readFileSync(new URL(`../../../docs/formats/${page}.md`, import.meta.url), 'utf8');
  const example = new RegExp(`\`\`\`(?:hex|json) ${name}\n([^\`]*)\n\`\`\``).exec(text)?.[1];
  assert.ok(example !== undefined, `${page}.md has no example "${name}"`);
  return example;
}

function checkHex(page: string, name: string, got: Uint8Array): void {
  const want = exampleOf(page, name)
    .split('\n')
    .flatMap((line) => line.replace(/#.*/, '').trim().split(/\s+/))
    .filter((byte) => byte !== '');
  assert.deepEqual(
    Array.from(got, (byte) => byte.toString(16).padStart(2, '0')),
    want,
    `${page}.md, ${name}`,
  );
}

test('series-key.md shows the bytes of a series key', () => {
  checkHex('series-key', 'key', seriesKeyOf(labelsOf({ __name__: 'up', job: 'api' })));
});

test('chunk.md shows the bytes of a chunk of each kind', () => {
  const encoder = new ChunkEncoder();
  const encode = (...samples: [timestampMs: number, value: number | 'stale'][]): Uint8Array => {
    for (const [i, [timestampMs, value]] of samples.entries()) {
      encoder.columns.timestampsMs[i] = timestampMs;
      encoder.columns.values[i] = value === 'stale' ? NaN : value;
      encoder.columns.staleFlags[i] = value === 'stale' ? 1 : 0;
    }
    return encoder.encode(samples.length);
  };
  checkHex('chunk', 'deltas', encode([1000, 1.5], [16_000, 2.5], [31_002, 3.6], [46_001, 'stale']));
  checkHex('chunk', 'offsets', encode([1000, 4096], [2000, 8_192_000], [3000, 4096], [4000, 8192]));
  checkHex('chunk', 'constant', encode([1000, 1], [2000, 1]));
  checkHex('chunk', 'doubles', encode([1000, 0.1 + 0.2], [2000, NaN]));
});

test('chunk.md shows the bytes of histograms', () => {
  const encoder = new HistogramEncoder();
  const samples: readonly [buckets: number[], count: number, sum: number][] = [
    [[2, 0, 5], 8, 9.5],
    [[4, 0, 305], 310, 30],
    [[7, 0, 306], 314, 31.5],
    [[7, 0, 306], 314, 31.5],
  ];
  const run = {
    timestampsMs: Float64Array.of(1000, 16_000, 31_002, 46_001),
    histograms: samples.map(([buckets, count, sum]) => histogramOf(buckets, { count, sum, zeroCount: 1 })),
    staleFlags: Uint8Array.of(0, 0, 0, 1),
  };
  checkHex('chunk', 'histograms', encoder.encode(run));
  checkHex('chunk', 'fractions', encoder.encodeOne(1000, histogramOf([1.5, 2])));
});

test('chunk.md shows the bytes of buckets', () => {
  const buckets = new BucketBuffer();
  const samples = {
    timestampsMs: Float64Array.of(60_000, 120_000, 300_000, 360_000, 420_000, 600_000, 1_260_000, 1_320_000),
    values: Float64Array.of(1, 3, 6, 7, 9, 2, 4, 0),
    staleFlags: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 1),
  };
  foldSamples(samples, 300_000, buckets);
  checkHex('chunk', 'buckets', new BucketEncoder().encode(buckets.columns, 0, buckets.count, 300_000));
});

test('downsampled.md shows the bytes of the file', () => {
  checkHex('downsampled', 'file', encodeGone([Date.UTC(2026, 0, 2, 0, 10), -Infinity]));
});

test('wal.md shows the bytes of a record with a histogram', () => {
  const writer = new WalRecordWriter();
  writer.begin({ minMs: 0, maxMs: 601_000, lateMinMs: Infinity });
  const chunk = new HistogramEncoder().encodeOne(1000, histogramOf([1, 2], { zeroThreshold: 0 }));
  const floats = floatsOf(batchOf([{ __name__: 'up' }, [1000, 0], [2000, 1]]));
  writer.addSamples(5, { ...floats, histograms: new Map([[0, chunk]]) }, 0, 2);
  writer.finish();
  checkHex('wal', 'histograms', writer.bytes);
});

test('wal.md shows the bytes of a segment header and a record', () => {
  checkHex('wal', 'header', segmentHeader(1));
  checkHex('wal', 'link', linkRecord({ number: 1, sizeBytes: 1000 }));
  const writer = new WalRecordWriter();
  writer.begin({ minMs: 0, maxMs: 601_000, lateMinMs: Infinity });
  writer.defineSeries(5, seriesKeyOf(labelsOf({ __name__: 'up' })), undefined);
  writer.addSamples(5, floatsOf(batchOf([{ __name__: 'up' }, [1000, 1], [2000, 0]])), 0, 2);
  writer.finish();
  checkHex('wal', 'record', writer.bytes);
  writer.clear();
  writer.beginExemplars();
  const labels = labelsOf({ trace_id: 'ab' });
  writer.addExemplar(seriesKeyOf(labelsOf({ __name__: 'up' })), { labels, value: 1, timestampMs: 1000 });
  writer.finish();
  checkHex('wal', 'exemplars', writer.bytes);

  writer.clear();
  writer.begin({ minMs: 0, maxMs: 601_000, lateMinMs: 500 });
  writer.addSamples(5, floatsOf(batchOf([{ __name__: 'up' }, [1500, 1]])), 0, 1);
  writer.finish();
  checkHex('wal', 'late', writer.bytes);
});

test('block.md shows the bytes of the frame and of each section', async () => {
  checkHex('block', 'header', blockHeader());
  const section = { kind: 1, offset: 16, storedBytes: 100, rawBytes: 200, crc: 0x01020304 };
  checkHex('block', 'trailer', tableAndTrailer([section]));

  const files = new MemoryFiles(new SeededRandom(1));
  const writer = await BlockWriter.create({ files, slicer: eagerSlicer }, 'b');
  const a = floatsOf(batchOf([{}, [1000, 1], [2000, 1]]));
  const b = floatsOf(batchOf([{}, [1000, 0]]));
  await writer.addSeries(labelsOf({ __name__: 'up', job: 'a' }), a);
  await writer.addSeries(labelsOf({ __name__: 'up', job: 'b' }), b);
  await writer.finish({ first: 1, last: 1, level: 0, walFloor: 2 });
  const bytes = await files.read('b');
  checkHex('block', 'header', bytes.subarray(0, 16));
  const trailer = bytes.slice(-16);
  const sections = parseTable(bytes.slice(-16 - tableBytesOf(trailer), -16), trailer);
  const rawOf = (kind: number): Uint8Array => {
    const extent = sections.get(kind);
    assert.ok(extent !== undefined);
    return decompress(bytes.subarray(extent.offset, extent.offset + extent.storedBytes), extent);
  };
  assert.equal(new TextDecoder().decode(rawOf(1)), exampleOf('block', 'meta'));
  for (const [i, name] of ['strings', 'pairs', 'series', 'postings', 'chunks'].entries())
    checkHex('block', name, rawOf(i + 2));
  assert.equal(sections.size, 7);
});

test('tombstones.md shows the bytes of the file', () => {
  const runs = runsOf(Uint32Array.of(0, 1, 5));
  const tombstones = Tombstones.NONE.with({ range: { fromMs: 1000, untilMs: 2000 }, runs });
  checkHex('tombstones', 'file', encodeTombstones(new Map([['00000001-00000001.block', tombstones]])));
});
