import { createHash } from 'node:crypto';
import { InputError, type Files, type TimeRange } from '@vedette/model';
import { z } from 'zod';

const spanSchema = z.object({
  fromMs: z.number(),
  untilMs: z.number(),
  parts: z.array(z.string()),
  samplesRead: z.number(),
});

const stateSchema = z.object({
  version: z.literal(1),
  source: z.string(),
  selectors: z.array(z.string()),
  spans: z.array(spanSchema),
});

export type FinishedSpan = Readonly<z.output<typeof spanSchema>>;

/**
 * Which spans of a source are imported: one small file below the data directory, replaced after each span. A process
 * that is killed between the end of an import and this file imports that span again, which the store takes for
 * what it is: samples at times that it has.
 */
export class ImportState {
  readonly #files: Files;
  readonly #path: string;
  readonly #key: { readonly source: string; readonly selectors: readonly string[] };
  #spans: readonly FinishedSpan[];

  /** Rejects with `InputError` (VED_IMPORT_INVALID) when the file is not one of ours. */
  static async open(
    files: Files,
    directory: string,
    key: { readonly source: string; readonly selectors: readonly string[] },
  ): Promise<ImportState> {
    await files.makeDirectory(directory);
    const hash = createHash('sha256')
      .update(JSON.stringify([key.source, key.selectors]))
      .digest('hex');
    const name = `${hash.slice(0, 16)}.json`;
    const path = `${directory}/${name}`;
    const isThere = (await files.list(directory)).some((entry) => entry.name === name);
    return new ImportState(files, path, { key, spans: isThere ? await load(files, path) : [] });
  }

  private constructor(
    files: Files,
    path: string,
    state: {
      readonly key: { readonly source: string; readonly selectors: readonly string[] };
      readonly spans: readonly FinishedSpan[];
    },
  ) {
    this.#files = files;
    this.#path = path;
    this.#key = state.key;
    this.#spans = state.spans;
  }

  /** What of `range` is still to be done: the times of no finished span that was made of all these parts. */
  remaining(range: TimeRange, parts: readonly string[]): readonly TimeRange[] {
    let left: TimeRange[] = [range];
    for (const span of this.#spans) {
      if (parts.every((part) => span.parts.includes(part))) left = left.flatMap((one) => subtract(one, span));
    }
    return left;
  }

  /** Durable when it resolves. */
  async finish(span: FinishedSpan): Promise<void> {
    this.#spans = [...this.#spans, span];
    const text = JSON.stringify({ version: 1, ...this.#key, spans: this.#spans });
    await this.#files.writeAtomic(this.#path, new TextEncoder().encode(`${text}\n`));
  }
}

async function load(files: Files, path: string): Promise<readonly FinishedSpan[]> {
  try {
    return stateSchema.parse(JSON.parse(new TextDecoder().decode(await files.read(path)))).spans;
  } catch (error) {
    throw new InputError(
      'VED_IMPORT_INVALID',
      `cannot go on with the import: "${path}" is not the state of one; remove it to begin anew, which stores no sample twice`,
      { cause: error },
    );
  }
}

function subtract(range: TimeRange, done: TimeRange): TimeRange[] {
  if (done.untilMs < range.fromMs || done.fromMs > range.untilMs) return [range];
  const left: TimeRange[] = [];
  if (done.fromMs > range.fromMs) left.push({ fromMs: range.fromMs, untilMs: done.fromMs - 1 });
  if (done.untilMs < range.untilMs) left.push({ fromMs: done.untilMs + 1, untilMs: range.untilMs });
  return left;
}
