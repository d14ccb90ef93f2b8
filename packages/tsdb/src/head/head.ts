import { bug, type RefusalReason } from '@vedette/model';
import { CHUNK_SAMPLES_MAX } from '../chunk/chunk.ts';
import { ChunkDecoder } from '../chunk/chunk-decoder.ts';
import { ChunkEncoder } from '../chunk/chunk-encoder.ts';
import { isSameHistogramChunk } from '../chunk/histogram-chunk.ts';
import { createColumns, type SampleColumns } from '../chunk/sample-columns.ts';
import type { SampleBuffer } from '../query/sample-buffer.ts';
import type { BatchTally } from './batch-tally.ts';
import { ChunkStore } from './chunk-store.ts';
import { RoomyColumns } from './growable.ts';
import { HistogramTracks } from './histogram-tracks.ts';
import { findSample, LateSamples, type StoredSample } from './late-samples.ts';
import { SelectionCache } from './selection-cache.ts';
import { SeriesTable } from './series-table.ts';
import { TAIL_SAMPLES_MAX, Tails } from './tails.ts';

/**
 * The head: the newest samples of all active series, in memory.
 *
 * 1. A sample goes to the series' tail, a fixed slot of 16 raw samples.
 * 2. A full tail becomes a chunk of 16; with three such before it, all four become one of 64, and four
 *    of those one of 256. So every sample is encoded about two and a half times, and memory is near that
 *    of the largest chunk: 1 to 2 bytes a sample.
 * 3. Time in the head is cut in epochs. `freeze` starts a new one at once; what came before is frozen: it
 *    is written to a block meanwhile and dropped as a whole. No chunk spans two epochs, and no more than two
 *    epochs are in memory, so that one bit tells them apart.
 * 4. A sample that is not newer than the newest of its series goes to `LateSamples`, if it lies in the window
 *    that is open for such; readers and the flush merge the two.
 * 5. Readers never lock. Samples of a series are numbered from its creation; a reader notes at its start the
 *    number where each series ends for it, and ignores what came later. While a batch is applied, in
 *    slices, a series also remembers its end before that batch: a batch becomes visible when the
 *    committed sequence number moves, as a whole.
 *
 * Nothing here knows of files. All methods are synchronous; one caller at a time applies.
 */
export class Head {
  readonly series = new SeriesTable();
  readonly selections = new SelectionCache();
  readonly #tails = new Tails();
  readonly #encoder = new ChunkEncoder();
  readonly #chunks = new ChunkStore(new ChunkDecoder());
  readonly #late = new LateSamples();
  /** Where a chunk is decoded to see whether it has a sample of some time. */
  readonly #probe = createColumns(CHUNK_SAMPLES_MAX);
  readonly #histograms = new HistogramTracks();
  #epoch = 1;
  #hasRepeatsOfFrozen = false;

  /** Ids below have room in every column. */
  #room = 0;
  // Columns by series id.
  /** Samples ever appended, modulo 2^32: the series' end. */
  #ends = new Uint32Array(0);
  /** The end before batch `#batchSeqs[series]`. */
  #endsBefore = new Uint32Array(0);
  #batchSeqs = new Uint32Array(0);
  /** Epoch of the newest sample, or of the creation; tells which epoch the tail belongs to. */
  #epochs = new Uint32Array(0);
  #definedEpochs = new Uint32Array(0);
  #newestChunks = new Uint32Array(0);
  #tailCounts = new Uint8Array(0);
  #tailStaleBits = new Uint32Array(0);
  #tailFirstMs = new Float64Array(0);
  #lastMs = new Float64Array(0);
  #lastValues = new Float64Array(0);
  #lastStale = new Uint8Array(0);

  /** Smallest time by parity of the epoch. */
  readonly #minMs = [Infinity, Infinity];
  #maxMs = -Infinity;
  /** Chunk addresses, used again by each walk: cutting its length would give its memory away. */
  readonly #walk: number[] = [];

  get epoch(): number {
    return this.#epoch;
  }

  get chunkCount(): number {
    return this.#chunks.chunkCount;
  }

  /** The range of samples in memory; `undefined` when there is none. */
  get range(): { minMs: number; maxMs: number } | undefined {
    const minMs = Math.min(this.#minMs[0] ?? Infinity, this.#minMs[1] ?? Infinity);
    return minMs === Infinity ? undefined : { minMs, maxMs: this.#maxMs };
  }

  /** Smallest time of the running epoch; Infinity when it is empty. */
  get epochMinMs(): number {
    return this.#minMs[this.#epoch & 1] ?? Infinity;
  }

  /** No sample was ever later; -Infinity before the first. */
  get newestMs(): number {
    return this.#maxMs;
  }

  /**
   * Whether the running epoch passed a late sample over because of one that may be of the epoch before. A replay, which
   * has that one in a block alone, stores it, behind the block's.
   */
  get hasRepeatsOfFrozen(): boolean {
    return this.#hasRepeatsOfFrozen;
  }

  /** Late samples in memory. */
  get lateSampleCount(): number {
    return this.#late.sampleCount;
  }

  /** Bytes in use for samples: what the memory limit looks at. */
  get sampleBytes(): number {
    return this.#chunks.usedBytes + this.#late.sizeBytes + this.#histograms.sizeBytes;
  }

  /** Estimate of all memory of the head. */
  get sizeBytes(): number {
    const columnBytes = this.series.idCount * 54;
    const fixedBytes = columnBytes + this.series.sizeBytes + this.#tails.sizeBytes;
    return fixedBytes + this.#chunks.reservedBytes + this.#late.sizeBytes + this.#histograms.sizeBytes;
  }

  /** Adds a series that the table does not have. */
  create(key: Uint8Array): number {
    const id = this.series.create(key);
    if (id >= this.#room) this.#grow(id);
    this.#tails.reserve(id);
    this.#ends[id] = 0;
    this.#endsBefore[id] = 0;
    this.#batchSeqs[id] = 0;
    this.#epochs[id] = this.#epoch;
    this.#definedEpochs[id] = 0;
    this.#newestChunks[id] = 0;
    this.#tailCounts[id] = 0;
    this.#lastMs[id] = -Infinity;
    this.#histograms.forget(id);
    return id;
  }

  /** The newest sample the series ever had, wherever it is stored; `undefined` before the first. */
  lastOf(series: number): LastSample | undefined {
    const timestampMs = this.#lastMs[series] ?? -Infinity;
    if (timestampMs === -Infinity) return undefined;
    return {
      timestampMs,
      value: this.#lastValues[series] ?? 0,
      isStale: this.#lastStale[series] === 1,
      histogram: this.#histograms.newestOf(series, timestampMs),
    };
  }

  /** The time of what `lastOf` returns, -Infinity for nothing. */
  newestMsOf(series: number): number {
    return this.#lastMs[series] ?? -Infinity;
  }

  /** Tells a new series what it had before the head knew it. An older sample than known changes nothing. */
  restoreLast(series: number, last: LastSample): void {
    if (last.timestampMs <= (this.#lastMs[series] ?? -Infinity)) return;
    this.#lastMs[series] = last.timestampMs;
    this.#lastValues[series] = last.value;
    this.#lastStale[series] = last.isStale ? 1 : 0;
    if (last.histogram !== undefined)
      this.#histograms.restoreNewest(series, last.timestampMs, last.histogram);
  }

  /** Whether the log has said in the running epoch what the series' id stands for. */
  isDefined(series: number): boolean {
    return this.#definedEpochs[series] === this.#epoch;
  }

  markDefined(series: number): void {
    this.#definedEpochs[series] = this.#epoch;
  }

  /**
   * Appends the samples [from, until) of `source` to one series as part of batch `seq`. Samples that
   * cannot be taken are noted in `tally`, the others counted there. The outcome depends on nothing but the
   * arguments and what was appended before, so that replaying the log gives the same head.
   */
  append(series: number, source: IncomingSamples, from: number, until: number, batch: BatchScope): void {
    if (this.#batchSeqs[series] !== batch.seq >>> 0) {
      this.#endsBefore[series] = this.#ends[series] ?? 0;
      this.#batchSeqs[series] = batch.seq;
    }
    if (source.histograms !== undefined || source.hasZeros) {
      for (let i = from; i < until; i++) this.#appendOne(series, source, i, batch);
      return;
    }
    const { timestampsMs, values, staleFlags } = source;
    for (let i = from; i < until; i++) {
      const timestampMs = timestampsMs[i] ?? 0;
      const lastMs = this.#lastMs[series] ?? -Infinity;
      if (timestampMs > lastMs && timestampMs >= batch.minMs && timestampMs <= batch.maxMs) {
        this.#push(series, timestampMs, source, i);
        batch.tally.acceptedCount++;
      } else if (timestampMs === lastMs && this.#isRepetition(series, values[i] ?? 0, staleFlags[i] === 1)) {
        batch.tally.acceptedCount++;
      } else if (timestampMs < lastMs && timestampMs >= batch.lateMinMs && timestampMs <= batch.maxMs) {
        this.#appendLate(series, source, i, batch);
      } else {
        batch.tally.refuse(reasonOf(timestampMs, lastMs, batch), 1);
      }
    }
  }

  /** One sample of any kind; what `append` does for floats, at leisure. */
  #appendOne(series: number, source: IncomingSamples, index: number, batch: BatchScope): void {
    const { tally } = batch;
    const timestampMs = source.timestampsMs[index] ?? 0;
    const lastMs = this.#lastMs[series] ?? -Infinity;
    const histogram = source.histograms?.get(index);
    const isZero = source.staleFlags[index] === ZERO_FLAG;
    if (timestampMs > lastMs && timestampMs >= batch.minMs && timestampMs <= batch.maxMs) {
      this.#push(series, timestampMs, source, index);
      if (histogram !== undefined) this.#histograms.add(series, timestampMs, histogram, this.#epoch);
    } else if (isZero) return;
    else if (timestampMs < lastMs && timestampMs >= batch.lateMinMs && timestampMs <= batch.maxMs)
      return this.#appendLate(series, source, index, batch);
    else if (timestampMs !== lastMs || !this.#isSameAsLast(series, source, index))
      return tally.refuse(reasonOf(timestampMs, lastMs, batch), 1);
    if (isZero) return;
    tally.acceptedCount++;
    if (histogram !== undefined) tally.acceptedHistogramCount++;
  }

  #isSameAsLast(series: number, source: IncomingSamples, index: number): boolean {
    const histogram = source.histograms?.get(index);
    if (histogram === undefined)
      return this.#isRepetition(series, source.values[index] ?? 0, source.staleFlags[index] === 1);
    const last = this.#histograms.newestOf(series, this.#lastMs[series] ?? -Infinity);
    return last !== undefined && isSameHistogramChunk(last, histogram);
  }

  /** Starts a new epoch and returns the one that ended. The one before it must have been dropped. */
  freeze(): number {
    this.#hasRepeatsOfFrozen = false;
    return this.#epoch++;
  }

  /** Frees what the series has of the epoch that `freeze` returned. Nobody may be reading it. */
  dropFrozen(series: number, epoch: number): void {
    if (this.#epochs[series] === epoch) this.#tailCounts[series] = 0;
    this.#late.drop(series, epoch);
    this.#histograms.drop(series, epoch);
    let kept = 0;
    let address = this.#newestChunks[series] ?? 0;
    while (address !== 0 && this.#chunks.parityOf(address) !== (epoch & 1)) {
      kept = address;
      address = this.#chunks.previousOf(address);
    }
    if (address === 0) return;
    if (kept === 0) this.#newestChunks[series] = 0;
    else this.#chunks.cutBefore(kept);
    while (address !== 0) {
      const previous = this.#chunks.previousOf(address);
      this.#chunks.release(address);
      address = previous;
    }
  }

  /** To be called when all series dropped the epoch. */
  forgetFrozenRange(epoch: number): void {
    this.#minMs[epoch & 1] = Infinity;
  }

  /** Whether the series got nothing during `epoch` or since. */
  isIdle(series: number, epoch: number): boolean {
    return (this.#epochs[series] ?? 0) < epoch;
  }

  /** Whether the series has nothing in memory. */
  isEmpty(series: number): boolean {
    return this.#newestChunks[series] === 0 && this.#tailCounts[series] === 0 && !this.#late.has(series);
  }

  /** Whether the newest sample of the series is a staleness marker. */
  isStale(series: number): boolean {
    return this.#lastStale[series] === 1 && this.#lastMs[series] !== -Infinity;
  }

  /** The series' end, batches being applied included. */
  endOf(series: number): number {
    return this.#ends[series] ?? 0;
  }

  /** The series' end for a reader that sees batches up to `seq`; at most one later batch may have been begun. */
  endAt(series: number, seq: number): number {
    // Numbers of batches are kept modulo 2^32 (49 days at 1,000 a second), so their difference counts.
    const isLater = (((this.#batchSeqs[series] ?? 0) - seq) | 0) > 0;
    return (isLater ? this.#endsBefore[series] : this.#ends[series]) ?? 0;
  }

  /** Whether a chunk, the tail or a late sample of the view overlaps the range; inside a chunk gaps are not looked for. */
  overlaps(series: number, view: HeadView, end: number, fromMs: number, untilMs: number): boolean {
    if (this.#late.sampleCount > 0 && this.#hasLate(series, view, { fromMs, untilMs })) return true;
    let later = ((this.#ends[series] ?? 0) - end) >>> 0;
    const tailCount = this.#tailCounts[series] ?? 0;
    if (tailCount > later && view.includes(this.#epochs[series] ?? 0)) {
      const lastMs = this.#lastMs[series] ?? -Infinity;
      if ((this.#tailFirstMs[series] ?? 0) <= untilMs && lastMs >= fromMs) return true;
    }
    later = Math.max(0, later - tailCount);
    for (let at = this.#newestChunks[series] ?? 0; at !== 0; at = this.#chunks.previousOf(at)) {
      const count = this.#chunks.countOf(at);
      const isVisible = count > later && view.includes(this.#chunks.parityOf(at));
      later = Math.max(0, later - count);
      if (!isVisible) continue;
      if (this.#chunks.maxMsOf(at) < fromMs) return false;
      if (this.#chunks.minMsOf(at) <= untilMs) return true;
    }
    return false;
  }

  /**
   * Decodes what the view has of the series in chunks that overlap the range into `target`, oldest first;
   * samples outside the range may be among them.
   */
  read(series: number, view: HeadView, end: number, range: ReadRange, target: SampleBuffer): void {
    const start = target.count;
    this.#readInOrder(series, view, end, range, target);
    if (this.#late.sampleCount > 0) this.#readLate(series, view, range, target, start);
    this.#histograms.read(series, target, start);
  }

  #readLate(series: number, view: HeadView, range: ReadRange, target: SampleBuffer, start: number): void {
    // The epoch that ended before the running one.
    for (const epoch of [this.#epoch - 1, this.#epoch]) {
      if (!view.includes(epoch)) continue;
      const from = target.count;
      this.#late.read(series, { epoch, seq: view.seq }, range, target);
      target.mergeRuns(start, from);
    }
  }

  #hasLate(series: number, view: HeadView, range: ReadRange): boolean {
    return [this.#epoch - 1, this.#epoch].some(
      (epoch) => view.includes(epoch) && this.#late.overlaps(series, { epoch, seq: view.seq }, range),
    );
  }

  #readInOrder(series: number, view: HeadView, end: number, range: ReadRange, target: SampleBuffer): void {
    // Samples that came after the view; they are the newest ones.
    let later = ((this.#ends[series] ?? 0) - end) >>> 0;
    const tailCount = this.#tailCounts[series] ?? 0;
    const tailVisible = view.includes(this.#epochs[series] ?? 0) ? Math.max(0, tailCount - later) : 0;
    later = Math.max(0, later - tailCount);
    const walk = this.#walk;
    let walked = 0;
    let surplus = 0;
    for (let at = this.#newestChunks[series] ?? 0; at !== 0; at = this.#chunks.previousOf(at)) {
      const count = this.#chunks.countOf(at);
      const isVisible = count > later && view.includes(this.#chunks.parityOf(at));
      if (isVisible && this.#chunks.maxMsOf(at) < range.fromMs) break;
      if (isVisible && this.#chunks.minMsOf(at) <= range.untilMs) {
        if (walked === 0) surplus = later;
        walk[walked++] = at;
      }
      later = Math.max(0, later - count);
    }
    // What came after the view is cut off at the end by its number, so that nothing may be missing before it.
    const fromMs = surplus === 0 ? range.fromMs : -Infinity;
    for (let i = walked - 1; i >= 0; i--) {
      target.count += this.#chunks.decode(walk[i] ?? 0, target.columns, target.count, fromMs);
    }
    target.count -= surplus;
    if (tailVisible > 0 && (this.#tailFirstMs[series] ?? 0) <= range.untilMs) {
      this.#copyTail(series, tailVisible, target.columns, target.count);
      target.count += tailVisible;
    }
  }

  #isRepetition(series: number, value: number, isStale: boolean): boolean {
    if (this.#histograms.newestOf(series, this.#lastMs[series] ?? -Infinity) !== undefined) return false;
    const last = { value: this.#lastValues[series] ?? 0, isStale: this.#lastStale[series] === 1 };
    return isSame(last, value, isStale);
  }

  /** Takes a sample that is older than the newest, unless the head has one of its time. What blocks have is not asked. */
  #appendLate(series: number, source: IncomingSamples, index: number, { seq, tally }: BatchScope): void {
    const timestampMs = source.timestampsMs[index] ?? 0;
    const known = this.#late.find(series, timestampMs) ?? this.#findInOrder(series, timestampMs);
    if (known !== undefined && this.#minMs[(this.#epoch - 1) & 1] !== Infinity)
      this.#hasRepeatsOfFrozen = true;
    if (known !== undefined && !this.#isSameAt(series, known, source, index))
      return tally.refuse('duplicate-timestamp', 1);
    tally.acceptedCount++;
    const histogram = source.histograms?.get(index);
    if (histogram !== undefined) tally.acceptedHistogramCount++;
    if (known !== undefined) return;
    this.#late.add(series, { epoch: this.#epoch, seq }, source, index);
    if (histogram !== undefined) this.#histograms.addLate(series, timestampMs, histogram, this.#epoch);
    tally.lateCount++;
    this.#widenRange(timestampMs);
  }

  /** Whether the sample is the one that is known of its time. */
  #isSameAt(series: number, known: StoredSample, source: IncomingSamples, index: number): boolean {
    const histogram = source.histograms?.get(index);
    const stored = this.#histograms.find(series, source.timestampsMs[index] ?? 0);
    if (histogram !== undefined) return stored !== undefined && isSameHistogramChunk(stored, histogram);
    if (stored !== undefined) return false;
    return isSame(known, source.values[index] ?? 0, source.staleFlags[index] === 1);
  }

  #widenRange(timestampMs: number): void {
    const parity = this.#epoch & 1;
    if (timestampMs < (this.#minMs[parity] ?? Infinity)) this.#minMs[parity] = timestampMs;
    if (timestampMs > this.#maxMs) this.#maxMs = timestampMs;
  }

  /** The sample of one time among those in the tail and in chunks. */
  #findInOrder(series: number, timestampMs: number): StoredSample | undefined {
    const tailCount = this.#tailCounts[series] ?? 0;
    if (tailCount > 0 && timestampMs >= (this.#tailFirstMs[series] ?? 0)) {
      this.#copyTail(series, tailCount, this.#probe, 0);
      return findSample(this.#probe, tailCount, timestampMs);
    }
    for (let at = this.#newestChunks[series] ?? 0; at !== 0; at = this.#chunks.previousOf(at)) {
      if (this.#chunks.maxMsOf(at) < timestampMs) return undefined;
      if (this.#chunks.minMsOf(at) > timestampMs) continue;
      return findSample(this.#probe, this.#chunks.decode(at, this.#probe, 0), timestampMs);
    }
    return undefined;
  }

  #push(series: number, timestampMs: number, source: SampleColumns, index: number): void {
    const isOtherEpoch = this.#epochs[series] !== this.#epoch;
    let count = this.#tailCounts[series] ?? 0;
    let offsetMs = timestampMs - (this.#tailFirstMs[series] ?? 0);
    if (count > 0 && (count === TAIL_SAMPLES_MAX || isOtherEpoch || !Tails.canHold(offsetMs))) {
      this.#seal(series);
      count = 0;
    }
    if (count === 0) {
      this.#tailFirstMs[series] = timestampMs;
      this.#tailStaleBits[series] = 0;
      offsetMs = 0;
    }
    if (isOtherEpoch) this.#epochs[series] = this.#epoch;
    this.#tails.put(series, count, offsetMs, source.values, index);
    const stale = source.staleFlags[index] ?? 0;
    if (stale === 1) this.#tailStaleBits[series] = (this.#tailStaleBits[series] ?? 0) | (1 << count);
    this.#tailCounts[series] = count + 1;
    this.#ends[series] = (this.#ends[series] ?? 0) + 1;
    this.#lastMs[series] = timestampMs;
    this.#lastValues[series] = source.values[index] ?? 0;
    this.#lastStale[series] = stale;
    this.#widenRange(timestampMs);
  }

  /** Turns the tail into a chunk, together with three chunks of the same size before it, and so on up. */
  #seal(series: number): void {
    const tailCount = this.#tailCounts[series] ?? 0;
    const parity = (this.#epochs[series] ?? 0) & 1;
    const walk = this.#walk;
    let walked = 0;
    let previous = this.#newestChunks[series] ?? 0;
    for (const sizeMax of MERGED_SIZES) {
      const found = walked;
      let at = previous;
      while (walked < found + 3 && at !== 0 && this.#isMergeable(at, sizeMax, parity)) {
        walk[walked++] = at;
        at = this.#chunks.previousOf(at);
      }
      if (walked < found + 3) {
        walked = found;
        break;
      }
      previous = at;
    }
    const { columns } = this.#encoder;
    let count = 0;
    for (let i = walked - 1; i >= 0; i--) {
      count += this.#chunks.decode(walk[i] ?? 0, columns, count);
      this.#chunks.release(walk[i] ?? 0);
    }
    this.#copyTail(series, tailCount, columns, count);
    count += tailCount;
    const minMs = columns.timestampsMs[0] ?? 0;
    const maxMs = columns.timestampsMs[count - 1] ?? 0;
    const chunk = this.#encoder.encode(count);
    this.#newestChunks[series] = this.#chunks.add(chunk, { previous, parity, count, minMs, maxMs });
    this.#tailCounts[series] = 0;
  }

  #isMergeable(address: number, sizeMax: number, parity: number): boolean {
    const count = this.#chunks.countOf(address);
    return count <= sizeMax && count > sizeMax / 4 && this.#chunks.parityOf(address) === parity;
  }

  #copyTail(series: number, count: number, target: SampleColumns, at: number): void {
    const firstMs = this.#tailFirstMs[series] ?? 0;
    const staleBits = this.#tailStaleBits[series] ?? 0;
    this.#tails.copyTo(series, { count, firstMs, staleBits }, target, at);
  }

  /** Makes room for an id, in those columns that have none; `#room` is what all have. */
  #grow(id: number): void {
    const roomy = new RoomyColumns(id);
    this.#ends = roomy.of(this.#ends, 0);
    this.#endsBefore = roomy.of(this.#endsBefore, 1);
    this.#batchSeqs = roomy.of(this.#batchSeqs, 2);
    this.#epochs = roomy.of(this.#epochs, 3);
    this.#definedEpochs = roomy.of(this.#definedEpochs, 4);
    this.#newestChunks = roomy.of(this.#newestChunks, 5);
    this.#tailCounts = roomy.of(this.#tailCounts, 6);
    this.#tailStaleBits = roomy.of(this.#tailStaleBits, 7);
    this.#tailFirstMs = roomy.of(this.#tailFirstMs, 8);
    this.#lastMs = roomy.of(this.#lastMs, 9);
    this.#lastValues = roomy.of(this.#lastValues, 10);
    this.#lastStale = roomy.of(this.#lastStale, 11);
    this.#room = roomy.length;
  }
}

/** Sizes of chunks that merge by fours: 16 → 64 → 256. */
const MERGED_SIZES = [TAIL_SAMPLES_MAX, 4 * TAIL_SAMPLES_MAX];

export interface LastSample {
  readonly timestampMs: number;
  readonly value: number;
  readonly isStale: boolean;
  /** A chunk of this one sample when it is a histogram. */
  readonly histogram: Uint8Array | undefined;
}

/** Samples on their way into the head. */
export interface IncomingSamples extends SampleColumns {
  /** By index, a chunk of each sample that is a histogram; its value is 0. `undefined`: all are floats. */
  readonly histograms: ReadonlyMap<number, Uint8Array> | undefined;
  /** Whether some flag is `ZERO_FLAG`. */
  readonly hasZeros: boolean;
}

/**
 * Among the stale flags: a zero that the store puts where a counter began. It is taken when it is newer than the newest
 * sample of its series and passed over else; nobody sent it, so it is neither counted nor refused.
 */
export const ZERO_FLAG = 2;

export interface ReadRange {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** What one batch brings along: its number, the times it may write, and where its refusals are counted. */
export interface BatchScope {
  readonly seq: number;
  readonly minMs: number;
  readonly maxMs: number;
  /** The earliest time at which a sample older than the newest of its series is taken; Infinity: none is. */
  readonly lateMinMs: number;
  readonly tally: BatchTally;
}

/** Which epochs a reader sees: all in memory, or all but the one that it reads from a block. */
export class HeadView {
  /** The last batch whose late samples it sees. */
  readonly seq: number;
  readonly #hiddenParity: number;

  /** `hiddenEpoch` is in memory still, but not for this view. */
  constructor(hiddenEpoch: number | undefined, seq: number) {
    this.#hiddenParity = hiddenEpoch === undefined ? -1 : hiddenEpoch & 1;
    this.seq = seq;
  }

  /** An epoch or its parity. */
  includes(epoch: number): boolean {
    return (epoch & 1) !== this.#hiddenParity;
  }
}

function isSame(known: StoredSample, value: number, isStale: boolean): boolean {
  if (isStale || known.isStale) return isStale === known.isStale;
  return Object.is(known.value, value);
}

function reasonOf(timestampMs: number, lastMs: number, batch: BatchScope): RefusalReason {
  if (Number.isNaN(timestampMs)) bug('a timestamp is a number; got NaN');
  if (timestampMs > batch.maxMs) return 'too-new';
  if (timestampMs < batch.minMs) return 'too-old';
  // With a window open for late samples, what is older lies outside of it.
  if (timestampMs < lastMs && batch.lateMinMs !== Infinity) return 'too-old';
  return timestampMs === lastMs ? 'duplicate-timestamp' : 'out-of-order';
}
