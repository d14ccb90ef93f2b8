import {
  bug,
  compareLabels,
  InputError,
  seriesKeyOf,
  type Clock,
  type Files,
  type Labels,
  type NativeHistogram,
  type Refusal,
  type RefusalReason,
  type SeriesSamples,
  type Slicer,
  type TimeRange,
} from '@vedette/model';
import { lowerBound, type SampleColumns } from '../chunk/sample-columns.ts';
import type { MixedColumns } from '../chunk/sample-runs.ts';
import { AHEAD_MS_MAX, LABEL_SET_BYTES_MAX } from '../commit-queue.ts';
import { orUnavailable } from '../disk-error.ts';
import type { Head } from '../head/head.ts';
import { isWritableHistogram } from '../sample-batch.ts';
import type { SpaceGuard } from '../space-guard.ts';
import type { BlockSet } from './block-set.ts';
import { exampleOf } from '../label-example.ts';
import { BlockWriter } from './block-writer.ts';
import { spanMsMax } from './compact.ts';

/** What came of an import. */
export interface ImportResult {
  /** Series of which something was taken. */
  readonly seriesCount: number;
  /** Samples taken, including those that are not read because there was one at their time already. */
  readonly sampleCount: number;
  /** From the first to the last of them; `undefined` when there is none: then there is no block either. */
  readonly range: TimeRange | undefined;
  /** One entry per reason. */
  readonly refusals: readonly Refusal[];
}

export type SeriesStream = AsyncIterable<readonly SeriesSamples[]>;

/** Runs its task while the blocks do not change otherwise; `flush` in it writes the head to a block first. */
export type RunBetween = (task: (flush: () => Promise<void>) => Promise<void>) => Promise<void>;

export interface BlockImportsDeps {
  readonly files: Files;
  readonly clock: Clock;
  readonly slicer: Slicer;
  readonly head: Head;
  readonly blocks: BlockSet;
  readonly guard: SpaceGuard;
  readonly runBetween: RunBetween;
}

/** A level above the head's blocks: compaction then asks how long a time the merged block would cover. */
const IMPORT_LEVEL = 1;

/**
 * Old samples of other servers, written straight to blocks: not through the log, whose samples must be new, nor
 * through the head, whose memory they would fill.
 *
 * 1. Series come sorted, each with all its samples, and go to a temporary file as they come.
 * 2. At the end, between two flushes, the block gets the next number, is synced, renamed and published: it
 *    is visible as a whole, or after a crash not there at all.
 * 3. Of two samples at one time the first stored counts, and that is a matter of numbers: what stood in blocks has
 *    lower ones. What stands in the head and overlaps the import in time is flushed just before, so that it does
 *    as well. So an import adds to what is there and changes nothing; what comes after it does not change it.
 *
 * One import at a time; the next one waits. Its memory is the index of its block.
 */
export class BlockImports {
  readonly #deps: BlockImportsDeps;
  readonly #options: { readonly retentionMs: number; readonly seriesMax: number };
  readonly #abort = new AbortController();
  #running: Promise<unknown> = Promise.resolve();
  #startedCount = 0;

  constructor(deps: BlockImportsDeps, options: { retentionMs: number; seriesMax: number }) {
    this.#deps = deps;
    this.#options = options;
  }

  async run(series: SeriesStream, signal: AbortSignal): Promise<ImportResult> {
    const importing = this.#running.then(() =>
      this.#write(series, AbortSignal.any([signal, this.#abort.signal])),
    );
    this.#running = importing.catch(() => undefined);
    return await importing;
  }

  /** Gives up what is under way and refuses what comes. */
  async stop(): Promise<void> {
    this.#abort.abort(new Error('the store is closing'));
    await this.#running;
  }

  async #write(stream: SeriesStream, signal: AbortSignal): Promise<ImportResult> {
    signal.throwIfAborted();
    const { blocks, clock, guard } = this.#deps;
    const path = blocks.importPathOf(++this.#startedCount);
    const nowMs = clock.nowMs();
    const limits = {
      fromMs: nowMs - this.#options.retentionMs,
      untilMs: nowMs + AHEAD_MS_MAX,
      spanMsMax: spanMsMax(this.#options.retentionMs),
      seriesMax: this.#options.seriesMax,
    };
    guard.assertWritable();
    const store = <T>(work: () => Promise<T>): Promise<T> => orUnavailable('import', work);
    const writer = await store(() => BlockWriter.create(this.#deps, path));
    try {
      const intake = new ImportIntake(limits);
      for await (const batch of untilAborted(stream, signal)) {
        for (const series of batch) {
          signal.throwIfAborted();
          const samples = intake.take(series);
          if (samples !== undefined) await store(() => writer.addSeries(series.labels, samples));
        }
        guard.assertWritable();
      }
      const result = intake.result();
      const { range } = result;
      if (range === undefined) await writer.discard();
      else await store(() => this.#publish(writer, range, signal));
      return result;
    } catch (error) {
      await writer.discard();
      throw error;
    }
  }

  async #publish(writer: BlockWriter, range: TimeRange, signal: AbortSignal): Promise<void> {
    const { head, blocks, runBetween } = this.#deps;
    await runBetween(async (flush) => {
      const { minMs = Infinity, maxMs = -Infinity } = head.range ?? {};
      if (minMs <= range.untilMs && maxMs >= range.fromMs) await flush();
      signal.throwIfAborted();
      const number = blocks.nextNumber();
      const path = blocks.pathOf({ first: number, last: number });
      const { walFloor } = blocks;
      await writer.finish({ first: number, last: number, level: IMPORT_LEVEL, walFloor }, path);
      await blocks.publish(path, []);
    });
  }
}

/** The stream, given up at once when the signal aborts: what it waits for may never come. */
async function* untilAborted(
  stream: SeriesStream,
  signal: AbortSignal,
): AsyncGenerator<readonly SeriesSamples[]> {
  const iterator = stream[Symbol.asyncIterator]();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  aborted.catch(() => undefined);
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  let isDone = false;
  try {
    for (;;) {
      const next = await Promise.race([iterator.next(), aborted]);
      isDone = next.done === true;
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    // Not awaited: it waits for the step that hangs.
    if (!isDone) iterator.return?.().catch(() => undefined);
  }
}

interface ImportLimits {
  /** The first and the last time that the store takes. */
  readonly fromMs: number;
  readonly untilMs: number;
  readonly spanMsMax: number;
  readonly seriesMax: number;
}

/** Decides about each series, and counts. */
class ImportIntake {
  readonly #limits: ImportLimits;
  readonly #refused = new Map<RefusalReason, { count: number; example: string }>();
  #previous: Labels | undefined;
  #seriesCount = 0;
  #sampleCount = 0;
  #minMs = Infinity;
  #maxMs = -Infinity;

  constructor(limits: ImportLimits) {
    this.#limits = limits;
  }

  /** What is to be stored of a series; `undefined` when it is nothing. */
  take(series: SeriesSamples): MixedColumns | undefined {
    assertSeries(series, this.#previous);
    const { labels, timestampsMs, values } = series;
    this.#previous = labels;
    const count = timestampsMs.length;
    if (seriesKeyOf(labels).length > LABEL_SET_BYTES_MAX)
      return this.#refuse('labels-too-long', count, labels);
    const from = lowerBound(timestampsMs, 0, count, this.#limits.fromMs);
    const until = lowerBound(timestampsMs, from, count, this.#limits.untilMs + 1);
    this.#refuse('too-old', from, labels);
    this.#refuse('too-new', count - until, labels);
    if (from === until) return undefined;
    const staleFlags = series.staleFlags ?? new Uint8Array(count);
    const kept = withoutInvalid(
      series,
      {
        timestampsMs: timestampsMs.subarray(from, until),
        values: values.subarray(from, until),
        staleFlags: staleFlags.subarray(from, until),
      },
      from,
    );
    this.#refuse('invalid-histogram', until - from - kept.values.length, labels);
    if (kept.values.length === 0) return undefined;
    this.#count(kept, labels);
    return kept;
  }

  result(): ImportResult {
    const refusals = [...this.#refused].map(([reason, refused]) => ({ reason, ...refused }));
    const range = this.#sampleCount === 0 ? undefined : { fromMs: this.#minMs, untilMs: this.#maxMs };
    return { seriesCount: this.#seriesCount, sampleCount: this.#sampleCount, range, refusals };
  }

  #count({ timestampsMs }: SampleColumns, labels: Labels): void {
    const { spanMsMax: spanMax, seriesMax } = this.#limits;
    if (++this.#seriesCount > seriesMax)
      throw new InputError(
        'VED_IMPORT_REFUSED',
        `cannot import: more than ${seriesMax} series in one block, the limit that storage.metrics.series_max sets; import them in parts`,
      );
    this.#sampleCount += timestampsMs.length;
    this.#minMs = Math.min(this.#minMs, timestampsMs[0] ?? Infinity);
    this.#maxMs = Math.max(this.#maxMs, timestampsMs.at(-1) ?? -Infinity);
    if (this.#maxMs - this.#minMs > spanMax)
      throw new InputError(
        'VED_IMPORT_REFUSED',
        `cannot import ${exampleOf(labels)}: with it one block would cover ${this.#maxMs - this.#minMs} ms, the limit is ${spanMax} (a day, or a tenth of storage.metrics.retention); import a shorter time at once`,
      );
  }

  #refuse(reason: RefusalReason, count: number, labels: Labels): undefined {
    if (count === 0) return;
    const known = this.#refused.get(reason);
    if (known === undefined) this.#refused.set(reason, { count, example: exampleOf(labels) });
    else known.count += count;
  }
}

function assertSeries({ labels, timestampsMs, values }: SeriesSamples, previous: Labels | undefined): void {
  if (labels.length === 0) bug('a series has at least one label; got none to import');
  if (previous !== undefined && compareLabels(previous, labels) >= 0)
    bug(`series to import come sorted; got ${exampleOf(labels)} after ${exampleOf(previous)}`);
  if (values.length !== timestampsMs.length)
    bug(`columns to import have ${timestampsMs.length} times, ${values.length} values`);
  let previousMs = -Infinity;
  for (const timestampMs of timestampsMs) {
    if (!(timestampMs > previousMs) || Math.trunc(timestampMs) !== timestampMs)
      bug(`times to import are whole and increase; got ${timestampMs} after ${previousMs}`);
    previousMs = timestampMs;
  }
}

/** The samples, which begin at index `from` of the series, without histograms that contradict themselves. */
function withoutInvalid({ histograms }: SeriesSamples, samples: SampleColumns, from: number): MixedColumns {
  if (histograms === undefined || histograms.size === 0) return { ...samples, histograms: undefined };
  const { timestampsMs, values, staleFlags } = samples;
  const kept: number[] = [];
  const keptHistograms = new Map<number, NativeHistogram>();
  for (let i = 0; i < timestampsMs.length; i++) {
    const histogram = staleFlags[i] === 1 ? undefined : histograms.get(from + i);
    if (histogram !== undefined && !isWritableHistogram(histogram)) continue;
    if (histogram !== undefined) keptHistograms.set(kept.length, histogram);
    kept.push(i);
  }
  return {
    timestampsMs: Float64Array.from(kept, (i) => timestampsMs[i] ?? 0),
    values: Float64Array.from(kept, (i) => values[i] ?? 0),
    staleFlags: Uint8Array.from(kept, (i) => staleFlags[i] ?? 0),
    histograms: keptHistograms,
  };
}
