/**
 * What waits to be sent, and what must not be sent yet.
 *
 * 1. Rows stand in lanes, first in, first out; a series always goes through the same lane.
 * 2. Shard `s` of `n` serves the lanes whose number modulo `n` is `s`. It takes rows of several of them into
 *    one request and holds those lanes until the request is settled, repetitions included. So the samples of
 *    a series leave in their order, while series of different lanes overtake each other.
 * 3. The number of shards may change at any time: who serves a lane is computed when somebody asks, and a
 *    lane that is held stays so until its request is settled. Nothing is moved.
 * 4. The queue is bounded by rows and by bytes, requests under way included. When there is no room the
 *    oldest rows go first (by their timestamps, over all lanes), unless somebody waits for their answer.
 *
 * Rejected: a queue per shard, as Prometheus has it. A change of their number then has to wait until all are
 * empty, which is never while the remote is down and just when more shards are wanted.
 */
import { bug } from '@vedette/model';
import { bytesOfRow, emptyRow, SampleRows, type SampleRow } from './sample-rows.ts';

export interface QueueBounds {
  readonly laneCount: number;
  readonly rowsMax: number;
  readonly bytesMax: number;
}

/** Rows that leave in one request, and the lanes held for it. */
export interface RowBatch {
  readonly rows: SampleRows;
  readonly lanes: readonly number[];
  readonly bytes: number;
}

// Twice what 2,000 samples with labels of 100 bytes take. It is compressed in one piece, which has to stay a
// matter of milliseconds whatever max_samples_per_send says.
const REQUEST_BYTES_MAX = 512 * 1024;

/** A sample on the wire, beside its labels: two numbers and their tags, with room. */
const SAMPLE_WIRE_BYTES = 24;

export class SendQueue {
  readonly bounds: QueueBounds;
  readonly #lanes: readonly Lane[];
  readonly #row = emptyRow();
  #rowCount = 0;
  #bytes = 0;

  constructor(bounds: QueueBounds) {
    this.bounds = bounds;
    this.#lanes = Array.from({ length: bounds.laneCount }, () => ({
      rows: new SampleRows(),
      dueCount: 0,
      isHeld: false,
    }));
  }

  /** Rows that wait or are under way. */
  get rowCount(): number {
    return this.#rowCount;
  }

  get bytes(): number {
    return this.#bytes;
  }

  hasRoomFor(rows: number, bytes: number): boolean {
    return this.#rowCount + rows <= this.bounds.rowsMax && this.#bytes + bytes <= this.bounds.bytesMax;
  }

  /** Puts a row at the end of its lane; true when it need not wait for others (somebody waits for its answer). */
  push(row: SampleRow): void {
    const lane = this.#lanes[row.series.lane] ?? bug(`no lane ${row.series.lane}`);
    lane.rows.push(row);
    if (row.ticket !== undefined) lane.dueCount = lane.rows.length;
    this.#rowCount++;
    this.#bytes += bytesOfRow(row.kind, row.extra);
  }

  /** Removes the oldest waiting row with its like until there is room; hands each to `onDrop`. False when nothing is left to remove. */
  makeRoom(onDrop: (row: SampleRow) => void): boolean {
    while (!this.hasRoomFor(0, 0)) {
      const oldest = this.#oldestLane();
      if (oldest === undefined) return false;
      const { firstMs } = oldest.rows;
      do {
        this.#shift(oldest);
        this.#forget(this.#row);
        onDrop(this.#row);
      } while (oldest.rows.firstMs <= firstMs && !this.hasRoomFor(0, 0));
    }
    return true;
  }

  /** What waits now shall wait no longer. */
  markDue(): void {
    for (const lane of this.#lanes) lane.dueCount = lane.rows.length;
  }

  /** The rows of the shard's next request; `undefined` when there are too few and none is due. */
  take(shard: { index: number; count: number }, rowsMax: number): RowBatch | undefined {
    const own = this.#lanes.filter(
      (lane, i) => i % shard.count === shard.index && !lane.isHeld && lane.rows.length > 0,
    );
    const ready = own.reduce((sum, { rows }) => sum + rows.length, 0);
    if (ready === 0 || (ready < rowsMax && own.every(({ dueCount }) => dueCount === 0))) return undefined;
    // The lanes that waited longest first, or a full one would keep the others waiting for ever.
    own.sort((a, b) => a.rows.firstMs - b.rows.firstMs);
    const rows = new SampleRows();
    const held: Lane[] = [];
    let wireBytes = 0;
    let bytes = 0;
    for (const lane of own) {
      if (rows.length >= rowsMax || wireBytes >= REQUEST_BYTES_MAX) break;
      lane.isHeld = true;
      held.push(lane);
      while (rows.length < rowsMax && wireBytes < REQUEST_BYTES_MAX && this.#shift(lane)) {
        rows.push(this.#row);
        const rowBytes = bytesOfRow(this.#row.kind, this.#row.extra);
        bytes += rowBytes;
        wireBytes +=
          this.#row.series.labelBytes + (this.#row.extra === undefined ? SAMPLE_WIRE_BYTES : rowBytes);
      }
    }
    return { rows, bytes, lanes: held.map((lane) => this.#lanes.indexOf(lane)) };
  }

  /** The request with these rows is settled: their lanes are free again. */
  release(batch: RowBatch, rowCount: number): void {
    for (const lane of batch.lanes) (this.#lanes[lane] ?? bug(`no lane ${lane}`)).isHeld = false;
    this.#rowCount -= rowCount;
    this.#bytes -= batch.bytes;
  }

  /** Removes every waiting row; hands each to `onDrop`. */
  clear(onDrop: (row: SampleRow) => void): void {
    for (const lane of this.#lanes)
      while (this.#shift(lane)) {
        this.#forget(this.#row);
        onDrop(this.#row);
      }
  }

  #shift(lane: Lane): boolean {
    if (!lane.rows.shift(this.#row)) return false;
    if (lane.dueCount > 0) lane.dueCount--;
    return true;
  }

  #forget(row: SampleRow): void {
    this.#rowCount--;
    this.#bytes -= bytesOfRow(row.kind, row.extra);
  }

  #oldestLane(): Lane | undefined {
    let oldest: Lane | undefined;
    for (const lane of this.#lanes)
      if (lane.rows.length > 0 && (oldest === undefined || lane.rows.firstMs < oldest.rows.firstMs))
        oldest = lane;
    return oldest;
  }
}

interface Lane {
  readonly rows: SampleRows;
  /** How many of the first rows need not wait for others. */
  dueCount: number;
  /** Rows of it are under way. */
  isHeld: boolean;
}
