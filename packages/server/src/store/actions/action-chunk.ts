/**
 * Some thousand actions as one blob: columns in JSON, compressed by zstd. Words and subjects stand there once; times
 * are differences. About 10 bytes a row for usual traffic, and `zstd -d` shows an operator what is in it.
 */
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { ActionCount, ActionOutcome, SubjectScope } from '@vedette/sdk';

interface ChunkBody {
  readonly words: readonly string[];
  readonly subjects: readonly string[];
  /** Per row: scope, subject, action, source, outcome (positions), count, and ms since the row before. */
  readonly columns: readonly (readonly number[])[];
}

export function encodeChunk(rows: readonly ActionCount[]): Uint8Array {
  const words = new Positions();
  const subjects = new Positions();
  const columns: number[][] = Array.from({ length: 7 }, () => []);
  let lastMs = 0;
  for (const { scope, subject, action, source, outcome, count, atMs } of rows) {
    const row = [
      words.of(scope),
      subjects.of(subject),
      words.of(action),
      words.of(source),
      words.of(outcome),
      count,
      atMs - lastMs,
    ];
    for (const [i, value] of row.entries()) columns[i]?.push(value);
    lastMs = atMs;
  }
  const body: ChunkBody = { words: words.list, subjects: subjects.list, columns };
  return zstdCompressSync(Buffer.from(JSON.stringify(body)));
}

export function decodeChunk(data: Uint8Array): readonly ActionCount[] {
  const { words, subjects, columns } = JSON.parse(zstdDecompressSync(data).toString()) as ChunkBody;
  const [scopes = [], owners = [], actions = [], sources = [], outcomes = [], counts = [], steps = []] =
    columns;
  let atMs = 0;
  return scopes.map((scope, i) => {
    atMs += steps[i] ?? 0;
    return {
      scope: words[scope] as SubjectScope,
      subject: subjects[owners[i] ?? 0] ?? '',
      action: words[actions[i] ?? 0] ?? '',
      source: words[sources[i] ?? 0] ?? '',
      outcome: words[outcomes[i] ?? 0] as ActionOutcome,
      count: counts[i] ?? 0,
      atMs,
    };
  });
}

class Positions {
  readonly list: string[] = [];
  readonly #positions = new Map<string, number>();

  of(text: string): number {
    const known = this.#positions.get(text);
    if (known !== undefined) return known;
    this.#positions.set(text, this.list.length);
    return this.list.push(text) - 1;
  }
}
