/**
 * Brings one batch of rows to the remote, however often it must be tried: encode, compress, send, wait, again.
 *
 * 1. The wait begins at `min_backoff`, doubles up to `max_backoff`, and is shortened by chance by up to half, so
 *    that the shards, and the senders of several machines, do not come back together. Retry-After is waited for whole.
 * 2. There is no last try: what is too old to be worth it goes by `sample_age_limit`, what is too much by the bounds
 *    of the queue.
 * 3. A remote that does not speak version 2 gets version 1 from then on, this batch first.
 */
import type { Clock, Random, Slicer } from '@vedette/model';
import { compressSnappy } from '../../../lib/snappy.ts';
import type { RemoteWriteConfig, WriteMessage } from './config.ts';
import { encodeRequestV1, encodeRequestV2 } from './encode-request.ts';
import type { MetadataBook } from './metadata-book.ts';
import { isCustomHistogram, emptyRow, SampleRows, type SampleRow } from './sample-rows.ts';
import type { WriteClient, WriteOutcome, WrittenCounts } from './write-client.ts';

export interface BatchSenderDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly slicer: Slicer;
  readonly client: Pick<WriteClient, 'post'>;
  readonly metadata: MetadataBook;
}

/** What the owner counts and tells. */
export interface BatchEvents {
  /** These will never be sent, for `reason`. */
  onDrop(row: SampleRow, reason: DropReason): void;
  /** One more request with `rows` is made since the one before failed. */
  onRetry(rows: SampleRows, reason: string): void;
  /** A request was answered. */
  onAnswer(seconds: number, bytes: number): void;
  /** From now on version 1 is spoken. */
  onFallback(): void;
}

/** Reasons of `samples_dropped_total`; the words of Prometheus where it has them. */
export type DropReason =
  | 'dropped_series'
  | 'queue_full'
  | 'too_old'
  | 'nhcb_in_rw1_not_supported'
  | 'shutdown';

export type BatchOutcome =
  | { readonly kind: 'written'; readonly rows: SampleRows; readonly written: WrittenCounts | undefined }
  | {
      readonly kind: 'refused';
      readonly rows: SampleRows;
      readonly status: number;
      readonly reason: string;
      readonly written: WrittenCounts | undefined;
    };

export class BatchSender {
  readonly #deps: BatchSenderDeps;
  readonly #config: RemoteWriteConfig;
  readonly #events: BatchEvents;
  #message: WriteMessage;

  constructor(deps: BatchSenderDeps, options: { config: RemoteWriteConfig; events: BatchEvents }) {
    this.#deps = deps;
    this.#config = options.config;
    this.#events = options.events;
    this.#message = options.config.protobuf_message;
  }

  /** The version spoken now. */
  get message(): WriteMessage {
    return this.#message;
  }

  /**
   * Resolves when the remote took or refused the rows; rejects only with the reason of `signal`. Rows that are
   * dropped on the way are taken out of `batch`.
   */
  async send(batch: { rows: SampleRows }, signal: AbortSignal): Promise<BatchOutcome> {
    const { queue_config: queue } = this.#config;
    let backoffMs = queue.min_backoff;
    for (;;) {
      const message = this.#message;
      const rows = this.#withoutUnsendable(batch.rows);
      batch.rows = rows;
      if (rows.length === 0) return { kind: 'written', rows, written: undefined };
      const outcome = await this.#attempt(rows, message, signal);
      if (outcome.kind === 'written' || outcome.kind === 'refused') return { ...outcome, rows };
      if (outcome.kind === 'unsupported') {
        this.#fallBack(message);
        continue;
      }
      this.#events.onRetry(rows, outcome.reason);
      await this.#wait(outcome.retryAfterMs, backoffMs, signal);
      backoffMs = Math.min(backoffMs * 2, queue.max_backoff);
    }
  }

  /** Sends metadata by itself, as version 1 does; tried again like samples. False when the remote refused it. */
  async sendMetadata(body: Uint8Array, signal: AbortSignal): Promise<boolean> {
    let backoffMs = this.#config.queue_config.min_backoff;
    const compressed = compressSnappy(body);
    for (;;) {
      const outcome = await this.#deps.client.post(compressed, 'prometheus.WriteRequest', signal);
      if (outcome.kind !== 'retry') return outcome.kind === 'written';
      await this.#wait(outcome.retryAfterMs, backoffMs, signal);
      backoffMs = Math.min(backoffMs * 2, this.#config.queue_config.max_backoff);
    }
  }

  async #attempt(rows: SampleRows, message: WriteMessage, signal: AbortSignal): Promise<WriteOutcome> {
    const { clock, slicer, client, metadata } = this.#deps;
    const content =
      message === 'prometheus.WriteRequest'
        ? await encodeRequestV1(rows, slicer)
        : await encodeRequestV2(rows, slicer, (series) =>
            this.#config.metadata_config.send ? metadata.find(series) : undefined,
          );
    const body = compressSnappy(content);
    const startMs = clock.monotonicMs();
    const outcome = await client.post(body, message, signal);
    if (outcome.kind !== 'retry') this.#events.onAnswer((clock.monotonicMs() - startMs) / 1000, body.length);
    return outcome;
  }

  #fallBack(spoken: WriteMessage): void {
    // Another shard may have learned it meanwhile.
    if (this.#message !== spoken) return;
    this.#message = 'prometheus.WriteRequest';
    this.#events.onFallback();
  }

  async #wait(retryAfterMs: number, backoffMs: number, signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#deps;
    const delayMs = retryAfterMs > 0 ? retryAfterMs : backoffMs * (1 - random.float() / 2);
    await clock.sleep(delayMs, signal);
  }

  /** Drops what the version cannot carry, and what became too old while it waited. */
  #withoutUnsendable(rows: SampleRows): SampleRows {
    const { sample_age_limit: ageMaxMs } = this.#config.queue_config;
    const oldestMs = ageMaxMs === 0 ? -Infinity : this.#deps.clock.nowMs() - ageMaxMs;
    const isVersion1 = this.#message === 'prometheus.WriteRequest';
    const row = emptyRow();
    const reasonOf = (): DropReason | undefined => {
      if (row.timestampMs < oldestMs) return 'too_old';
      return isVersion1 && isCustomHistogram(row) ? 'nhcb_in_rw1_not_supported' : undefined;
    };
    let isClean = true;
    for (let i = 0; i < rows.length && isClean; i++) isClean = rows.read(i, row) && reasonOf() === undefined;
    if (isClean) return rows;
    const kept = new SampleRows();
    for (let i = 0; rows.read(i, row); i++) {
      const reason = reasonOf();
      if (reason === undefined) kept.push(row);
      else this.#events.onDrop(row, reason);
    }
    return kept;
  }
}
