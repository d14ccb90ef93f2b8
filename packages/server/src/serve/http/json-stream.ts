import type { Slicer } from '@vedette/model';
import type { HttpAnswer } from './route.ts';

/**
 * JSON of answers that may be long: rules with their alerts, targets, cardinality. A value is written as
 * `JSON.stringify` would, except that a `JsonList` in it is an array whose entries are made and written
 * one at a time, with the event loop running in between. Where no list is, `JSON.stringify` does the work.
 */
export class JsonList {
  readonly entries: () => Iterable<unknown>;

  /** An entry is made of each of the items, which must not change while the answer is written. */
  static of<T>(items: Iterable<T>, entryOf: (item: T) => unknown): JsonList {
    return new JsonList(function* entries() {
      for (const item of items) yield entryOf(item);
    });
  }

  private constructor(entries: () => Iterable<unknown>) {
    this.entries = entries;
  }
}

/** 200 with the value, at the client's pace. */
export function streamAnswer(slicer: Slicer, value: unknown): HttpAnswer {
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: inSlices(slicer, jsonPieces(value)),
  };
}

// 64 KiB: one write to the socket or to zlib, far above its fixed cost and far below what a slow client pins.
export const PIECE_CHARS = 64 * 1024;

/** Small pieces joined to some worth a write; between any two the event loop may run. */
export async function* inSlices(slicer: Slicer, pieces: Iterable<string>): AsyncGenerator<string> {
  let text = '';
  for (const piece of pieces) {
    text += piece;
    if (slicer.shouldYield()) await slicer.yield();
    if (text.length < PIECE_CHARS) continue;
    yield text;
    text = '';
  }
  yield text;
}

function* jsonPieces(value: unknown): Iterable<string> {
  if (value instanceof JsonList) return yield* listPieces(value);
  if (!hasList(value)) return yield JSON.stringify(value);
  let separator = '{';
  for (const [key, field] of Object.entries(value)) {
    if (field === undefined) continue;
    yield `${separator}${JSON.stringify(key)}:`;
    yield* jsonPieces(field);
    separator = ',';
  }
  return yield '}';
}

function* listPieces({ entries }: JsonList): Iterable<string> {
  let separator = '';
  yield '[';
  for (const entry of entries()) {
    if (separator !== '') yield separator;
    yield* jsonPieces(entry);
    separator = ',';
  }
  yield ']';
}

/** Lists stand in objects only; plain arrays have none. */
function hasList(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).some((field) => field instanceof JsonList || hasList(field));
}
