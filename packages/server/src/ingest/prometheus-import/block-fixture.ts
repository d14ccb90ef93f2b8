import { labelsOf, MemoryFiles, SeededRandom, type Files } from '@vedette/model';
import { crc32c } from '../../lib/crc32c.ts';

/** For tests: a series of a block with chunks that are there already, as bytes. */
export interface FixtureSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly chunks: readonly {
    readonly minMs: number;
    readonly maxMs: number;
    readonly encoding: number;
    readonly bytes: Uint8Array;
  }[];
}

export interface FixtureBlock {
  readonly ulid: string;
  readonly minMs: number;
  /** Exclusive. */
  readonly maxMs: number;
  /** Sorted by label set. */
  readonly series: readonly FixtureSeries[];
  readonly version?: 1 | 2;
  readonly compaction?: unknown;
}

export const createFiles = (): MemoryFiles => new MemoryFiles(new SeededRandom(1));

export async function writeFile(files: Files, path: string, bytes: Uint8Array): Promise<void> {
  await files.remove(path);
  await files.makeDirectory(path.slice(0, path.lastIndexOf('/')));
  const appender = await files.openAppender(path);
  await appender.append(bytes);
  await appender.close();
}

/** Writes a block as Prometheus' documentation of its formats has it. */
export async function writeBlock(files: Files, directory: string, block: FixtureBlock): Promise<void> {
  const path = `${directory}/${block.ulid}`;
  const { ulid, minMs: minTime, maxMs: maxTime, compaction = {} } = block;
  const meta = JSON.stringify({ version: 1, ulid, minTime, maxTime, compaction });
  await writeFile(files, `${path}/meta.json`, new TextEncoder().encode(meta));
  const places: number[][] = [];
  await writeFile(files, `${path}/chunks/000001`, chunkFile(block.series, places));
  await writeFile(files, `${path}/index`, indexFile(block, places));
}

/** Deletes times, both inclusive, of series that are named as their index names them. */
export async function writeTombstones(
  files: Files,
  directory: string,
  deleted: readonly { readonly reference: number; readonly fromMs: number; readonly untilMs: number }[],
): Promise<void> {
  const content = deleted.flatMap(({ reference, fromMs, untilMs }) => [
    ...uvarint(reference),
    ...varint(fromMs),
    ...varint(untilMs),
  ]);
  const bytes = [...u32(0x0130ba30), 1, ...content, ...checksum(content)];
  await writeFile(files, `${directory}/tombstones`, Uint8Array.from(bytes));
}

export const seriesOf = (
  labels: Record<string, string>,
  ...chunks: FixtureSeries['chunks']
): FixtureSeries => ({
  labels,
  chunks,
});

const u32 = (value: number): number[] => [
  value >>> 24,
  (value >>> 16) & 255,
  (value >>> 8) & 255,
  value & 255,
];
const u64 = (value: number): number[] => [...u32(Math.floor(value / 2 ** 32)), ...u32(value >>> 0)];
const checksum = (bytes: readonly number[]): number[] => u32(crc32c(Uint8Array.from(bytes)));
const section = (bytes: readonly number[]): number[] => [...u32(bytes.length), ...bytes, ...checksum(bytes)];
const text = (value: string): number[] => [...uvarint(value.length), ...new TextEncoder().encode(value)];

function uvarint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return [...bytes, rest];
}

const varint = (value: number): number[] => uvarint(value >= 0 ? value * 2 : -value * 2 - 1);

function chunkFile(series: readonly FixtureSeries[], places: number[][]): Uint8Array {
  const bytes = [...u32(0x85bd40dd), 1, 0, 0, 0];
  for (const { chunks } of series) {
    places.push(
      chunks.map((chunk) => {
        const at = bytes.length;
        const content = [chunk.encoding, ...chunk.bytes];
        bytes.push(...uvarint(chunk.bytes.length), ...content, ...checksum(content));
        return at;
      }),
    );
  }
  return Uint8Array.from(bytes);
}

function indexFile({ series, version = 2 }: FixtureBlock, places: readonly number[][]): Uint8Array {
  const bytes = [...u32(0xbaaad700), version];
  const names = [
    ...new Set(series.flatMap(({ labels }) => Object.entries(labelsOf(labels)).map(([, part]) => part))),
  ].sort();
  const symbols = u32(names.length);
  const references = new Map<string, number>();
  for (const [i, name] of names.entries()) {
    references.set(name, version === 2 ? i : bytes.length + 4 + symbols.length);
    // Not spread: a long one has more bytes than a call may have arguments.
    for (const byte of text(name)) symbols.push(byte);
  }
  const symbolsAt = bytes.length;
  for (const byte of section(symbols)) bytes.push(byte);
  const seriesAt = bytes.length;
  const found = series.map((one, i) => {
    while (version === 2 && bytes.length % 16 !== 0) bytes.push(0);
    const at = bytes.length;
    const content = seriesEntry(one, references, places[i] ?? []);
    bytes.push(...uvarint(content.length), ...content, ...checksum(content));
    return version === 2 ? at / 16 : at;
  });
  const postingsAt = bytes.length;
  bytes.push(...section([...u32(found.length), ...found.flatMap(u32)]));
  const tableAt = bytes.length;
  bytes.push(...section([...u32(1), 2, ...text(''), ...text(''), ...uvarint(postingsAt)]));
  const contents = [symbolsAt, seriesAt, 0, 0, postingsAt, tableAt].flatMap(u64);
  return Uint8Array.from([...bytes, ...contents, ...checksum(contents)]);
}

function seriesEntry(
  { labels, chunks }: FixtureSeries,
  references: Map<string, number>,
  places: number[],
): number[] {
  const flat = labelsOf(labels);
  const content = uvarint(flat.length / 2);
  for (const part of flat) content.push(...uvarint(references.get(part) ?? 0));
  content.push(...uvarint(chunks.length));
  for (const [i, { minMs, maxMs }] of chunks.entries()) {
    const before = chunks[i - 1];
    const place = places[i] ?? 0;
    content.push(
      ...(before === undefined ? varint(minMs) : uvarint(minMs - before.maxMs)),
      ...uvarint(maxMs - minMs),
      ...(before === undefined ? uvarint(place) : varint(place - (places[i - 1] ?? 0))),
    );
  }
  return content;
}

/** The chunk that Prometheus makes of 1, 2 and 2.5 at 1,700,000,000,000 ms, 15 s later, and 15.001 s after that. */
export const XOR_CHUNK = {
  minMs: 1_700_000_000_000,
  maxMs: 1_700_000_030_001,
  encoding: 1,
  bytes: Uint8Array.from(Buffer.from('000380a0abfef9623ff00000000000009875c25fff8001da0c', 'hex')),
};
