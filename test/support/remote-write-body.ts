import { ProtobufWriter } from '../../packages/server/src/lib/protobuf-writer.ts';
import { compressSnappy } from '../../packages/server/src/lib/snappy.ts';

/** A series as it is written: a value of `stale` is a staleness marker. */
export interface WrittenSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly samples: readonly (readonly [timestampMs: number, value: number | 'stale'])[];
  readonly exemplars?: readonly WrittenExemplar[];
}

export interface WrittenExemplar {
  readonly labels: Readonly<Record<string, string>>;
  readonly timestampMs: number;
  readonly value: number;
}

/** The bytes of a staleness marker, least significant first: no JavaScript number keeps them. */
const STALE_MARKER = Uint8Array.from([2, 0, 0, 0, 0, 0, 0xf0, 0x7f]);

/** A packed request of remote write 1.0. */
export function remoteWriteBody(list: readonly WrittenSeries[]): Uint8Array<ArrayBuffer> {
  const request = new ProtobufWriter();
  for (const { labels, samples, exemplars = [] } of list) {
    const series = new ProtobufWriter();
    writeLabels(series, labels);
    for (const [timestampMs, value] of samples) {
      const sample = new ProtobufWriter();
      sample.double(1, value === 'stale' ? 0 : value);
      sample.int(2, timestampMs);
      series.bytes(2, value === 'stale' ? withMarker(sample.finish()) : sample.finish());
    }
    for (const { labels: exemplarLabels, timestampMs, value } of exemplars) {
      const exemplar = new ProtobufWriter();
      writeLabels(exemplar, exemplarLabels);
      exemplar.double(2, value);
      exemplar.int(3, timestampMs);
      series.message(3, exemplar);
    }
    request.message(1, series);
  }
  return compressSnappy(request.finish());
}

function writeLabels(message: ProtobufWriter, labels: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const label = new ProtobufWriter();
    label.string(1, name);
    label.string(2, value);
    message.message(1, label);
  }
}

/** The value of a sample stands behind its one tag byte. */
function withMarker(sample: Uint8Array): Uint8Array {
  sample.set(STALE_MARKER, 1);
  return sample;
}

/** What a sender of remote write 1.0 sends. */
export const REMOTE_WRITE_HEADERS = {
  'content-type': 'application/x-protobuf',
  'content-encoding': 'snappy',
  'x-prometheus-remote-write-version': '0.1.0',
} as const;

/** Writes to a server; throws unless it takes all. */
export async function remoteWrite(url: string, list: readonly WrittenSeries[]): Promise<void> {
  const init = { method: 'POST', headers: REMOTE_WRITE_HEADERS, body: remoteWriteBody(list) };
  const response = await fetch(`${url}/api/v1/write`, init);
  const text = await response.text();
  if (!response.ok) throw new Error(`cannot write to ${url}: ${response.status} ${text}`);
}
