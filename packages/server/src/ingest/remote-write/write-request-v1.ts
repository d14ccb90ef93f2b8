/** `prometheus.WriteRequest`: labels are written out in each series, metadata is told by family. */
import { InputError, type MetricMetadata, type Slicer } from '@vedette/model';
import { ProtobufReader } from '../../lib/protobuf-reader.ts';
import { LABELS_PER_EXEMPLAR_MAX, METADATA_TEXT_BYTES_MAX, SERIES_PER_REQUEST_MAX } from './limits.ts';
import { metricTypeOf } from './metric-type.ts';
import { PlainSeriesReader } from './plain-series.ts';
import { SeriesKeyWriter, type LabelFault } from './series-key-writer.ts';
import { TimeSeriesReader, type SeriesDialect } from './time-series.ts';
import type { ExemplarFields, WriteBatch } from './write-batch.ts';
import type { WriteFaults } from './write-faults.ts';

const TIME_SERIES = 1;
const METADATA = 3;
/** Of 2.0: it has no field of 1.0, so that all of it would be passed over. */
const TIME_SERIES_V2 = 5;

/** Fields of the request between two questions to the slicer: a series with one sample takes some 1 µs. */
const FIELDS_PER_QUESTION = 16;

/** Reads the whole body into the batch. Throws `InputError` when it is no such message, or passes a limit of the request. */
export async function readWriteRequestV1(body: Uint8Array, batch: WriteBatch, slicer: Slicer): Promise<void> {
  const reader = new ProtobufReader(body);
  const plain = new PlainSeriesReader(body, batch);
  const series = new TimeSeriesReader({ reader, body }, batch, new DialectV1(body, batch.faults));
  let seriesCount = 0;
  for (let fieldCount = 1; reader.next(); fieldCount++) {
    if (fieldCount % FIELDS_PER_QUESTION === 0 && slicer.shouldYield()) await slicer.yield();
    if (reader.field === TIME_SERIES) {
      if (++seriesCount > SERIES_PER_REQUEST_MAX) throw tooManySeries();
      if (readPlain(reader, plain)) continue;
      series.begin();
      while (!series.step()) if (slicer.shouldYield()) await slicer.yield();
    } else if (reader.field === METADATA) {
      const metadata = readMetadata(reader, body, batch.faults);
      if (metadata !== undefined) batch.addMetadata(metadata);
    } else {
      if (reader.field === TIME_SERIES_V2)
        throw otherVersion('1.0', '2.0, proto=io.prometheus.write.v2.Request');
      reader.skip();
    }
  }
}

/** Reads the series at which the reader stands, if it has the plain shape; else false, and the reader stands there still. */
function readPlain(reader: ProtobufReader, plain: PlainSeriesReader): boolean {
  const valueAt = reader.position;
  const outerEnd = reader.enter();
  const isRead = plain.read(reader.position, reader.end);
  reader.leave(outerEnd);
  if (!isRead) reader.rewind(valueAt);
  return isRead;
}

/** A message that is called one version and is the other. */
export function otherVersion(called: string, actual: string): InputError {
  return new InputError(
    'VED_BODY_INVALID',
    `cannot read the write request as version ${called}: it has series of version ${actual}; name that in Content-Type`,
  );
}

export function tooManySeries(): InputError {
  return new InputError(
    'VED_BODY_INVALID',
    `cannot take the write request: it has more than ${SERIES_PER_REQUEST_MAX} series; send smaller requests`,
  );
}

class DialectV1 implements SeriesDialect {
  readonly histogramsField = 4;
  readonly exemplarsField = 3;
  readonly startMs = 0;
  readonly #keys: SeriesKeyWriter;
  readonly #text: LabelText;
  readonly #faults: WriteFaults;

  constructor(body: Uint8Array, faults: WriteFaults) {
    this.#keys = new SeriesKeyWriter(body, { sortsLabels: true });
    this.#text = new LabelText(body);
    this.#faults = faults;
  }

  get key(): Uint8Array {
    return this.#keys.key;
  }

  clear(): void {
    this.#keys.clear();
  }

  readField(reader: ProtobufReader): void {
    if (reader.field !== 1) {
      reader.skip();
      return;
    }
    const outerEnd = reader.enter();
    const text = this.#text;
    text.read(reader);
    reader.leave(outerEnd);
    this.#keys.add(text.nameStart, text.nameEnd, text.valueStart, text.valueEnd);
  }

  finish(): LabelFault | undefined {
    return this.#keys.finish();
  }

  describe(): string {
    return this.#keys.describe();
  }

  /** What is wrong with an exemplar is counted, and not told: upstream never fails a request of 1.0 for one. */
  readExemplar(reader: ProtobufReader): ExemplarFields | undefined {
    const labels: [string, string][] = [];
    let labelCount = 0;
    let value = 0;
    let timestampMs = 0;
    while (reader.next()) {
      if (reader.field === 1) {
        if (++labelCount > LABELS_PER_EXEMPLAR_MAX) reader.skip();
        else labels.push(this.#readLabel(reader));
      } else if (reader.field === 2) value = reader.double();
      else if (reader.field === 3) timestampMs = reader.int();
      else reader.skip();
    }
    if (labelCount <= LABELS_PER_EXEMPLAR_MAX) return { labels, value, timestampMs };
    this.#faults.count('exemplar-limit', 1);
    return undefined;
  }

  #readLabel(reader: ProtobufReader): [string, string] {
    const outerEnd = reader.enter();
    this.#text.read(reader);
    reader.leave(outerEnd);
    return [this.#text.name(), this.#text.value()];
  }
}

/** Where the last label that was read has its name and value. */
class LabelText {
  nameStart = 0;
  nameEnd = 0;
  valueStart = 0;
  valueEnd = 0;
  readonly #body: Uint8Array;

  constructor(body: Uint8Array) {
    this.#body = body;
  }

  read(reader: ProtobufReader): void {
    this.nameStart = this.nameEnd = this.valueStart = this.valueEnd = 0;
    while (reader.next()) {
      if (reader.field > 2) {
        reader.skip();
        continue;
      }
      const { start, end } = reader.range();
      if (reader.field === 1) {
        this.nameStart = start;
        this.nameEnd = end;
      } else {
        this.valueStart = start;
        this.valueEnd = end;
      }
    }
  }

  name(): string {
    return Buffer.from(this.#body.subarray(this.nameStart, this.nameEnd)).toString();
  }

  value(): string {
    return Buffer.from(this.#body.subarray(this.valueStart, this.valueEnd)).toString();
  }
}

function readMetadata(
  reader: ProtobufReader,
  body: Uint8Array,
  faults: WriteFaults,
): MetricMetadata | undefined {
  const outerEnd = reader.enter();
  const texts = { family: '', help: '', unit: '' };
  let type = 0;
  let isValid = true;
  while (reader.next()) {
    const name = TEXT_FIELDS[reader.field];
    if (name !== undefined) {
      const { start, end } = reader.range();
      if (end - start > METADATA_TEXT_BYTES_MAX) isValid = false;
      else texts[name] = Buffer.from(body.subarray(start, end)).toString();
    } else if (reader.field === 1) type = reader.uint();
    else reader.skip();
  }
  reader.leave(outerEnd);
  if (isValid && texts.family !== '') return { ...texts, type: metricTypeOf(type) };
  faults.count(isValid ? 'invalid-metadata' : 'metadata-limit', 1);
  return undefined;
}

/** By field number. */
const TEXT_FIELDS: Readonly<Record<number, 'family' | 'help' | 'unit' | undefined>> = {
  2: 'family',
  4: 'help',
  5: 'unit',
};
