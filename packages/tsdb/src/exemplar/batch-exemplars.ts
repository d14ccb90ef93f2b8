import {
  EXEMPLAR_LABEL_CHARACTERS_MAX,
  type BatchExemplar,
  type Labels,
  type SampleBatch,
  type Slicer,
} from '@vedette/model';
import type { Journal } from '../commit-queue.ts';
import type { BatchTally } from '../head/batch-tally.ts';
import { WalRecordWriter } from '../wal/wal-record.ts';
import { compareExemplars, type ExemplarBuffer } from './exemplar-buffer.ts';

/** Bytes of records after which a write to the log is worth it. */
const WRITE_BYTES = 2 ** 20;

/** Exemplars of one record: so long that frames do not count, so short that a cut-off one costs little. */
const RECORD_EXEMPLARS_MAX = 1000;

export interface PlannedExemplar {
  readonly key: Uint8Array;
  readonly exemplar: BatchExemplar;
}

/**
 * The exemplars of a batch that may be stored, in the order of their time, since senders give them in any.
 * Refused are those of series that the head does not have, those whose time cannot be written, and those that say
 * too much.
 */
export function planExemplars(
  { exemplars: buffer, head }: { exemplars: ExemplarBuffer; head: { readonly series: SeriesFinder } },
  { batch, ids, window, tally }: PlanScope,
): readonly PlannedExemplar[] {
  if (batch.exemplars === undefined || buffer.isOff) return [];
  const keys = new DataView(batch.keys.buffer, batch.keys.byteOffset, batch.keys.byteLength);
  const planned: PlannedExemplar[] = [];
  for (const exemplar of batch.exemplars) {
    const { series, timestampMs } = exemplar;
    const from = series === 0 ? 0 : (batch.keyEnds[series - 1] ?? 0);
    const until = batch.keyEnds[series] ?? 0;
    const isWritable =
      timestampMs >= window.minMs && timestampMs <= window.maxMs && !isTooLong(exemplar.labels);
    const isKnown = (ids[series] ?? -1) >= 0 || head.series.find(keys, from, until) >= 0;
    if (isWritable && isKnown) planned.push({ key: batch.keys.subarray(from, until), exemplar });
    else refuse(tally, series);
  }
  return planned.sort((a, b) => compareExemplars(a.exemplar, b.exemplar));
}

interface SeriesFinder {
  find(keys: DataView, from: number, until: number): number;
}

interface PlanScope {
  readonly batch: SampleBatch;
  /** Series id by position; -1 is refused, or without samples in the batch. */
  readonly ids: Int32Array;
  readonly window: { readonly minMs: number; readonly maxMs: number };
  readonly tally: BatchTally;
}

/** Writes records of the exemplars behind what `records` has. */
export function logExemplars(records: WalRecordWriter, planned: readonly PlannedExemplar[]): void {
  for (let from = 0; from < planned.length; from += RECORD_EXEMPLARS_MAX) {
    records.beginExemplars();
    for (const { key, exemplar } of planned.slice(from, from + RECORD_EXEMPLARS_MAX))
      records.addExemplar(key, exemplar);
    records.finish();
  }
}

export function addExemplar(
  buffer: ExemplarBuffer,
  { key, exemplar }: PlannedExemplar,
  tally: BatchTally,
): void {
  const { labels, value, timestampMs, series } = exemplar;
  const outcome = buffer.add(key, { labels, value, timestampMs });
  if (outcome === 'refused') refuse(tally, series);
  else tally.acceptedExemplarCount++;
}

/** Writes all of the buffer to the log, so that the segments before this one may go. */
export async function relogExemplars(
  { journal, slicer }: { journal: Journal; slicer: Slicer },
  buffer: ExemplarBuffer,
): Promise<void> {
  for (const records of await exemplarRecords(buffer, slicer)) await journal.append(records);
}

/** All of the buffer as log records, in pieces of about `WRITE_BYTES`; none for an empty one. */
export async function exemplarRecords(
  buffer: ExemplarBuffer,
  slicer: Slicer,
): Promise<readonly Uint8Array[]> {
  const pieces: Uint8Array[] = [];
  const writer = new WalRecordWriter();
  // Listed at once: the buffer changes while this yields.
  const all = [...buffer.all()];
  for (let from = 0; from < all.length; from += RECORD_EXEMPLARS_MAX) {
    writer.beginExemplars();
    for (const { key, exemplar } of all.slice(from, from + RECORD_EXEMPLARS_MAX))
      writer.addExemplar(key, exemplar);
    writer.finish();
    if (writer.bytes.length >= WRITE_BYTES || from + RECORD_EXEMPLARS_MAX >= all.length) {
      pieces.push(writer.bytes.slice());
      writer.clear();
    }
    if (slicer.shouldYield()) await slicer.yield();
  }
  return pieces;
}

function refuse(tally: BatchTally, series: number): void {
  tally.position = series;
  tally.refuse('invalid-exemplar', 1);
}

function isTooLong(labels: Labels): boolean {
  let units = 0;
  for (const part of labels) units += part.length;
  if (units <= EXEMPLAR_LABEL_CHARACTERS_MAX) return false;
  // A code point has up to two units: whatever is longer than that is not counted.
  if (units > 2 * EXEMPLAR_LABEL_CHARACTERS_MAX) return true;
  let characters = 0;
  for (const part of labels) characters += Array.from(part).length;
  return characters > EXEMPLAR_LABEL_CHARACTERS_MAX;
}
