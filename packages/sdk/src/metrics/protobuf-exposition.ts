/**
 * Families as Prometheus' protobuf exposition: messages `io.prometheus.client.MetricFamily`, each after its length.
 * The only format that carries native histograms; Prometheus asks for it with `--enable-feature=native-histograms`
 * (2.40 to 2.x) or `scrape_native_histograms` (3.x).
 *
 * A family's length stands before it, so its series are encoded first and kept until the last of them: about 60 bytes
 * for each series of a counter. Between blocks of series an empty piece comes out, at which the caller can let the
 * event loop run.
 */
import type { Exemplar, FamilyView, MetricType, NativeBuckets, NativeHistogramView } from './instruments.ts';
import { ProtobufWriter } from './protobuf-writer.ts';

export const PROTOBUF_CONTENT_TYPE =
  'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited';

// About 0.3 ms of work, as a piece of text.
const BLOCK_BYTES = 16 * 1024;
const NOTHING = new Uint8Array(0);

const TYPES: Readonly<Record<MetricType, number>> = {
  counter: 0,
  gauge: 1,
  summary: 2,
  unknown: 3,
  histogram: 4,
};

/** Bytes of the page, in order. An empty piece says nothing but that this is a good moment for others. */
export function* exposeProtobuf(families: readonly FamilyView[]): Generator<Uint8Array, void> {
  for (const family of families) {
    const writer = new ProtobufWriter();
    writer.string(1, family.name);
    writer.string(2, family.help);
    writer.uint(3, TYPES[family.type]);
    const blocks = [writer.finish()];
    for (const block of blocksOf(family)) {
      blocks.push(block);
      yield NOTHING;
    }
    writer.clear();
    writer.varint(blocks.reduce((sum, block) => sum + block.length, 0));
    yield writer.finish();
    yield* blocks;
  }
}

/** Field 4 of the family, for its series in order. */
function* blocksOf(family: FamilyView): Generator<Uint8Array<ArrayBuffer>, void> {
  const writer = new ProtobufWriter();
  const { seriesCount } = family;
  for (let series = 0; series < seriesCount; series++) {
    if (!family.isLive(series)) continue;
    writer.message(4, () => writeMetric(writer, family, series));
    if (writer.size < BLOCK_BYTES) continue;
    yield writer.finish();
    writer.clear();
  }
  if (writer.size > 0) yield writer.finish();
}

type Write = (writer: ProtobufWriter, family: FamilyView, series: number) => void;

/** The field of `Metric` that holds the values of a family of this type, and what writes it. */
const VALUES: Readonly<Record<MetricType, readonly [field: number, write: Write]>> = {
  gauge: [2, writeValue],
  counter: [3, writeValue],
  summary: [4, writeSummary],
  unknown: [5, writeValue],
  histogram: [7, writeHistogram],
};

function writeMetric(writer: ProtobufWriter, family: FamilyView, series: number): void {
  // The last sample has the labels of the series alone: it is a value, or a count.
  writeLabels(writer, family.identityOf(series, family.samplesPerSeries - 1).labels);
  const [field, write] = VALUES[family.type];
  writer.message(field, () => write(writer, family, series));
}

function writeValue(writer: ProtobufWriter, family: FamilyView, series: number): void {
  writer.double(1, family.valueOf(series, 0));
  writeExemplar(writer, 2, family.exemplarOf?.(series, 0));
}

function writeSummary(writer: ProtobufWriter, family: FamilyView, series: number): void {
  const quantileCount = family.samplesPerSeries - 2;
  writer.uint(1, family.valueOf(series, quantileCount + 1));
  writer.double(2, family.valueOf(series, quantileCount));
  for (let sample = 0; sample < quantileCount; sample++) {
    writer.message(3, () => {
      writer.double(1, Number(family.identityOf(series, sample).labels.at(-1)));
      writer.double(2, family.valueOf(series, sample));
    });
  }
}

function writeHistogram(writer: ProtobufWriter, family: FamilyView, series: number): void {
  const bucketCount = family.samplesPerSeries - 2;
  writer.uint(1, family.valueOf(series, bucketCount + 1));
  writer.double(2, family.valueOf(series, bucketCount));
  for (let sample = 0; sample < bucketCount; sample++) {
    const bound = family.identityOf(series, sample).labels.at(-1);
    writer.message(3, () => {
      writer.uint(1, family.valueOf(series, sample));
      writer.double(2, bound === '+Inf' ? Infinity : Number(bound));
      writeExemplar(writer, 3, family.exemplarOf?.(series, sample));
    });
  }
  const native = family.nativeOf?.(series);
  if (native !== undefined) writeNative(writer, native);
}

function writeNative(writer: ProtobufWriter, native: NativeHistogramView): void {
  writer.sint(5, native.schema);
  writer.double(6, native.zeroThreshold);
  writer.uint(7, native.zeroCount);
  writeBuckets(writer, 9, native.negative);
  // A span without buckets tells a native histogram that is empty from a classic one.
  const isEmpty = native.positive.spans.length === 0 && native.negative.spans.length === 0;
  writeBuckets(writer, 12, isEmpty ? NO_BUCKETS : native.positive);
}

const NO_BUCKETS: NativeBuckets = { spans: [{ offset: 0, length: 0 }], counts: new Float64Array(0) };

/** Spans in `field`, the counts as differences in the one after it. */
function writeBuckets(writer: ProtobufWriter, field: number, { spans, counts }: NativeBuckets): void {
  for (const { offset, length } of spans) {
    writer.message(field, () => {
      writer.sint(1, offset);
      writer.uint(2, length);
    });
  }
  if (counts.length === 0) return;
  writer.packedSints(
    field + 1,
    counts.map((count, i) => count - (counts[i - 1] ?? 0)),
  );
}

function writeExemplar(writer: ProtobufWriter, field: number, exemplar: Exemplar | undefined): void {
  if (exemplar === undefined) return;
  const { labels, value, timestampMs } = exemplar;
  const seconds = Math.floor(timestampMs / 1000);
  writer.message(field, () => {
    writeLabels(writer, labels);
    writer.double(2, value);
    writer.message(3, () => {
      writer.uint(1, seconds);
      writer.uint(2, Math.round((timestampMs - seconds * 1000) * 1e6));
    });
  });
}

/** Field 1: pairs of name and value. */
function writeLabels(writer: ProtobufWriter, labels: readonly string[]): void {
  for (let i = 0; i < labels.length; i += 2) {
    writer.message(1, () => {
      writer.string(1, labels[i] ?? '');
      writer.string(2, labels[i + 1] ?? '');
    });
  }
}
