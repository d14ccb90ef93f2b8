/**
 * `io.prometheus.write.v2.Request`: texts stand once in a table of symbols, series name them by their place in it.
 *
 * The table usually comes first, but need not: one pass finds the symbols, a second one reads the series. Of a symbol
 * only its place in the body is kept, so that a key is made of bytes as in 1.0.
 */
import { InputError, type MetricMetadata, type Slicer } from '@vedette/model';
import { ProtobufReader, WIRE_VARINT } from '../../lib/protobuf-reader.ts';
import {
  LABELS_PER_EXEMPLAR_MAX,
  LABELS_PER_SERIES_MAX,
  METADATA_TEXT_BYTES_MAX,
  SERIES_PER_REQUEST_MAX,
  SYMBOLS_PER_REQUEST_MAX,
} from './limits.ts';
import { metricTypeOf } from './metric-type.ts';
import { SeriesKeyWriter, type LabelFault } from './series-key-writer.ts';
import { TimeSeriesReader, type SeriesDialect } from './time-series.ts';
import type { ExemplarFields, WriteBatch } from './write-batch.ts';
import { otherVersion, tooManySeries } from './write-request-v1.ts';

const SYMBOLS = 4;
const TIME_SERIES = 5;
// Kept free in 2.0: the series of 1.0. A decoder that passed over them would take a message of 1.0 for an empty one.
const TIME_SERIES_V1 = 1;

/** Fields of the request between two questions to the slicer: a series with one sample takes some 1 µs. */
const FIELDS_PER_QUESTION = 16;

/** Reads the whole body into the batch. Throws `InputError` when it is no such message, or passes a limit of the request. */
export async function readWriteRequestV2(body: Uint8Array, batch: WriteBatch, slicer: Slicer): Promise<void> {
  const symbols = await readSymbols(body, slicer);
  const reader = new ProtobufReader(body);
  const dialect = new DialectV2(body, symbols, batch);
  const series = new TimeSeriesReader({ reader, body }, batch, dialect);
  let seriesCount = 0;
  for (let fieldCount = 1; reader.next(); fieldCount++) {
    if (fieldCount % FIELDS_PER_QUESTION === 0 && slicer.shouldYield()) await slicer.yield();
    if (reader.field !== TIME_SERIES) {
      reader.skip();
      continue;
    }
    if (++seriesCount > SERIES_PER_REQUEST_MAX) throw tooManySeries();
    series.begin();
    while (!series.step()) if (slicer.shouldYield()) await slicer.yield();
    dialect.addMetadata();
  }
}

async function readSymbols(body: Uint8Array, slicer: Slicer): Promise<Symbols> {
  const symbols = new Symbols(body);
  const reader = new ProtobufReader(body);
  for (let fieldCount = 1; reader.next(); fieldCount++) {
    if (fieldCount % 256 === 0 && slicer.shouldYield()) await slicer.yield();
    if (reader.field !== SYMBOLS) {
      if (reader.field === TIME_SERIES_V1) throw otherVersion('2.0', '1.0, proto=prometheus.WriteRequest');
      reader.skip();
      continue;
    }
    const { start, end } = reader.range();
    symbols.add(start, end);
  }
  return symbols;
}

/** The table: where each symbol stands in the body. */
class Symbols {
  readonly body: Uint8Array;
  #starts = new Uint32Array(1024);
  #ends = new Uint32Array(1024);
  #count = 0;

  constructor(body: Uint8Array) {
    this.body = body;
  }

  get count(): number {
    return this.#count;
  }

  add(start: number, end: number): void {
    if (this.#count >= SYMBOLS_PER_REQUEST_MAX)
      throw new InputError(
        'VED_BODY_INVALID',
        `cannot take the write request: it has more than ${SYMBOLS_PER_REQUEST_MAX} symbols; send smaller requests`,
      );
    if (this.#count === this.#starts.length) {
      this.#starts = doubled(this.#starts);
      this.#ends = doubled(this.#ends);
    }
    this.#starts[this.#count] = start;
    this.#ends[this.#count++] = end;
  }

  startOf(symbol: number): number {
    return this.#starts[symbol] ?? 0;
  }

  endOf(symbol: number): number {
    return this.#ends[symbol] ?? 0;
  }

  /** `undefined` when it is longer than a text of metadata may be. */
  textOf(symbol: number): string | undefined {
    const [start, end] = [this.startOf(symbol), this.endOf(symbol)];
    return end - start > METADATA_TEXT_BYTES_MAX
      ? undefined
      : Buffer.from(this.body.subarray(start, end)).toString();
  }
}

function doubled(column: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(column.length * 2);
  larger.set(column);
  return larger;
}

class DialectV2 implements SeriesDialect {
  readonly histogramsField = 3;
  readonly exemplarsField = 4;
  startMs = 0;
  readonly #symbols: Symbols;
  readonly #batch: WriteBatch;
  readonly #keys: SeriesKeyWriter;
  readonly #refs: number[] = [];
  /** What the labels are refused for before they are looked at. */
  #refsFault: string | undefined;
  readonly #metadata = { isTold: false, type: 0, helpRef: 0, unitRef: 0 };
  /** By where a metric name stands in the body: what was told with it last. Texts are made once a request, not per series. */
  readonly #toldMetadata = new Map<number, number>();
  #isValid = false;

  constructor(body: Uint8Array, symbols: Symbols, batch: WriteBatch) {
    this.#symbols = symbols;
    this.#batch = batch;
    this.#keys = new SeriesKeyWriter(body, { sortsLabels: false });
  }

  get key(): Uint8Array {
    return this.#keys.key;
  }

  clear(): void {
    this.#keys.clear();
    this.#refs.length = 0;
    this.#refsFault = undefined;
    this.#metadata.isTold = false;
    this.startMs = 0;
    this.#isValid = false;
  }

  readField(reader: ProtobufReader): void {
    if (reader.field === 1) this.#readRefs(reader);
    else if (reader.field === 5) this.#readMetadata(reader);
    else if (reader.field === 6) this.startMs = reader.int();
    else reader.skip();
  }

  finish(): LabelFault | undefined {
    const refs = this.#refs;
    if (refs.length > REFS_MAX)
      return { reason: 'label-limit', text: `it has more than ${LABELS_PER_SERIES_MAX} labels` };
    this.#refsFault = findRefsFault(refs, this.#symbols);
    if (this.#refsFault !== undefined) return { reason: 'invalid-labels', text: this.#refsFault };
    const symbols = this.#symbols;
    for (let i = 0; i < refs.length; i += 2) {
      const name = refs[i] ?? 0;
      const value = refs[i + 1] ?? 0;
      this.#keys.add(
        symbols.startOf(name),
        symbols.endOf(name),
        symbols.startOf(value),
        symbols.endOf(value),
      );
    }
    const fault = this.#keys.finish();
    this.#isValid = fault === undefined;
    return fault;
  }

  describe(): string {
    return this.#keys.describe();
  }

  readExemplar(reader: ProtobufReader): ExemplarFields | undefined {
    const refs: number[] = [];
    let value = 0;
    let timestampMs = 0;
    while (reader.next()) {
      if (reader.field === 1) readRefsInto(refs, LABELS_PER_EXEMPLAR_MAX * 2, reader);
      else if (reader.field === 2) value = reader.double();
      else if (reader.field === 3) timestampMs = reader.int();
      else reader.skip();
    }
    const isOver = refs.length > LABELS_PER_EXEMPLAR_MAX * 2;
    const fault = isOver
      ? `it has more than ${LABELS_PER_EXEMPLAR_MAX} labels`
      : findRefsFault(refs, this.#symbols);
    const labels = fault === undefined ? this.#texts(refs) : undefined;
    if (labels !== undefined) return { labels, value, timestampMs };
    this.#batch.faults.tell(
      isOver ? 'exemplar-limit' : 'invalid-exemplar',
      1,
      () => `cannot store an exemplar of ${this.describe()}: ${fault ?? 'a label is too long'}`,
    );
    return undefined;
  }

  /** Tells the batch what the series said of its metric, once the series is read. */
  addMetadata(): void {
    const { isTold, type, helpRef, unitRef } = this.#metadata;
    if (!isTold || !this.#isValid) return;
    if (helpRef >= this.#symbols.count || unitRef >= this.#symbols.count) {
      this.#batch.faults.tell(
        'invalid-metadata',
        1,
        () =>
          `cannot take the metadata of ${this.describe()}: ${refFault(Math.max(helpRef, unitRef), this.#symbols)}`,
      );
      return;
    }
    if (type === 0 && isEmpty(this.#symbols, helpRef) && isEmpty(this.#symbols, unitRef)) return;
    const { start, end } = this.#keys.metricName;
    const told = (Math.min(type, TYPE_CODE_MAX) * REF_RANGE + helpRef) * REF_RANGE + unitRef;
    if (this.#toldMetadata.get(start) === told) return;
    this.#toldMetadata.set(start, told);
    const name = Buffer.from(this.#symbols.body.subarray(start, end)).toString();
    const family = familyOf(name, metricTypeOf(type));
    const help = this.#symbols.textOf(helpRef);
    const unit = this.#symbols.textOf(unitRef);
    if (help === undefined || unit === undefined) {
      this.#batch.faults.count('metadata-limit', 1);
      return;
    }
    const metadata: MetricMetadata = { family, type: metricTypeOf(type), help, unit };
    this.#batch.addMetadata(metadata);
  }

  #readRefs(reader: ProtobufReader): void {
    readRefsInto(this.#refs, REFS_MAX, reader);
  }

  #readMetadata(reader: ProtobufReader): void {
    const metadata = this.#metadata;
    metadata.isTold = true;
    metadata.type = metadata.helpRef = metadata.unitRef = 0;
    const outerEnd = reader.enter();
    while (reader.next()) {
      if (reader.field === 1) metadata.type = reader.uint();
      else if (reader.field === 3) metadata.helpRef = reader.uint();
      else if (reader.field === 4) metadata.unitRef = reader.uint();
      else reader.skip();
    }
    reader.leave(outerEnd);
  }

  #texts(refs: readonly number[]): [string, string][] | undefined {
    const labels: [string, string][] = [];
    for (let i = 0; i < refs.length; i += 2) {
      const name = this.#symbols.textOf(refs[i] ?? 0);
      const value = this.#symbols.textOf(refs[i + 1] ?? 0);
      if (name === undefined || value === undefined) return undefined;
      labels.push([name, value]);
    }
    return labels;
  }
}

/** Above every code of a type, and above every reference: the three of them fit one exact number. */
const TYPE_CODE_MAX = 255;
const REF_RANGE = 2 ** 20;

const REFS_MAX = LABELS_PER_SERIES_MAX * 2;

/** Appends references, packed or not, up to one above `countMax`: enough to know that there are too many. */
function readRefsInto(refs: number[], countMax: number, reader: ProtobufReader): void {
  if (refs.length > countMax) {
    reader.skip();
    return;
  }
  if (reader.wire === WIRE_VARINT) {
    refs.push(reader.uint());
    return;
  }
  const outerEnd = reader.enter();
  while (refs.length <= countMax && reader.hasMore) refs.push(reader.packedUint());
  reader.leave(outerEnd);
}

function findRefsFault(refs: readonly number[], symbols: Symbols): string | undefined {
  if (refs.length % 2 !== 0) return `label references come in pairs; got ${refs.length}`;
  for (const ref of refs) if (ref >= symbols.count) return refFault(ref, symbols);
  return undefined;
}

function refFault(ref: number, symbols: Symbols): string {
  return `symbol ${ref} is out of range: the request has ${symbols.count}`;
}

function isEmpty(symbols: Symbols, symbol: number): boolean {
  return symbols.startOf(symbol) === symbols.endOf(symbol);
}

/** The family that a series belongs to: those of a classic histogram or summary have suffixes of their own. */
function familyOf(name: string, type: MetricMetadata['type']): string {
  switch (type) {
    case 'histogram':
    case 'gaugehistogram':
      return name.replace(/_(?:bucket|count|sum)$/, '');
    case 'summary':
      return name.replace(/_(?:count|sum)$/, '');
    case 'counter':
    case 'gauge':
    case 'info':
    case 'stateset':
    case 'unknown':
      return name;
  }
}
