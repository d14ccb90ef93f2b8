/**
 * The series of one source inside this process (this machine, this process): what a scrape pool is
 * for a target elsewhere.
 *
 * 1. A family is declared once; `rowOf` finds the series of its label values and makes the key bytes
 *    the first time only, so that a tick copies bytes and encodes nothing.
 * 2. Rows are gathered in `Rows` (one per collector), so that a collector that fails half way leaves
 *    nothing behind, and a slow one can be written again each tick with what it found last.
 * 3. `batchOf` writes the rows of a tick as one `SampleBatch`. A series that was in the last tick and
 *    is in this one no more gets a staleness marker and is forgotten, as after a scrape.
 *
 * Cost: a Map look-up per row and tick; about 200 B per series. Rejected: one `openSeries(labels)` per
 * row and tick, which sorts and encodes every label set every two seconds for nothing.
 */
import { bug, labelsOf, METRIC_NAME, SampleBatchBuilder, seriesKeyOf } from '@vedette/model';
import type { MetricMetadata, MetricType, SampleBatch } from '@vedette/model';

// A machine with 1,000 network devices and 500 mounts has about 45,000 series; beyond this something
// makes up names, and the head is worth more than the tail.
export const SOURCE_SERIES_MAX = 50_000;

const NEVER = -1;

// U+FFFF is no character, so no label value contains it.
const VALUE_SEPARATOR = '\uffff';

/** One series of a source. */
export interface SourceRow {
  readonly family: SourceFamily;
  readonly mapKey: string;
  readonly key: Uint8Array;
  /** The tick that wrote it last; `NEVER` before the first. Written by `SourceSeries` alone. */
  tick: number;
}

export class SourceSeries {
  readonly #sourceLabels: Readonly<Record<string, string>>;
  readonly #seriesMax: number;
  readonly #onDrop: () => void;
  readonly #families = new Map<string, SourceFamily>();
  /** Rows of the last tick. */
  #live: SourceRow[] = [];
  /** Rows that are in no tick any more, and whose staleness marker the store has not taken yet. */
  #vanished: SourceRow[] = [];
  #tick = 0;
  #seriesCount = 0;
  #unsentMetadata: MetricMetadata[] = [];

  /** `sourceLabels` (job, instance) are on every series. `onDrop` is told of each row left out at `seriesMax` series. */
  constructor(options: {
    sourceLabels: Readonly<Record<string, string>>;
    onDrop: () => void;
    seriesMax?: number;
  }) {
    this.#onDrop = options.onDrop;
    this.#sourceLabels = options.sourceLabels;
    this.#seriesMax = options.seriesMax ?? SOURCE_SERIES_MAX;
  }

  /** Declares and describes a family of single samples; a second one of that name is a bug. */
  family(options: {
    name: string;
    type: MetricType;
    help: string;
    labelNames?: readonly string[];
  }): SourceFamily {
    const { name, type, help, labelNames = [] } = options;
    this.describe({ family: name, type, help, unit: '' });
    return this.sampleName(name, labelNames);
  }

  /** Declares one sample name, such as `x_bucket`, of a family that is described by itself. */
  sampleName(name: string, labelNames: readonly string[]): SourceFamily {
    if (this.#families.has(name)) bug(`family "${name}" is declared twice`);
    const family = new SourceFamily(name, labelNames);
    this.#families.set(name, family);
    return family;
  }

  /** The description goes with the next batch. */
  describe(metadata: MetricMetadata): void {
    this.#unsentMetadata.push(metadata);
  }

  /** The row of these label values, made on first sight; `undefined` at the limit of series. */
  rowOf(family: SourceFamily, labelValues: readonly string[]): SourceRow | undefined {
    const first = labelValues[0] ?? '';
    const mapKey = labelValues.length <= 1 ? first : labelValues.join(VALUE_SEPARATOR);
    const known = family.rows.get(mapKey);
    if (known !== undefined) return known;
    if (labelValues.length !== family.labelNames.length)
      bug(`"${family.name}" has ${family.labelNames.length} labels; got ${labelValues.length} values`);
    if (this.#seriesCount >= this.#seriesMax) {
      this.#onDrop();
      return undefined;
    }
    const row = { family, mapKey, key: this.#keyOf(family, labelValues), tick: NEVER };
    family.rows.set(mapKey, row);
    this.#seriesCount++;
    return row;
  }

  /** Drops what `rows` gathered, together with series that no tick has written. */
  discard(rows: Rows): void {
    for (let i = 0; i < rows.count; i++) {
      const row = rows.rowAt(i);
      if (row.tick === NEVER) this.#forget(row);
    }
    rows.clear();
  }

  /** One batch of all rows at `timestampMs`. A series that comes twice is written once, the first time. */
  batchOf(timestampMs: number, sets: Iterable<Rows>): SampleBatch {
    const builder = new SampleBatchBuilder();
    const tick = ++this.#tick;
    const live: SourceRow[] = [];
    for (const rows of sets) {
      for (let i = 0; i < rows.count; i++) {
        const row = rows.rowAt(i);
        if (row.tick === tick) continue;
        row.tick = tick;
        live.push(row);
        builder.openSeriesKey(row.key);
        builder.addSample(timestampMs, rows.valueAt(i));
      }
    }
    for (const row of this.#live) {
      if (row.tick === tick) continue;
      this.#forget(row);
      this.#vanished.push(row);
    }
    this.#live = live;
    // One that came back meanwhile has a sample again, under a new row.
    this.#vanished = this.#vanished.filter((row) => !row.family.rows.has(row.mapKey));
    for (const row of this.#vanished) {
      builder.openSeriesKey(row.key);
      builder.addStaleMarker(timestampMs);
    }
    for (const metadata of this.#unsentMetadata) builder.addMetadata(metadata);
    return builder.finish();
  }

  /** Call when `batch`, the last one made, was accepted: descriptions and staleness markers are sent until then. */
  confirm(batch: SampleBatch): void {
    const sent = batch.metadata?.length ?? 0;
    this.#unsentMetadata = this.#unsentMetadata.slice(sent);
    this.#vanished = [];
  }

  /** Lets go of the series in whose label values `speaks` finds what it looks for: no staleness marker will tell of their end. */
  forget(speaks: (value: unknown) => boolean): void {
    const isKept = (row: SourceRow): boolean => !speaks(row.mapKey.split(VALUE_SEPARATOR));
    for (const row of this.#live) if (!isKept(row)) this.#forget(row);
    this.#live = this.#live.filter(isKept);
    this.#vanished = this.#vanished.filter(isKept);
  }

  #keyOf(family: SourceFamily, labelValues: readonly string[]): Uint8Array {
    const record: Record<string, string> = { [METRIC_NAME]: family.name };
    for (const [i, name] of family.labelNames.entries()) record[name] = labelValues[i] ?? '';
    return seriesKeyOf(labelsOf({ ...record, ...this.#sourceLabels }));
  }

  #forget(row: SourceRow): void {
    if (row.family.rows.get(row.mapKey) !== row) return;
    row.family.rows.delete(row.mapKey);
    this.#seriesCount--;
  }
}

/** A family of one source; made by `SourceSeries.family`. */
export class SourceFamily {
  readonly name: string;
  readonly labelNames: readonly string[];
  /** By label values; kept by `SourceSeries` alone. */
  readonly rows = new Map<string, SourceRow>();

  constructor(name: string, labelNames: readonly string[]) {
    this.name = name;
    this.labelNames = labelNames;
  }
}

/** Rows with their values, in columns that are reused from tick to tick. */
export class Rows {
  #rows: SourceRow[] = [];
  #values = new Float64Array(16);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(row: SourceRow, value: number): void {
    if (this.#count === this.#values.length) {
      const larger = new Float64Array(this.#count * 2);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#rows[this.#count] = row;
    this.#values[this.#count++] = value;
  }

  rowAt(index: number): SourceRow {
    return this.#rows[index] ?? bug(`row ${index} of ${this.#count} does not exist`);
  }

  valueAt(index: number): number {
    return this.#values[index] ?? Number.NaN;
  }

  clear(): void {
    this.#rows.length = 0;
    this.#count = 0;
  }
}
