/**
 * Receives Prometheus remote write, versions 1.0 and 2.0, at the path where Prometheus itself does.
 *
 * 1. The headers say which message it is; anything but snappy-packed protobuf is answered with 415.
 * 2. The body is unpacked and read whole, in slices, before anything is stored: damage anywhere refuses all of it.
 * 3. All that is valid goes to the store as one batch, which a query sees as a whole or not at all.
 * 4. 204 when all was stored. 400 when something was not, with the first reasons; the rest is stored all the same,
 *    and repeating the request is pointless. 503 when nothing was stored and repeating it makes sense.
 *
 * Version 2.0 answers how much was stored, in headers. Of 1.0, upstream passes over series with invalid labels
 * without a word, and keeps nothing of a request with one sample that comes too late; here both are treated as
 * in 2.0, as the text of 1.0 asks.
 */
import {
  InputError,
  UnavailableError,
  type AppendResult,
  type Clock,
  type MetricsWriter,
  type Refusal,
  type RefusalReason,
  type Slicer,
} from '@vedette/model';
import type { MetricsRegistry } from '@vedette/sdk';
import { decompressSnappyInSlices, snappyContentLength } from '../../lib/snappy.ts';
import type { IngestAnswer, IngestEndpoint, IngestRequest } from '../endpoint.ts';
import { BODY_BYTES_MAX } from './limits.ts';
import { messageVersionOf, type MessageVersion } from './message-version.ts';
import { BufferPool, type RequestBuffers } from './request-buffers.ts';
import { createRemoteWriteMetrics, type RemoteWriteMetrics } from './remote-write-metrics.ts';
import { WriteBatch, type WriteCounts } from './write-batch.ts';
import type { WriteFaults } from './write-faults.ts';
import { readWriteRequestV1 } from './write-request-v1.ts';
import { readWriteRequestV2 } from './write-request-v2.ts';

export interface RemoteWriteDeps {
  readonly clock: Clock;
  readonly metrics: MetricsRegistry;
  readonly slicer: Slicer;
  readonly writer: MetricsWriter;
}

export function createRemoteWriteEndpoint(deps: RemoteWriteDeps): IngestEndpoint {
  const metrics = createRemoteWriteMetrics(deps.metrics);
  const receiver = { deps, metrics, budget: new ReadingBudget(), pool: new BufferPool() };
  return {
    name: 'remote-write',
    method: 'POST',
    path: '/api/v1/write',
    bodyBytesMax: BODY_BYTES_MAX,
    receive: (request) => receive(receiver, request),
  };
}

interface Receiver {
  readonly deps: RemoteWriteDeps;
  readonly metrics: RemoteWriteMetrics;
  readonly budget: ReadingBudget;
  readonly pool: BufferPool;
}

/** What requests hold while they are read and stored. */
class ReadingBudget {
  #bytes = 0;

  /** Runs `task` while `bytes` are counted; rejects with `UnavailableError` when they would be too many. */
  async run<T>(bytes: number, task: () => Promise<T>): Promise<T> {
    if (this.#bytes > 0 && this.#bytes + bytes > READING_BYTES_MAX)
      throw new UnavailableError(
        'VED_INGEST_BUSY',
        `cannot take the write request: requests of ${this.#bytes} bytes are being read, the limit is ${READING_BYTES_MAX}; send again later`,
      );
    this.#bytes += bytes;
    try {
      return await task();
    } finally {
      this.#bytes -= bytes;
    }
  }
}

// Four of the largest bodies, unpacked; batches made of them take as much again. Senders of Prometheus' size (2,000
// samples, 200 kB) may come six hundred at a time.
const READING_BYTES_MAX = 4 * BODY_BYTES_MAX;

async function receive(receiver: Receiver, request: IngestRequest): Promise<IngestAnswer> {
  const { metrics, budget, pool } = receiver;
  const version = messageVersionOf(request.headers);
  if (typeof version !== 'string') {
    metrics.requests.inc(1, 'none', 'refused');
    return version;
  }
  try {
    const contentBytes = snappyContentLength(request.body, BODY_BYTES_MAX);
    return await budget.run(contentBytes, () =>
      pool.run(contentBytes, (buffers) => receiveMessage(receiver, version, request.body, buffers)),
    );
  } catch (error) {
    if (error instanceof InputError) metrics.requests.inc(1, version, 'refused');
    if (error instanceof UnavailableError) metrics.requests.inc(1, version, 'busy');
    throw error;
  }
}

async function receiveMessage(
  { deps, metrics }: Receiver,
  version: MessageVersion,
  packed: Uint8Array,
  buffers: RequestBuffers,
): Promise<IngestAnswer> {
  const batch = await decode(deps, version, packed, buffers);
  const result = batch.isEmpty ? NOTHING_STORED : await deps.writer.append(batch.finish());
  const { faults } = batch;
  for (const refusal of result.refusals) noteRefusal(faults, version, refusal);
  for (const [reason, count] of faults.counts) metrics.refused.inc(count, reason);
  const written = writtenOf(batch.counts, result);
  metrics.samples.inc(written.samples);
  metrics.histograms.inc(written.histograms);
  metrics.exemplars.inc(written.exemplars);
  metrics.requests.inc(1, version, faults.toldCount === 0 ? 'stored' : 'partial');
  const headers = version === 'v2' ? writtenHeaders(written) : {};
  if (faults.toldCount === 0) return { status: 204, headers };
  return {
    status: 400,
    headers: { ...headers, 'content-type': 'text/plain; charset=utf-8' },
    body: faultsText(faults),
  };
}

const NOTHING_STORED: AppendResult = {
  acceptedCount: 0,
  acceptedHistogramCount: 0,
  acceptedExemplarCount: 0,
  createdSeriesCount: 0,
  refusals: [],
};

async function decode(
  { clock, slicer }: RemoteWriteDeps,
  version: MessageVersion,
  packed: Uint8Array,
  { content, builder }: RequestBuffers,
): Promise<WriteBatch> {
  const body = await decompressSnappyInSlices(packed, BODY_BYTES_MAX, { slicer, target: content });
  const batch = new WriteBatch({ builder, nowMs: clock.nowMs() });
  const read = version === 'v1' ? readWriteRequestV1 : readWriteRequestV2;
  await read(body, batch, slicer);
  return batch;
}

const REFUSALS: Readonly<Record<RefusalReason, string>> = {
  'out-of-order': 'out of order, older than the newest sample of their series',
  'duplicate-timestamp': 'duplicate sample for timestamp, with another value than the stored one',
  'too-old': 'out of bounds, older than what is still stored',
  'too-new': 'out of bounds, too far in the future',
  'series-limit': 'over a limit of active series',
  'labels-too-long': 'labels too long',
  'invalid-histogram': 'invalid native histogram',
  'unsupported-histogram': 'native histograms cannot be stored',
  'invalid-exemplar': 'exemplar out of order, or with labels that are too long',
  remote: 'refused by the store behind this server',
};

/** Exemplars that are refused fail no request of 1.0: senders repeat them, and upstream says nothing either. */
function noteRefusal(faults: WriteFaults, version: MessageVersion, refusal: Refusal): void {
  const { reason, count, example, detail } = refusal;
  if (version === 'v1' && reason === 'invalid-exemplar') faults.count(reason, count);
  else
    faults.tell(
      reason,
      count,
      () =>
        `cannot store ${count} of series such as ${example}: ${REFUSALS[reason]}${detail === undefined ? '' : `: ${detail}`}`,
    );
}

type Written = Omit<WriteCounts, 'metadata'>;

/**
 * Exact when the store refused nothing; else what it says it took, which may call a histogram's staleness marker a
 * sample. Of exemplars always what it says: a store may keep none, and refuse none.
 */
function writtenOf(counts: WriteCounts, result: AppendResult): Written {
  const exemplars = result.acceptedExemplarCount;
  if (result.refusals.length === 0)
    return { samples: counts.samples, histograms: counts.histograms, exemplars };
  return {
    samples: Math.min(counts.samples, result.acceptedCount - result.acceptedHistogramCount),
    histograms: result.acceptedHistogramCount,
    exemplars,
  };
}

function writtenHeaders({ samples, histograms, exemplars }: Written): Record<string, string> {
  return {
    'x-prometheus-remote-write-samples-written': String(samples),
    'x-prometheus-remote-write-histograms-written': String(histograms),
    'x-prometheus-remote-write-exemplars-written': String(exemplars),
  };
}

function faultsText({ texts, toldCount }: WriteFaults): string {
  const more =
    toldCount > texts.length
      ? [`and ${toldCount - texts.length} more; the rest of the request is stored`]
      : [];
  return `${[...texts, ...more].join('\n')}\n`;
}
