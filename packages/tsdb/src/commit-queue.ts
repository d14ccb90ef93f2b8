import {
  bug,
  labelsOfSeriesKey,
  METRIC_NAME,
  UnavailableError,
  type AppendResult,
  type Clock,
  type Labels,
  type MetricsWriter,
  type RefusalReason,
  type SampleBatch,
  type Slicer,
} from '@vedette/model';
import { HistogramEncoder } from './chunk/histogram-encoder.ts';
import { withCreatedZeros } from './created-zeros.ts';
import {
  addExemplar,
  logExemplars,
  planExemplars,
  type PlannedExemplar,
} from './exemplar/batch-exemplars.ts';
import type { ExemplarBuffer } from './exemplar/exemplar-buffer.ts';
import { BatchTally } from './head/batch-tally.ts';
import { ZERO_FLAG, type Head, type IncomingSamples, type LastSample } from './head/head.ts';
import { exampleOf } from './label-example.ts';
import type { MetadataTable } from './metadata-table.ts';
import { NumberedFinder } from './numbered-finder.ts';
import type { SettledHistory } from './settled-history.ts';
import type { Views } from './views.ts';
import { count, quoted, type SeriesCulprits } from './series-culprits.ts';
import type { SeriesLimitHit } from './head/batch-tally.ts';
import type { SeriesLimits } from './series-limits.ts';
import type { SeriesTurnover } from './series-turnover.ts';
import { assertBatch, weightOf, withoutUnwritable, zeroValuesOf } from './sample-batch.ts';
import { WalRecordWriter } from './wal/wal-record.ts';

/**
 * Samples that may wait for the log: 16 bytes each, so 160 MB. More, and senders are told to come back. A histogram
 * counts as many (`weightOf`), here and below.
 */
const QUEUED_SAMPLES_MAX = 10_000_000;

/** Samples of batches that share one write to the log. */
const GROUP_SAMPLES_MAX = 200_000;

// A label set above 16 KiB is a mistake of the sender: Prometheus' own default limits end at about 4 KiB.
export const LABEL_SET_BYTES_MAX = 16_384;

/** Senders' clocks go wrong; ten minutes ahead is what Prometheus' API tolerates, too. */
export const AHEAD_MS_MAX = 600_000;

/** Where records go before they are acknowledged. */
export interface Journal {
  /** Resolves when `records` are written. Rejects with `UnavailableError` when they are not, in no part. */
  append(records: Uint8Array): Promise<void>;
}

/** What blocks know about series that the head does not have. */
export interface History {
  /** No stored sample outside the head is later; -Infinity when there is none. */
  readonly newestMs: number;
  findLast(labels: Labels): Promise<LastSample | undefined>;
}

export interface CommitQueueOptions {
  /** Samples older than this before now are refused. */
  readonly retentionMs: number;
  /** How far back from the newest stored sample one may be older than the newest of its series; 0: not at all. */
  readonly outOfOrderWindowMs?: number;
  /** Whether a zero is stored where a counter began. */
  readonly createdZeroSamples?: boolean | undefined;
}

interface Waiting {
  readonly batch: SampleBatch;
  readonly resolve: (result: AppendResult | Promise<AppendResult>) => void;
  readonly reject: (reason: unknown) => void;
}

/** A series of a batch that the head does not have. */
interface NewSeries {
  readonly key: Uint8Array;
  readonly firstMs: number;
  /** Samples of it that were sent. */
  readonly count: number;
}

/** Which times a batch may write. */
interface Window {
  readonly minMs: number;
  readonly maxMs: number;
  /** From when on samples are taken that are older than the newest of their series; Infinity: they are not. */
  readonly lateMinMs: number;
}

/** A batch whose series are known and whose record is written. */
interface Planned {
  readonly waiting: Waiting;
  readonly batch: SampleBatch;
  /** The samples of the batch as the head takes them. */
  readonly source: IncomingSamples;
  /** Series id by position; -1 is refused. */
  readonly ids: Int32Array;
  readonly window: Window;
  readonly tally: BatchTally;
  /** Those to be added, in the order of their time. */
  readonly exemplars: readonly PlannedExemplar[];
}

/**
 * The way of a batch into the store, one after the other:
 *
 * 1. `append` checks the shape and puts the batch into the queue.
 * 2. A loop takes what waits (at most `GROUP_SAMPLES_MAX` samples), finds or creates the series of each
 *    batch, and writes its record. All records of the group go to the journal in one write.
 * 3. Each batch is applied to the head, in slices, and becomes visible as a whole; then its caller is told.
 *
 * When the journal refuses, nothing was applied. Series created for it have no sample, which no reader
 * sees, and go at the next flush. Exclusive tasks (the head's freeze) run between two groups.
 */
export class CommitQueue implements MetricsWriter {
  readonly #deps: CommitQueueDeps;
  readonly #options: CommitQueueOptions;
  readonly #queue: Waiting[] = [];
  readonly #exclusive: (() => Promise<void>)[] = [];
  readonly #records = new WalRecordWriter();
  readonly #histograms = new HistogramEncoder();
  #queuedSamples = 0;
  readonly #refusedSeries = { total: 0, job: 0, labels: 0 };
  #acceptedTotal = 0;
  #lateTotal = 0;
  #running: Promise<void> | undefined;
  #isClosed = false;
  /** Set by a bug while a batch was applied; nothing is accepted from then on. */
  #failure: unknown;

  constructor(deps: CommitQueueDeps, options: CommitQueueOptions) {
    this.#deps = deps;
    this.#options = options;
  }

  /** Samples accepted since the start. */
  get acceptedTotal(): number {
    return this.#acceptedTotal;
  }

  /** New series that a limit refused since the start, by the limit; one that comes again counts again. */
  get refusedSeries(): { readonly total: number; readonly job: number; readonly labels: number } {
    return this.#refusedSeries;
  }

  /** How many of those were older than the newest of their series. */
  get lateTotal(): number {
    return this.#lateTotal;
  }

  /** A sentence for operators; `undefined` while batches are accepted. */
  get problem(): string | undefined {
    return this.#failure === undefined
      ? undefined
      : 'no samples are accepted: an earlier batch failed half-way; restart Vedette, which loses nothing acknowledged';
  }

  async append(batch: SampleBatch): Promise<AppendResult> {
    assertBatch(batch);
    if (this.#isClosed)
      throw new UnavailableError('VED_STORAGE_FAILED', 'cannot append samples: the store is closed');
    if (this.#failure !== undefined)
      throw new Error('cannot append samples: an earlier batch failed half-way; restart Vedette', {
        cause: this.#failure,
      });
    this.#deps.assertWritable();
    const count = weightOf(batch);
    if (this.#queuedSamples > 0 && this.#queuedSamples + count > QUEUED_SAMPLES_MAX)
      throw new UnavailableError(
        'VED_STORAGE_FULL',
        `cannot append ${count} samples: ${this.#queuedSamples} wait already, limit is ${QUEUED_SAMPLES_MAX}; send less at a time, or later`,
      );
    this.#queuedSamples += count;
    const result = new Promise<AppendResult>((resolve, reject) =>
      this.#queue.push({ batch, resolve, reject }),
    );
    this.#start();
    try {
      return await result;
    } finally {
      this.#queuedSamples -= count;
    }
  }

  /** Runs `task` while no batch is between its record and its visibility. */
  runExclusive<T>(task: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#exclusive.push(() => task().then(resolve, reject));
      this.#start();
    });
  }

  /** Refuses what comes from now on and waits for what came before. */
  async close(): Promise<void> {
    this.#isClosed = true;
    while (this.#running !== undefined) await this.#running;
  }

  #start(): void {
    this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    // A turn's delay lets callers of the same moment join the first group.
    await Promise.resolve();
    for (;;) {
      const task = this.#exclusive.shift();
      if (task !== undefined) await task();
      else if (this.#queue.length > 0) await this.#commitGroup(this.#takeGroup());
      else break;
    }
    // In the same turn as the last look at the queue, or a batch could come in between and wait forever.
    this.#running = undefined;
  }

  #takeGroup(): Waiting[] {
    let count = 0;
    let end = 0;
    while (end < this.#queue.length && (end === 0 || count < GROUP_SAMPLES_MAX))
      count += weightOf(this.#queue[end++]?.batch);
    return this.#queue.splice(0, end);
  }

  async #commitGroup(group: readonly Waiting[]): Promise<void> {
    this.#records.clear();
    const planned: Planned[] = [];
    for (const waiting of group) {
      try {
        planned.push(await this.#plan(waiting));
      } catch (error) {
        this.#records.abandon();
        waiting.reject(error);
      }
    }
    try {
      if (this.#records.bytes.length > 0) await this.#deps.journal.append(this.#records.bytes);
    } catch (error) {
      for (const { waiting } of planned) waiting.reject(error);
      return;
    }
    for (const one of planned) {
      try {
        await this.#apply(one);
      } catch (error) {
        // The record is written, the head is not as it says: only a restart makes them equal again.
        this.#failure ??= error;
        one.waiting.reject(error);
      }
    }
  }

  /** Finds or creates the series and writes the record. */
  async #plan(waiting: Waiting): Promise<Planned> {
    const tally = new BatchTally();
    const window = this.#windowOfNow();
    const writable = withoutUnwritable(waiting.batch, { window, tally });
    const batch = this.#withZeros(writable, window);
    const { source, encode } = this.#sourceOf(batch, batch !== writable);
    const ids = new Int32Array(batch.seriesCount).fill(-1);
    const finder = new NumberedFinder(this.#deps.head.series, batch);
    this.#records.begin(window);
    let isNew = false;
    for (let i = 0; i < batch.seriesCount; i++) {
      // A new series takes as long as 30 known ones, and a full tail as long as ten samples: see `#apply`.
      if ((isNew || (i & 7) === 0) && this.#deps.slicer.shouldYield()) await this.#deps.slicer.yield();
      const from = i === 0 ? 0 : (batch.sampleEnds[i - 1] ?? 0);
      const until = batch.sampleEnds[i] ?? 0;
      if (from === until) continue;
      const keyFrom = i === 0 ? 0 : (batch.keyEnds[i - 1] ?? 0);
      const keyUntil = batch.keyEnds[i] ?? 0;
      let id = finder.find(i, keyFrom, keyUntil);
      tally.position = i;
      isNew = id < 0;
      if (isNew) {
        const key = batch.keys.subarray(keyFrom, keyUntil);
        const count = sentCount(source, from, until);
        id = await this.#create({ key, firstMs: batch.timestampsMs[from] ?? 0, count }, tally);
      }
      if (id < 0) continue;
      ids[i] = id;
      if (!this.#deps.head.isDefined(id)) {
        const key = batch.keys.subarray(keyFrom, keyUntil);
        this.#records.defineSeries(id, key, this.#deps.head.lastOf(id));
      }
      encode(from, until);
      this.#records.addSamples(id, source, from, until);
    }
    this.#records.finish();
    const exemplars = planExemplars(this.#deps, { batch, ids, window, tally });
    logExemplars(this.#records, exemplars);
    return { waiting, batch, source, ids, window, tally, exemplars };
  }

  #withZeros(batch: SampleBatch, window: { minMs: number; maxMs: number }): SampleBatch {
    if (this.#options.createdZeroSamples !== true) return batch;
    const { head } = this.#deps;
    const keys = new DataView(batch.keys.buffer, batch.keys.byteOffset, batch.keys.byteLength);
    const newestMsOf = (position: number): number => {
      const keyFrom = position === 0 ? 0 : (batch.keyEnds[position - 1] ?? 0);
      const id = head.series.find(keys, keyFrom, batch.keyEnds[position] ?? 0);
      return id < 0 ? -Infinity : head.newestMsOf(id);
    };
    return withCreatedZeros(batch, { window, newestMsOf });
  }

  /** The samples of the batch; `encode` fills in the histograms of [from, until), so that it is done in slices. */
  #sourceOf(
    batch: SampleBatch,
    hasZeros: boolean,
  ): { source: IncomingSamples; encode: (from: number, until: number) => void } {
    const { timestampsMs, values, staleFlags, histograms } = batch;
    if (histograms === undefined || histograms.size === 0)
      return {
        source: { timestampsMs, values, staleFlags, histograms: undefined, hasZeros },
        encode: () => undefined,
      };
    const encoded = new Map<number, Uint8Array>();
    const encode = (from: number, until: number): void => {
      for (let i = from; i < until; i++) {
        const histogram = staleFlags[i] === 1 ? undefined : histograms.get(i);
        if (histogram !== undefined)
          encoded.set(i, this.#histograms.encodeOne(timestampsMs[i] ?? 0, histogram));
      }
    };
    const zeroed = zeroValuesOf(batch);
    return { source: { timestampsMs, values: zeroed, staleFlags, histograms: encoded, hasZeros }, encode };
  }

  /**
   * The window of late samples is measured from the newest sample of all series, as in Prometheus. What lies further
   * ahead than is ever taken was stored while the clock was wrong: it does not count, and until its time has come what
   * is as old as senders' clocks may go wrong is taken beside it. Or every series would stand still for as long as the
   * clock had been ahead, and alerts on them would end.
   */
  #windowOfNow(): Window {
    const { clock, head, history } = this.#deps;
    const { retentionMs, outOfOrderWindowMs = 0 } = this.#options;
    const nowMs = clock.nowMs();
    const minMs = nowMs - retentionMs;
    const maxMs = nowMs + AHEAD_MS_MAX;
    const newestMs = Math.max(head.newestMs, history.newestMs);
    const windowMs = newestMs > maxMs ? Math.max(outOfOrderWindowMs, AHEAD_MS_MAX) : outOfOrderWindowMs;
    if (windowMs === 0) return { minMs, maxMs, lateMinMs: Infinity };
    return { minMs, maxMs, lateMinMs: Math.max(minMs, (newestMs > maxMs ? nowMs : newestMs) - windowMs) };
  }

  /** A new series, told what blocks have of it; -1 when a limit forbids it. */
  async #create(series: NewSeries, tally: BatchTally): Promise<number> {
    const { key, firstMs, count } = series;
    const { head, history, limits, turnover, clock } = this.#deps;
    if (key.length > LABEL_SET_BYTES_MAX) {
      this.#refusedSeries.labels++;
      tally.refuse('labels-too-long', count);
      return -1;
    }
    const hit = limits.findHit(key);
    if (hit !== undefined) {
      this.#refusedSeries[hit.kind]++;
      tally.seriesLimit ??= hit;
      tally.refuse('series-limit', count);
      return -1;
    }
    // Asked before the series exists: were the answer to fail, nobody would ask again.
    const isPerhapsStored = firstMs <= history.newestMs;
    const last = isPerhapsStored ? await history.findLast(labelsOfSeriesKey(key)) : undefined;
    const id = head.create(key);
    const { series: table } = head;
    turnover.created(table.labelValueOf(id, 'job'), table.labelValueOf(id, METRIC_NAME), clock.monotonicMs());
    if (last === undefined) tally.createdSeriesCount++;
    else head.restoreLast(id, last);
    return id;
  }

  async #apply(planned: Planned): Promise<void> {
    const { batch, source, ids, tally, window, waiting } = planned;
    const { views, slicer, head, exemplars, settled } = this.#deps;
    const seq = await views.beginBatch();
    const { sampleEnds } = batch;
    const { lateMinMs } = window;
    const oldestMs = settled.oldestOf({
      source,
      sampleEnds,
      ids,
      lateMinMs,
      newestMsOf: (id) => head.newestMsOf(id),
    });
    const scope = { seq, tally, ...window };
    for (let i = 0; i < batch.seriesCount; i++) {
      const id = ids[i] ?? -1;
      if (id >= 0) {
        tally.position = i;
        head.markDefined(id);
        head.append(
          id,
          source,
          i === 0 ? 0 : (batch.sampleEnds[i - 1] ?? 0),
          batch.sampleEnds[i] ?? 0,
          scope,
        );
      }
      if ((i & 7) === 0 && slicer.shouldYield()) await slicer.yield();
    }
    if (batch.metadata !== undefined) this.#deps.metadata.put(batch.metadata);
    for (const exemplar of planned.exemplars) {
      addExemplar(exemplars, exemplar, tally);
      if (slicer.shouldYield()) await slicer.yield();
    }
    views.commitBatch();
    settled.commit(oldestMs);
    exemplars.commit();
    this.#acceptedTotal += tally.acceptedCount;
    this.#lateTotal += tally.lateCount;
    const result = resultOf(batch, tally);
    // Who fills the limit is counted aside: the next batch does not wait for it.
    waiting.resolve(tally.seriesLimit === undefined ? result : this.#described(result, tally.seriesLimit));
  }

  async #described(result: AppendResult, hit: SeriesLimitHit): Promise<AppendResult> {
    const detail = await this.#deps.culprits.describe(hit);
    const refusals = result.refusals.map((refusal) =>
      refusal.reason === 'series-limit' ? { ...refusal, detail } : refusal,
    );
    return { ...result, refusals };
  }
}

export interface CommitQueueDeps {
  readonly clock: Clock;
  readonly slicer: Slicer;
  readonly head: Head;
  readonly views: Views;
  readonly journal: Journal;
  readonly history: History;
  readonly metadata: MetadataTable;
  readonly exemplars: ExemplarBuffer;
  readonly settled: SettledHistory;
  readonly limits: SeriesLimits;
  readonly culprits: SeriesCulprits;
  readonly turnover: SeriesTurnover;
  /** Throws `UnavailableError` while the disk is too full to write. */
  readonly assertWritable: () => void;
}

/** In the order of the type. */
const REASONS: readonly RefusalReason[] = [
  'out-of-order',
  'duplicate-timestamp',
  'too-old',
  'too-new',
  'series-limit',
  'labels-too-long',
  'invalid-histogram',
  'invalid-exemplar',
];

function resultOf(batch: SampleBatch, tally: BatchTally): AppendResult {
  const { acceptedCount, acceptedHistogramCount, acceptedExemplarCount, createdSeriesCount } = tally;
  const counts = { acceptedCount, acceptedHistogramCount, acceptedExemplarCount, createdSeriesCount };
  if (tally.refused.size === 0) return { ...counts, refusals: [] };
  const refusals = REASONS.flatMap((reason) => {
    const refused = tally.refused.get(reason);
    if (refused === undefined) return [];
    const labels = labelsAt(batch, refused.position);
    const refusal = { reason, count: refused.count, example: exampleOf(labels) };
    return [reason === 'labels-too-long' ? { ...refusal, detail: longestOf(labels) } : refusal];
  });
  if (refusals.length !== tally.refused.size) bug('a refusal has a reason that is not listed');
  return { ...counts, refusals };
}

/** How many of the samples [from, until) are not zeros of the store's own. */
function sentCount({ staleFlags, hasZeros }: IncomingSamples, from: number, until: number): number {
  let count = until - from;
  if (hasZeros) for (let i = from; i < until; i++) if (staleFlags[i] === ZERO_FLAG) count--;
  return count;
}

function labelsAt(batch: SampleBatch, position: number): Labels {
  const from = position === 0 ? 0 : (batch.keyEnds[position - 1] ?? 0);
  return labelsOfSeriesKey(batch.keys.subarray(from, batch.keyEnds[position]));
}

/** Which label makes a label set too long. */
function longestOf(labels: Labels): string {
  let longest = { name: '', bytes: -1 };
  for (let i = 0; i < labels.length; i += 2) {
    const bytes = Buffer.byteLength(labels[i + 1] ?? '');
    if (bytes > longest.bytes) longest = { name: labels[i] ?? '', bytes };
  }
  return `label ${quoted(longest.name)} has a value of ${count(longest.bytes)} bytes, all labels of a series together may have ${count(LABEL_SET_BYTES_MAX)} (LABEL_SET_BYTES_MAX)`;
}
