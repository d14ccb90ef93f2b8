import { NO_LABELS, SCHEMA_CUSTOM, type Exemplar, type NativeHistogram } from '@vedette/model';
import type { AppendTicket } from './append-ticket.ts';
import type { OutgoingSeries } from './outgoing-series.ts';
import { FLOAT, HISTOGRAM } from './row-kind.ts';

/** One row on its way between columns; the same object is filled again and again. */
export interface SampleRow {
  series: OutgoingSeries;
  /** One of those of `row-kind.ts`. */
  kind: number;
  timestampMs: number;
  value: number;
  /** When the counter began; 0 where unknown. */
  startMs: number;
  /** The histogram or the exemplar. */
  extra: NativeHistogram | Exemplar | undefined;
  /** Who waits for the answer. */
  ticket: AppendTicket | undefined;
}

/** Memory of a row: four columns of 8 bytes, one of 1, and two of references. */
const ROW_BYTES = 49;

/** Objects, arrays and strings behind a row, about. */
const HISTOGRAM_BYTES = 400;
const EXEMPLAR_BYTES = 160;

/** What a row takes of the queue's memory, in bytes; the same at each call. */
export function bytesOfRow(kind: number, extra: SampleRow['extra']): number {
  if (extra === undefined) return ROW_BYTES;
  if (kind === HISTOGRAM) return ROW_BYTES + HISTOGRAM_BYTES + bucketsOf(extra as NativeHistogram) * 8;
  let characters = 0;
  for (const text of (extra as Exemplar).labels) characters += text.length;
  return ROW_BYTES + EXEMPLAR_BYTES + characters * 2;
}

function bucketsOf({ positive, negative, customBounds }: NativeHistogram): number {
  const spans = positive.spans.length + negative.spans.length;
  return positive.counts.length + negative.counts.length + customBounds.length + spans * 4;
}

/** Rows as columns, first in, first out: a ring that grows by doubling and is given back when it is empty. */
export class SampleRows {
  #capacity = CAPACITY_MIN;
  #head = 0;
  #length = 0;
  #series: (OutgoingSeries | undefined)[] = [];
  #kinds = new Uint8Array(CAPACITY_MIN);
  #timestampsMs = new Float64Array(CAPACITY_MIN);
  #values = new Float64Array(CAPACITY_MIN);
  #startsMs = new Float64Array(CAPACITY_MIN);
  #extras: SampleRow['extra'][] = [];
  #tickets: (AppendTicket | undefined)[] = [];

  get length(): number {
    return this.#length;
  }

  /** Time of the first row; Infinity when there is none. */
  get firstMs(): number {
    return this.#length === 0 ? Infinity : (this.#timestampsMs[this.#head] ?? 0);
  }

  push(row: SampleRow): void {
    if (this.#length === this.#capacity) this.#resize(this.#capacity * 2);
    const at = (this.#head + this.#length) & (this.#capacity - 1);
    this.#series[at] = row.series;
    this.#kinds[at] = row.kind;
    this.#timestampsMs[at] = row.timestampMs;
    this.#values[at] = row.value;
    this.#startsMs[at] = row.startMs;
    this.#extras[at] = row.extra;
    this.#tickets[at] = row.ticket;
    this.#length++;
  }

  /** Copies row `index` into `row`; false when there is no such row. */
  read(index: number, row: SampleRow): boolean {
    const at = (this.#head + index) & (this.#capacity - 1);
    const series = this.#series[at];
    if (index >= this.#length || series === undefined) return false;
    row.series = series;
    row.kind = this.#kinds[at] ?? 0;
    row.timestampMs = this.#timestampsMs[at] ?? 0;
    row.value = this.#values[at] ?? 0;
    row.startMs = this.#startsMs[at] ?? 0;
    row.extra = this.#extras[at];
    row.ticket = this.#tickets[at];
    return true;
  }

  /** Like `read` for the first row, which is removed. */
  shift(row: SampleRow): boolean {
    if (!this.read(0, row)) return false;
    const at = this.#head;
    this.#series[at] = undefined;
    this.#extras[at] = undefined;
    this.#tickets[at] = undefined;
    this.#head = (at + 1) & (this.#capacity - 1);
    this.#length--;
    if (this.#length === 0 && this.#capacity > CAPACITY_MIN) this.#resize(CAPACITY_MIN);
    return true;
  }

  #resize(capacity: number): void {
    const { length } = this;
    const first = Math.min(length, this.#capacity - this.#head);
    const unrolled = <T extends Uint8Array<ArrayBuffer> | Float64Array<ArrayBuffer>>(from: T, to: T): T => {
      to.set(from.subarray(this.#head, this.#head + first));
      to.set(from.subarray(0, length - first), first);
      return to;
    };
    const turned = <T>(from: T[]): T[] =>
      length === 0 ? [] : [...from.slice(this.#head, this.#head + first), ...from.slice(0, length - first)];
    this.#kinds = unrolled(this.#kinds, new Uint8Array(capacity));
    this.#timestampsMs = unrolled(this.#timestampsMs, new Float64Array(capacity));
    this.#values = unrolled(this.#values, new Float64Array(capacity));
    this.#startsMs = unrolled(this.#startsMs, new Float64Array(capacity));
    this.#series = turned(this.#series);
    this.#extras = turned(this.#extras);
    this.#tickets = turned(this.#tickets);
    this.#capacity = capacity;
    this.#head = 0;
  }
}

/** A histogram with bounds of its own, which version 1 of the protocol does not know. */
export function isCustomHistogram({ kind, extra }: SampleRow): boolean {
  return kind === HISTOGRAM && (extra as NativeHistogram).schema === SCHEMA_CUSTOM;
}

/** A power of two, so that places are found with a mask. 50 lanes of 64 rows are 160 kB. */
const CAPACITY_MIN = 64;

/** A row to be filled; its series counts once it is read. */
export function emptyRow(): SampleRow {
  return {
    series: NO_SERIES,
    kind: FLOAT,
    timestampMs: 0,
    value: 0,
    startMs: 0,
    extra: undefined,
    ticket: undefined,
  };
}

const NO_SERIES: OutgoingSeries = {
  labels: NO_LABELS,
  lane: 0,
  labelBytes: 0,
  newestMs: 0,
  labelFields: undefined,
};
