import { HistogramDecoder } from '../chunk/histogram-decoder.ts';
import { HistogramEncoder } from '../chunk/histogram-encoder.ts';
import { runsOf } from '../chunk/sample-runs.ts';
import type { SampleBuffer } from '../query/sample-buffer.ts';

// As many as a tail of floats holds. Merging fours of them further, as floats do, saved 8 % and encoded each sample
// once more.
const TAIL_HISTOGRAMS_MAX = 16;

/** What V8 needs for a chunk beside its bytes: array, buffer, and the object around them. */
const CHUNK_OVERHEAD_BYTES = 240;

/**
 * The histograms of the head, beside the float columns.
 *
 * 1. A histogram has a sample among the floats of its series like any other, with the value 0: order, visibility,
 *    epochs and staleness markers are decided there, once for both, and a series may switch between them from sample
 *    to sample. Float series have nothing here and pay nothing.
 * 2. Here stands what the sample is: a list of histogram chunks per series. Each histogram comes as a chunk of one,
 *    the bytes of its log record; sixteen of them become one chunk per layout.
 *    One that comes late stands alone, by its time, until the flush.
 * 3. A reader takes the samples that the float columns show it, and looks here by time which of them are
 *    histograms. What it may not see yet has no such sample.
 */
export class HistogramTracks {
  readonly #tracks = new Map<number, Track>();
  readonly #encoder = new HistogramEncoder();
  readonly #decoder = new HistogramDecoder();
  #sizeBytes = 0;

  /** Bytes of the chunks and what goes with them. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Appends the newest sample of the series. `chunk` holds that one histogram and is kept. */
  add(series: number, timestampMs: number, chunk: Uint8Array, epoch: number): void {
    const track = this.#trackOf(series, timestampMs, chunk);
    const { chunks } = track;
    if (chunks.length > 0 && chunks.at(-1)?.epoch !== epoch) track.singleCount = 0;
    this.#push(track, { bytes: chunk, minMs: timestampMs, maxMs: timestampMs, epoch });
    track.singleCount++;
    if (track.singleCount === TAIL_HISTOGRAMS_MAX) this.#seal(track, epoch);
  }

  /** Keeps a sample that came late, of a time at which the series has none. */
  addLate(series: number, timestampMs: number, chunk: Uint8Array, epoch: number): void {
    let track = this.#tracks.get(series);
    if (track === undefined) track = this.#trackOf(series, -Infinity, chunk);
    track.late.set(timestampMs, { bytes: chunk, minMs: timestampMs, maxMs: timestampMs, epoch });
    this.#sizeBytes += chunk.length + CHUNK_OVERHEAD_BYTES;
  }

  /** A chunk of the one histogram that the series has in memory at a time; `undefined` when there is none. */
  find(series: number, timestampMs: number): Uint8Array | undefined {
    const track = this.#tracks.get(series);
    const late = track?.late.get(timestampMs);
    if (late !== undefined) return late.bytes;
    const chunk = track?.chunks.find(({ minMs, maxMs }) => minMs <= timestampMs && maxMs >= timestampMs);
    if (chunk === undefined) return undefined;
    const histogram = this.#decoder.decode(chunk.bytes)[this.#decoder.timestampsMs.indexOf(timestampMs)];
    return histogram && this.#encoder.encodeOne(timestampMs, histogram);
  }

  /** The chunk of the series' newest sample; `undefined` when the sample at `lastMs` is none. */
  newestOf(series: number, lastMs: number): Uint8Array | undefined {
    const track = this.#tracks.get(series);
    return track?.newestMs === lastMs ? track.newest : undefined;
  }

  /** Tells what the newest sample was before the head knew the series. */
  restoreNewest(series: number, timestampMs: number, chunk: Uint8Array): void {
    this.#trackOf(series, timestampMs, chunk);
  }

  /** Puts the histograms beside the samples of the series that `target` has from index `start` on. */
  read(series: number, target: SampleBuffer, start: number): void {
    if (this.#tracks.size === 0) return;
    const track = this.#tracks.get(series);
    if (track === undefined || target.count === start) return;
    if (track.late.size > 0) this.#readLate(track, target, start);
    const { timestampsMs } = target.columns;
    const fromMs = timestampsMs[start] ?? 0;
    const untilMs = timestampsMs[target.count - 1] ?? 0;
    let at = start;
    for (const { bytes, minMs, maxMs } of track.chunks) {
      if (maxMs < fromMs) continue;
      if (minMs > untilMs) break;
      for (const [i, histogram] of this.#decoder.decode(bytes).entries()) {
        const timestampMs = this.#decoder.timestampsMs[i] ?? 0;
        while (at < target.count && (timestampsMs[at] ?? 0) < timestampMs) at++;
        if (at < target.count && timestampsMs[at] === timestampMs) target.putHistogram(at, histogram);
      }
    }
  }

  #readLate({ late }: Track, target: SampleBuffer, start: number): void {
    const { timestampsMs } = target.columns;
    for (let at = start; at < target.count; at++) {
      const chunk = late.get(timestampsMs[at] ?? 0);
      const histogram = chunk && this.#decoder.decode(chunk.bytes)[0];
      if (histogram !== undefined) target.putHistogram(at, histogram);
    }
  }

  /** Frees what the series has of an epoch and those before. */
  drop(series: number, epoch: number): void {
    const track = this.#tracks.get(series);
    if (track === undefined) return;
    const keptFrom = track.chunks.findIndex((chunk) => chunk.epoch > epoch);
    const dropped = track.chunks.splice(0, keptFrom < 0 ? track.chunks.length : keptFrom);
    for (const { bytes } of dropped) this.#sizeBytes -= bytes.length + CHUNK_OVERHEAD_BYTES;
    track.singleCount = Math.min(track.singleCount, track.chunks.length);
    for (const [timestampMs, chunk] of track.late) {
      if (chunk.epoch > epoch) continue;
      track.late.delete(timestampMs);
      this.#sizeBytes -= chunk.bytes.length + CHUNK_OVERHEAD_BYTES;
    }
  }

  /** Forgets the series. */
  forget(series: number): void {
    if (this.#tracks.size === 0) return;
    this.drop(series, Infinity);
    this.#tracks.delete(series);
  }

  #trackOf(series: number, newestMs: number, newest: Uint8Array): Track {
    const known = this.#tracks.get(series);
    if (known !== undefined) {
      known.newestMs = newestMs;
      known.newest = newest;
      return known;
    }
    const track = { chunks: [], late: new Map<number, TrackChunk>(), singleCount: 0, newestMs, newest };
    this.#tracks.set(series, track);
    return track;
  }

  #push(track: Track, chunk: TrackChunk): void {
    track.chunks.push(chunk);
    this.#sizeBytes += chunk.bytes.length + CHUNK_OVERHEAD_BYTES;
  }

  /** Turns the single histograms at the end into chunks of one layout each. */
  #seal(track: Track, epoch: number): void {
    const singles = track.chunks.splice(-track.singleCount);
    track.singleCount = 0;
    const samples = {
      timestampsMs: Float64Array.from(singles, ({ minMs }) => minMs),
      values: NO_VALUES,
      staleFlags: NONE_STALE,
      histograms: new Map(
        singles.flatMap(({ bytes }, i) => this.#decoder.decode(bytes).map((histogram) => [i, histogram])),
      ),
    };
    for (const { bytes } of singles) this.#sizeBytes -= bytes.length + CHUNK_OVERHEAD_BYTES;
    for (const { from, until, histograms = [] } of runsOf(samples)) {
      const timestampsMs = samples.timestampsMs.subarray(from, until);
      const bytes = this.#encoder.encode({ timestampsMs, histograms, staleFlags: NONE_STALE }).slice();
      const minMs = timestampsMs[0] ?? 0;
      this.#push(track, { bytes, minMs, maxMs: timestampsMs.at(-1) ?? minMs, epoch });
    }
  }
}

const NO_VALUES = new Float64Array(TAIL_HISTOGRAMS_MAX);
const NONE_STALE = new Uint8Array(TAIL_HISTOGRAMS_MAX);

interface TrackChunk {
  readonly bytes: Uint8Array;
  readonly minMs: number;
  readonly maxMs: number;
  readonly epoch: number;
}

interface Track {
  /** Oldest first; no two epochs in one. */
  readonly chunks: TrackChunk[];
  /** Single histograms that came late, by their time: in any order, so they stay single. */
  readonly late: Map<number, TrackChunk>;
  /** How many at the end are single histograms of the running epoch. */
  singleCount: number;
  /** Of the newest histogram that the series ever had. */
  newestMs: number;
  newest: Uint8Array;
}
