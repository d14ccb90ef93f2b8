import { PLANES_MAX, readPlanes } from './byte-planes.ts';
import {
  HAS_STALE_COLUMN,
  SAME_AS,
  STORED_COLUMNS,
  type BucketColumn,
  type BucketColumns,
} from './bucket-chunk.ts';
import {
  CHUNK_SAMPLES_MAX,
  ENCODING_BUCKETS,
  VALUES_CONSTANT,
  VALUES_DELTAS,
  VALUES_DOUBLES,
} from './chunk.ts';
import { assertEncoding, readValueHeader, readValues, type ValueHeader } from './chunk-decoder.ts';
import { ByteCursor, corrupt } from './varint.ts';

/** Decodes chunks of buckets; of their columns those that are wanted. */
export class BucketDecoder {
  readonly #cursor = new ByteCursor();
  /** Where each column begins. */
  readonly #starts = new Float64Array(STORED_COLUMNS.length);

  /**
   * Decodes the chunk that fills [offset, end) into `target` from index `at` on, which must have room for
   * `CHUNK_SAMPLES_MAX` more: the ends and the wanted columns; others are left as they are. Returns the number of buckets.
   */
  decode(
    bytes: Uint8Array,
    { offset, end }: { readonly offset: number; readonly end: number },
    target: BucketColumns,
    at: number,
    wanted: ReadonlySet<BucketColumn>,
  ): number {
    const cursor = this.#cursor.open(bytes, offset, end);
    assertEncoding(cursor.byte(), ENCODING_BUCKETS);
    const hasStale = (cursor.byte() & HAS_STALE_COLUMN) !== 0;
    const count = cursor.varint();
    if (count < 1 || count > CHUNK_SAMPLES_MAX)
      throw corrupt(`a chunk has ${count} buckets, want 1 to ${CHUNK_SAMPLES_MAX}`);
    const resolutionMs = cursor.varint();
    readEnds(cursor, count, resolutionMs, target.endsMs, at);
    const columnCount = hasStale ? STORED_COLUMNS.length : STORED_COLUMNS.length - 1;
    for (const [column, name] of STORED_COLUMNS.entries()) {
      if (column < columnCount)
        this.#readColumn(column, count, wanted.has(name) ? target[name] : undefined, at);
      else if (wanted.has(name)) target[name].fill(0, at, at + count);
    }
    if (cursor.remaining !== 0) throw corrupt(`a chunk has ${cursor.remaining} bytes too many`);
    restoreTimes(target, at, at + count, resolutionMs, wanted);
    return count;
  }

  /** Into `values` from `at` on; nowhere when that is `undefined`. */
  #readColumn(column: number, count: number, values: Float64Array | undefined, at: number): void {
    const cursor = this.#cursor;
    this.#starts[column] = cursor.offset;
    const kind = cursor.byte();
    const shape = cursor.byte();
    if (kind !== SAME_AS) {
      readColumnValues(cursor, { kind, shape, count }, values, at);
      return;
    }
    if (shape >= column) throw corrupt(`column ${column} of a chunk repeats column ${shape}`);
    const start = this.#starts[shape] ?? 0;
    this.#starts[column] = start;
    if (values === undefined) return;
    const behind = cursor.offset;
    cursor.offset = start;
    readColumnValues(cursor, { kind: cursor.byte(), shape: cursor.byte(), count }, values, at);
    cursor.offset = behind;
  }
}

function readEnds(
  cursor: ByteCursor,
  count: number,
  resolutionMs: number,
  target: Float64Array,
  at: number,
): void {
  const first = cursor.zigzag();
  const width = cursor.byte();
  if (width > PLANES_MAX) throw corrupt(`a column is at most ${PLANES_MAX} bytes wide`);
  readPlanes(cursor.bytes, cursor.skip(width * (count - 1)), { count: count - 1, width }, target, at + 1);
  let number = first;
  target[at] = number * resolutionMs;
  for (let i = at + 1; i < at + count; i++) {
    number += 1 + (target[i] ?? 0);
    target[i] = number * resolutionMs;
  }
}

interface ColumnShape {
  readonly kind: number;
  readonly shape: number;
  readonly count: number;
}

function readColumnValues(
  cursor: ByteCursor,
  { kind, shape, count }: ColumnShape,
  values: Float64Array | undefined,
  at: number,
): void {
  if ((shape & 7) > PLANES_MAX) throw corrupt(`a column is at most ${PLANES_MAX} bytes wide`);
  const header = readValueHeader(cursor, kind, shape);
  if (values === undefined) cursor.skip(valueBytesOf(header, count));
  else readValues(cursor, header, count, values, at);
}

/** Bytes of the planes behind the header. */
function valueBytesOf({ kind, width }: ValueHeader, count: number): number {
  if (kind === VALUES_CONSTANT) return 0;
  if (kind === VALUES_DOUBLES) return 8 * count;
  return width * (kind === VALUES_DELTAS ? count - 1 : count);
}

/** Distances from the borders of a bucket become times. */
function restoreTimes(
  { endsMs, firstsMs, lastsMs, stalesMs }: BucketColumns,
  from: number,
  until: number,
  resolutionMs: number,
  wanted: ReadonlySet<BucketColumn>,
): void {
  if (wanted.has('firstsMs'))
    for (let i = from; i < until; i++) firstsMs[i] = (endsMs[i] ?? 0) - resolutionMs + 1 + (firstsMs[i] ?? 0);
  if (wanted.has('lastsMs'))
    for (let i = from; i < until; i++) lastsMs[i] = (endsMs[i] ?? 0) - (lastsMs[i] ?? 0);
  if (wanted.has('stalesMs'))
    for (let i = from; i < until; i++)
      stalesMs[i] = stalesMs[i] === 0 ? 0 : (endsMs[i] ?? 0) + 1 - (stalesMs[i] ?? 0);
}
