import {
  ExpectedError,
  InputError,
  UnavailableError,
  type AppendResult,
  type Clock,
  type MetricsWriter,
  type Slicer,
} from '@vedette/model';
import type { Counter, MetricsRegistry } from '@vedette/sdk';
import { decompressBody, type ContentEncoding } from '../decompress.ts';
import type { IngestAnswer, IngestEndpoint, IngestRequest } from '../endpoint.ts';
import type { OtlpConfig } from './config.ts';
import { DecodeScope, type Steps } from './decode-scope.ts';
import { DeltaAccumulator } from './delta-accumulator.ts';
import { decodeJson } from './json-decoder.ts';
import { OTLP_LIMITS } from './limits.ts';
import { exportAnswer, findEncoding, statusAnswer, type OtlpEncoding } from './otlp-answer.ts';
import { decodeProtobuf } from './protobuf-decoder.ts';
import { RefusedPoints } from './refused-points.ts';
import { RequestTranslation } from './request-translation.ts';
import { SeriesLabels } from './series-labels.ts';

export interface OtlpDeps {
  readonly clock: Clock;
  readonly metrics: MetricsRegistry;
  readonly slicer: Slicer;
  readonly writer: MetricsWriter;
  /** The section `otlp` of the configuration as it is now; another object after a change. */
  readonly otlp: () => OtlpConfig;
}

/** Prometheus' path, and OTLP's own. */
const PATHS = ['/api/v1/otlp/v1/metrics', '/v1/metrics'];

/** OTLP metrics over HTTP. Both paths are one receiver: they share the sums of deltas and the limits. */
export function createOtlpEndpoints(deps: OtlpDeps): readonly IngestEndpoint[] {
  const receiver = new OtlpReceiver(deps);
  return PATHS.map((path) => ({
    name: 'otlp',
    method: 'POST',
    path,
    bodyBytesMax: OTLP_LIMITS.bodyBytesMax,
    receive: (request) => receiver.receive(request),
  }));
}

/** A full disk or queue does not empty faster; requests in work end within a second. */
const RETRY_AFTER_SECONDS = { full: 5, busy: 1 };

const CONTENT_ENCODINGS: ReadonlySet<string> = new Set<ContentEncoding>([
  'identity',
  'gzip',
  'deflate',
  'zstd',
]);

/**
 * Takes ExportMetricsServiceRequests, by the rules of OTLP over HTTP.
 *
 * 1. 415 for a type or a compression that is not understood.
 * 2. Decompress within the limit, decode and translate in slices: 400 or 413 when the body is no request, with
 *    nothing of it kept; 429 when as much is in work as memory allows.
 * 3. Append `target_info`, then the points, each as one batch: 503 when the store cannot take them now.
 * 4. 200; with `partialSuccess` when points were refused, by us or by the store. The rest is kept, and the sender
 *    must not send again.
 */
class OtlpReceiver {
  readonly #deps: OtlpDeps;
  readonly #deltas: DeltaAccumulator;
  readonly #received: Counter;
  readonly #refused: Counter;
  readonly #requests: Counter;
  #labels: { readonly config: OtlpConfig; readonly labels: SeriesLabels } | undefined;
  #inFlightBytes = 0;

  constructor(deps: OtlpDeps) {
    const { metrics } = deps;
    this.#deps = deps;
    this.#deltas = new DeltaAccumulator(metrics);
    this.#requests = metrics.counter({
      name: 'vedette_otlp_requests_total',
      help: 'Requests with OTLP metrics, by the status of the answer.',
      labelNames: ['code'],
    });
    this.#received = metrics.counter({
      name: 'vedette_otlp_points_total',
      help: 'Data points that were received by OTLP and kept.',
    });
    this.#refused = metrics.counter({
      name: 'vedette_otlp_points_refused_total',
      help: 'Data points that were received by OTLP and refused.',
      labelNames: ['reason'],
    });
  }

  async receive(request: IngestRequest): Promise<IngestAnswer> {
    const answer = await this.#answer(request);
    this.#requests.inc(1, String(answer.status));
    return answer;
  }

  async #answer(request: IngestRequest): Promise<IngestAnswer> {
    const encoding = findEncoding(request.headers['content-type']);
    if (encoding === undefined)
      return plainAnswer(
        `cannot take the body: Content-Type is "${request.headers['content-type'] ?? ''}", want application/x-protobuf or application/json`,
      );
    const compression = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
    if (!isContentEncoding(compression))
      return plainAnswer(
        `cannot take the body: Content-Encoding is "${compression}", want ${[...CONTENT_ENCODINGS].join(', ')}`,
      );
    try {
      const body = await decompressBody(request.body, compression, OTLP_LIMITS.bodyBytesMax);
      return await this.#withinMemory(encoding, body);
    } catch (error) {
      return refusalOf(encoding, error);
    }
  }

  async #withinMemory(encoding: OtlpEncoding, body: Uint8Array): Promise<IngestAnswer> {
    if (this.#inFlightBytes + body.length > OTLP_LIMITS.inFlightBytesMax)
      return statusAnswer(encoding, 429, {
        message: `cannot take the body now: requests of ${this.#inFlightBytes} bytes are in work, limit is ${OTLP_LIMITS.inFlightBytesMax}`,
        retryAfterSeconds: RETRY_AFTER_SECONDS.busy,
      });
    this.#inFlightBytes += body.length;
    try {
      return await this.#take(encoding, body);
    } finally {
      this.#inFlightBytes -= body.length;
    }
  }

  async #take(encoding: OtlpEncoding, body: Uint8Array): Promise<IngestAnswer> {
    const refused = new RefusedPoints();
    const translation = await this.#translate(encoding, body, refused);
    const { samples, infos } = translation.finish();
    if (infos !== undefined) await this.#deps.writer.append(infos);
    const result = samples && (await this.#deps.writer.append(samples));
    if (result !== undefined) countRefusals(result, translation.pointCount, refused);
    const keptCount = translation.pointCount - (refused.counts.get('store') ?? 0);
    this.#received.inc(keptCount);
    for (const [reason, count] of refused.counts) this.#refused.inc(count, reason);
    return exportAnswer(encoding, { rejectedCount: refused.total, message: refused.message() });
  }

  /** Decodes the whole body before the first delta is added: a body that turns out broken leaves no trace. */
  async #translate(
    encoding: OtlpEncoding,
    body: Uint8Array,
    refused: RefusedPoints,
  ): Promise<RequestTranslation> {
    const scope = new DecodeScope(refused);
    const resources = [];
    for (const resource of (encoding === 'json' ? decodeJson : decodeProtobuf)(body, scope)) {
      if (resource !== undefined) resources.push(resource);
      if (this.#deps.slicer.shouldYield()) await this.#deps.slicer.yield();
    }
    const config = this.#deps.otlp();
    const nowMs = this.#deps.clock.monotonicMs();
    this.#deltas.expire(nowMs);
    const labels = this.#labelsOf(config);
    const translation = new RequestTranslation({ config, labels, deltas: this.#deltas, refused, nowMs });
    for (const resource of resources) await this.#run(translation.add(resource));
    return translation;
  }

  async #run(steps: Steps): Promise<void> {
    for (const _ of steps) if (this.#deps.slicer.shouldYield()) await this.#deps.slicer.yield();
  }

  #labelsOf(config: OtlpConfig): SeriesLabels {
    if (this.#labels?.config !== config) this.#labels = { config, labels: new SeriesLabels(config) };
    return this.#labels.labels;
  }
}

/**
 * The store counts samples, the answer data points. A refused number is one point; of histograms, whose points are
 * many samples, no more points are counted than there were.
 */
function countRefusals({ refusals }: AppendResult, pointCount: number, refused: RefusedPoints): void {
  // Exemplars are an extra: a point without its own is kept all the same.
  const ofSamples = refusals.filter(({ reason }) => reason !== 'invalid-exemplar');
  const sampleCount = ofSamples.reduce((sum, { count }) => sum + count, 0);
  const texts = ofSamples.map(
    ({ reason, count, example, detail }) =>
      `${count} samples ${reason}, such as ${example}${detail === undefined ? '' : `: ${detail}`}`,
  );
  refused.add('store', Math.min(sampleCount, pointCount), texts.join(', '));
}

function isContentEncoding(text: string): text is ContentEncoding {
  return CONTENT_ENCODINGS.has(text);
}

function plainAnswer(message: string): IngestAnswer {
  return { status: 415, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: `${message}\n` };
}

function refusalOf(encoding: OtlpEncoding, error: unknown): IngestAnswer {
  if (!(error instanceof ExpectedError)) throw error;
  const { message } = error;
  if (error.code === 'VED_BODY_TOO_LARGE') return statusAnswer(encoding, 413, { message });
  if (error instanceof InputError) return statusAnswer(encoding, 400, { message });
  if (error instanceof UnavailableError)
    return statusAnswer(encoding, 503, { message, retryAfterSeconds: RETRY_AFTER_SECONDS.full });
  throw error;
}
