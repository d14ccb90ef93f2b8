/**
 * Takes the samples of a source over into the store, span by span.
 *
 * 1. The wanted time is cut at whole multiples of the longest span that one import may cover, so that a second run
 *    cuts at the same places; what the state file calls finished is taken out.
 * 2. A span is read and stored in one go: it becomes visible as a whole, or not at all.
 * 3. It is counted three times: what the source gave, what the store says that it took and refused, and what
 *    the store reads back for that time before and after. What does not add up is a fault of the run.
 * 4. Then the span is written down as finished, and the next one begins.
 *
 * A span that the source cannot hold in memory is halved. A block that turns out to be damaged ends the run, or, if
 * so wanted, is left out and its span begun again: nothing of the failed attempt was kept.
 */
import type { Clock, Refusal, SeriesSamples, TimeRange } from '@vedette/model';
import type { ImportState } from './import-state.ts';
import { SpanTooLargeError, type ImportSource } from './source.ts';

/** The store, as far as imports need it. */
export interface ImportTarget {
  /** How long a time one call of `importBlock` may cover. */
  readonly spanMsMax: number;
  importBlock(series: AsyncIterable<readonly SeriesSamples[]>, signal: AbortSignal): Promise<ImportedBlock>;
  /** Samples of all series in `range`. */
  countSamples(range: TimeRange, signal: AbortSignal): Promise<number>;
}

export interface ImportedBlock {
  readonly sampleCount: number;
  readonly refusals: readonly Refusal[];
}

export interface ImportDeps {
  readonly clock: Clock;
  readonly source: ImportSource;
  /** `undefined`: nothing is stored (a dry run). */
  readonly target: ImportTarget | undefined;
  /** `undefined` in a dry run. */
  readonly state: ImportState | undefined;
  readonly progress: ImportProgress;
}

export interface ImportProgress {
  /** Called as series are read; cheap. */
  reading(tally: Tally): void;
  finished(span: SpanReport, place: { readonly done: number; readonly total: number }): void;
}

/** What a source gave so far. */
export interface Tally {
  seriesCount: number;
  sampleCount: number;
  histogramCount: number;
}

export interface SpanReport extends Readonly<Tally> {
  readonly range: TimeRange;
  readonly storedCount: number;
  /** Of those stored: how many had a sample at their time before, which counts instead. */
  readonly repeatedCount: number;
  readonly refusals: readonly Refusal[];
  readonly tookMs: number;
  /** What does not add up. */
  readonly faults: readonly string[];
}

export interface ImportReport {
  readonly spans: readonly SpanReport[];
  /** Finished by an earlier run. */
  readonly spansBefore: number;
}

export interface ImportOptions {
  readonly range: TimeRange;
  readonly isSkippingDamaged: boolean;
}

// Without a store there is no limit to keep to; a day is what people look at.
const DRY_SPAN_MS = 86_400_000;

// A source that cannot hold one minute in memory will not do with less.
const SPAN_MS_MIN = 60_000;

/** Rejects with the first error of source or store, and with the reason of `signal`; finished spans stay finished. */
export async function runImport(
  deps: ImportDeps,
  options: ImportOptions,
  signal: AbortSignal,
): Promise<ImportReport> {
  const { source, state, target, progress } = deps;
  const all = spansOf(options.range, target?.spanMsMax ?? DRY_SPAN_MS).filter((span) => source.mayHold(span));
  const todo = all.flatMap((span) => state?.remaining(span, source.partsOf(span)) ?? [span]);
  const spansBefore = all.filter((span) => state?.remaining(span, source.partsOf(span)).length === 0).length;
  const spans: SpanReport[] = [];
  for (let span = todo.shift(); span !== undefined; span = todo.shift()) {
    signal.throwIfAborted();
    try {
      const parts = source.partsOf(span);
      const report = await importSpan(deps, span, signal);
      await state?.finish({ ...span, parts: [...parts], samplesRead: report.sampleCount });
      spans.push(report);
      progress.finished(report, {
        done: spansBefore + spans.length,
        total: spansBefore + spans.length + todo.length,
      });
    } catch (error) {
      if (error instanceof SpanTooLargeError) todo.unshift(...halvesOf(span, error));
      else if (options.isSkippingDamaged && (await source.skipDamaged(error))) todo.unshift(span);
      else throw error;
    }
  }
  return { spans, spansBefore };
}

/** Cut at whole multiples of `spanMs`. */
export function spansOf({ fromMs, untilMs }: TimeRange, spanMs: number): readonly TimeRange[] {
  const spans: TimeRange[] = [];
  const lengthMs = Math.floor(spanMs);
  for (let startMs = Math.floor(fromMs / lengthMs) * lengthMs; startMs <= untilMs; startMs += lengthMs) {
    spans.push({
      fromMs: Math.max(startMs, fromMs),
      untilMs: Math.min(startMs + lengthMs - 1, untilMs),
    });
  }
  return spans;
}

function halvesOf({ fromMs, untilMs }: TimeRange, error: SpanTooLargeError): readonly TimeRange[] {
  if (untilMs - fromMs < SPAN_MS_MIN) throw error;
  const middleMs = Math.floor((fromMs + untilMs) / 2);
  return [
    { fromMs, untilMs: middleMs },
    { fromMs: middleMs + 1, untilMs },
  ];
}

async function importSpan(deps: ImportDeps, range: TimeRange, signal: AbortSignal): Promise<SpanReport> {
  const { clock, source, target, progress } = deps;
  const startMs = clock.monotonicMs();
  const tally: Tally = { seriesCount: 0, sampleCount: 0, histogramCount: 0 };
  const counted = tallied(source.read(range, signal), tally, progress);
  if (target === undefined) {
    for await (const _batch of counted) signal.throwIfAborted();
    return {
      ...tally,
      range,
      storedCount: 0,
      repeatedCount: 0,
      refusals: [],
      tookMs: clock.monotonicMs() - startMs,
      faults: [],
    };
  }
  const before = await target.countSamples(range, signal);
  const { sampleCount: storedCount, refusals } = await target.importBlock(counted, signal);
  const grown = (await target.countSamples(range, signal)) - before;
  return {
    ...tally,
    range,
    storedCount,
    repeatedCount: storedCount - grown,
    refusals,
    tookMs: clock.monotonicMs() - startMs,
    faults: findFaults({ read: tally.sampleCount, storedCount, refusals, before, grown }),
  };
}

async function* tallied(
  series: AsyncIterable<readonly SeriesSamples[]>,
  tally: Tally,
  progress: ImportProgress,
): AsyncGenerator<readonly SeriesSamples[]> {
  for await (const batch of series) {
    for (const { timestampsMs, histograms } of batch) {
      tally.seriesCount++;
      tally.sampleCount += timestampsMs.length;
      tally.histogramCount += histograms?.size ?? 0;
    }
    progress.reading(tally);
    yield batch;
  }
}

interface Counts {
  readonly read: number;
  readonly storedCount: number;
  readonly refusals: readonly Refusal[];
  /** What the store read back before, and how much more after. */
  readonly before: number;
  readonly grown: number;
}

function findFaults({ read, storedCount, refusals, before, grown }: Counts): readonly string[] {
  const faults: string[] = [];
  const refused = refusals.reduce((sum, { count }) => sum + count, 0);
  if (storedCount + refused !== read)
    faults.push(`${read} samples were read, but ${storedCount} stored and ${refused} refused`);
  // Where there was nothing before, everything stored must come back; else what was there may hide some of it.
  const least = before === 0 ? storedCount : 0;
  if (grown < least || grown > storedCount)
    faults.push(`${storedCount} samples were stored, but ${grown} more come back`);
  return faults;
}
