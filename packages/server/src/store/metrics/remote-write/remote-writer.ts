/**
 * Sends samples to a server that takes Prometheus' remote write, version 1 or 2. It is used twice: to send on what
 * our own store took (`forward`), and as the store itself (`append`), with another server's disk behind it.
 *
 * 1. Rows get the labels they leave with (external labels, relabelling) and wait in a queue of lanes by series.
 * 2. As many shards as the load asks for take rows: as soon as a request is full, or `batch_send_deadline` after the
 *    first row. A series is never in two requests at one time.
 * 3. A request is repeated until the remote answers; what it refuses for good is counted, its words are logged once.
 * 4. When the queue is full, `forward` drops the oldest rows and counts them, so that a remote that is slow or
 *    away never slows ingestion; `append` rejects, since there the queue is all there is.
 * 5. Metadata goes with the series in version 2, by itself now and then in version 1.
 *
 * What waits is in memory alone: a restart loses it (Prometheus reads its log again). The stop tries to bring it away.
 *
 * As the store itself it keeps the promise that one bad sample does not cost its neighbours: receivers of version 1
 * refuse a request as a whole, so it is sent again in halves until the bad ones are alone.
 */
import {
  UnavailableError,
  type AppendResult,
  type Clock,
  type Files,
  type Labels,
  type MetricsWriter,
  type Random,
  type SampleBatch,
  type Slicer,
  type Timer,
} from '@vedette/model';
import type { Log } from '../../../telemetry/log.ts';
import { AppendTicket } from './append-ticket.ts';
import { BatchSender } from './batch-sender.ts';
import { remoteNameOf, SHARDS_MAX, type RemoteWriteConfig } from './config.ts';
import { encodeMetadataV1 } from './encode-request.ts';
import { FaultLog } from './fault-log.ts';
import { MetadataBook } from './metadata-book.ts';
import { OutgoingSeriesBook } from './outgoing-series.ts';
import { SettlementDesk } from './settlement-desk.ts';
import type { QueueFigures, SenderMetrics } from './sender-metrics.ts';
import { RowIntake } from './row-intake.ts';
import { SendQueue, type RowBatch } from './send-queue.ts';
import { SHARD_INTERVAL_MS, ShardCount } from './shard-count.ts';
import { WriteClient } from './write-client.ts';

export interface RemoteWriterDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly files: Files;
  readonly log: Log;
  /** Shared by all senders of a registry. */
  readonly metrics: SenderMetrics;
  readonly slicer: Slicer;
}

export interface RemoteWriterOptions {
  /** Added to every series that has no such label. */
  readonly externalLabels: Labels;
  /** Value of the header `User-Agent`. */
  readonly userAgent: string;
  /** File names of the configuration are relative to it. */
  readonly directory: string;
}

/**
 * As a `MetricsWriter`: `append` resolves when the remote acknowledged (or refused for good) every row, at once
 * when the rules for what leaves drop all. It does not wait for `batch_send_deadline`. The remote decides what
 * readers see when: a batch is a unit of visibility only as far as it fits into one request. How many series were
 * created is not known and told as 0. Rejects with `UnavailableError`: VED_STORAGE_FULL when the queue is full,
 * VED_STORAGE_FAILED when the sender stops before there was an answer.
 */
export interface RemoteWriter extends MetricsWriter {
  /**
   * Queues the batch to be sent and resolves when its rows are copied: it waits for processor time, never for
   * the remote. Never rejects. `wasRefused` says that the store did not take all of the batch: then only samples newer
   * than the newest that was queued of their series are sent, since the others are those it refused.
   */
  forward(batch: SampleBatch, options: { wasRefused: boolean }): Promise<void>;
  /** Begins to send. */
  start(): void;
  /** Sends what waits, for at most `FLUSH_MS_MAX`; the rest is dropped and counted. Twice is safe. */
  stop(): Promise<void>;
  stats(): RemoteWriteStats;
}

export interface RemoteWriteStats extends QueueFigures {
  readonly name: string;
  /** What is wrong with the remote now, in its words; `undefined` when the last request succeeded. */
  readonly problem: string | undefined;
}

// 500,000 samples are Prometheus' own capacity by default; four times that is what a gigabyte machine can hold beside the rest.
const QUEUE_ROWS_MAX = 2_000_000;

// 64 MiB: 1.3 million floats of 49 bytes; 1,000 series at 15 s for five hours.
const QUEUE_BYTES_MAX = 64 * 1024 * 1024;

// A part may use 5 s to stop; one second remains for the last answers.
const FLUSH_MS_MAX = 4000;

export function createRemoteWriter(
  deps: RemoteWriterDeps,
  config: RemoteWriteConfig,
  options: RemoteWriterOptions,
): RemoteWriter {
  return new QueuedRemoteWriter(deps, config, options);
}

class QueuedRemoteWriter implements RemoteWriter {
  readonly #deps: RemoteWriterDeps;
  readonly #config: RemoteWriteConfig;
  readonly #name: string;
  readonly #queue: SendQueue;
  readonly #intake: RowIntake;
  readonly #metadata = new MetadataBook();
  readonly #shards: ShardCount;
  readonly #busyShards = new Set<number>();
  readonly #client: WriteClient;
  readonly #sender: BatchSender;
  readonly #desk: SettlementDesk;
  readonly #faults: FaultLog;
  readonly #requests = new Set<Promise<void>>();
  readonly #unwatch: () => void;
  /** Aborted when the flush deadline of the stop is over. */
  readonly #given = new AbortController();
  #state: 'created' | 'running' | 'stopping' | 'stopped' = 'created';
  #deadlineTimer: Timer | undefined;
  #metadataTimer: Timer | undefined;
  #shardTimer: Timer | undefined;
  #metadataTask: Promise<void> = Promise.resolve();
  #stopping: Promise<void> | undefined;
  #onIdle: (() => void) | undefined;

  constructor(deps: RemoteWriterDeps, config: RemoteWriteConfig, options: RemoteWriterOptions) {
    this.#deps = deps;
    this.#config = config;
    this.#name = remoteNameOf(config);
    const { capacity, min_shards, max_samples_per_send, ...queue } = config.queue_config;
    const laneCount = Math.min(queue.max_shards, SHARDS_MAX);
    const rowsMax = Math.min(Math.max(capacity, max_samples_per_send) * laneCount, QUEUE_ROWS_MAX);
    this.#queue = new SendQueue({ laneCount, rowsMax, bytesMax: QUEUE_BYTES_MAX });
    this.#shards = new ShardCount({ min: Math.min(min_shards, laneCount), max: laneCount });
    this.#faults = new FaultLog(deps, this.#name);
    this.#desk = new SettlementDesk({ ...deps, faults: this.#faults }, this.#name);
    this.#intake = new RowIntake(
      { slicer: deps.slicer, queue: this.#queue, metadata: this.#metadata, desk: this.#desk },
      {
        config,
        book: new OutgoingSeriesBook({
          externalLabels: options.externalLabels,
          rules: config.write_relabel_configs,
          laneCount,
        }),
      },
    );
    this.#client = new WriteClient(deps, { config, ...options });
    this.#sender = new BatchSender(
      { ...deps, client: this.#client, metadata: this.#metadata },
      {
        config,
        events: {
          onDrop: (row, reason) => this.#desk.drop(row, reason),
          onRetry: (rows, reason) => {
            this.#desk.retry(rows, reason);
          },
          onAnswer: (seconds, bytes) => {
            deps.metrics.batchSeconds.observe(seconds, this.#name);
            deps.metrics.bytes.inc(bytes, this.#name);
          },
          onFallback: () => this.#faults.tellFallback(),
        },
      },
    );
    this.#unwatch = deps.metrics.watch(this.#name, () => this.stats());
  }

  async forward(batch: SampleBatch, { wasRefused }: { wasRefused: boolean }): Promise<void> {
    if (this.#isOver()) return;
    const count = await this.#intake.take(batch, { onlyNewer: wasRefused });
    if (!this.#queue.hasRoomFor(0, 0)) {
      this.#faults.tellFull();
      this.#queue.makeRoom((row) => this.#desk.drop(row, 'queue_full'));
    }
    this.#onIncome(count);
  }

  async append(batch: SampleBatch): Promise<AppendResult> {
    if (this.#isOver()) throw stopped(this.#name);
    this.#assertRoom(batch);
    const ticket = new AppendTicket();
    this.#onIncome(await this.#intake.take(batch, { ticket }));
    return await ticket.result;
  }

  start(): void {
    if (this.#state !== 'created') return;
    this.#state = 'running';
    const { clock } = this.#deps;
    const { metadata_config: metadata, queue_config: queue } = this.#config;
    const everyInterval = (): void => {
      this.#shards.update(this.#queue.rowCount);
      this.#shardTimer = clock.setTimer(SHARD_INTERVAL_MS, everyInterval);
      this.#pump();
    };
    this.#shardTimer = clock.setTimer(SHARD_INTERVAL_MS, everyInterval);
    if (metadata.send) this.#planMetadata(Math.min(queue.batch_send_deadline, metadata.send_interval));
    this.#onIncome(0);
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stopNow();
    return this.#stopping;
  }

  stats(): RemoteWriteStats {
    return {
      name: this.#name,
      pendingSamples: this.#queue.rowCount,
      pendingBytes: this.#queue.bytes,
      shards: this.#shards.current,
      desiredShards: this.#shards.desired,
      highestQueuedMs: this.#intake.highestMs,
      highestSentMs: this.#desk.highestSentMs,
      problem: this.#faults.problem,
    };
  }

  #isOver(): boolean {
    return this.#state === 'stopping' || this.#state === 'stopped';
  }

  /** A batch larger than the whole queue passes when nothing else waits. */
  #assertRoom(batch: SampleBatch): void {
    const { rows, bytes } = this.#intake.needOf(batch);
    const { rowCount, bounds } = this.#queue;
    if (rowCount === 0 || this.#queue.hasRoomFor(rows, bytes)) return;
    throw new UnavailableError(
      'VED_STORAGE_FULL',
      `cannot queue ${rows} samples for remote "${this.#name}": ${rowCount} wait already, the limit is ${bounds.rowsMax} samples and ${bounds.bytesMax} bytes (queue_config.capacity times max_shards); try again when the remote has taken them`,
    );
  }

  #onIncome(count: number): void {
    this.#shards.countIncome(count);
    if (this.#state !== 'running' || this.#queue.rowCount === 0) return;
    this.#deadlineTimer ??= this.#deps.clock.setTimer(this.#config.queue_config.batch_send_deadline, () => {
      this.#deadlineTimer = undefined;
      this.#queue.markDue();
      this.#pump();
      this.#onIncome(0);
    });
    this.#pump();
  }

  /** Gives every idle shard its next request. */
  #pump(): void {
    if (this.#state === 'created' || this.#state === 'stopped') return;
    const count = this.#shards.current;
    for (let index = 0; index < count; index++) {
      if (this.#busyShards.has(index)) continue;
      const batch = this.#queue.take({ index, count }, this.#config.queue_config.max_samples_per_send);
      if (batch === undefined) continue;
      this.#busyShards.add(index);
      void this.#run(index, batch);
    }
    if (this.#queue.rowCount === 0) this.#onIdle?.();
  }

  async #run(shard: number, batch: RowBatch): Promise<void> {
    const startMs = this.#deps.clock.monotonicMs();
    const { length } = batch.rows;
    const task = this.#desk.settle(batch.rows, this.#sender, this.#given.signal);
    this.#requests.add(task);
    try {
      await task;
      this.#shards.countSent(length, this.#deps.clock.monotonicMs() - startMs);
    } catch (error) {
      this.#onRequestFailure(error);
    } finally {
      this.#requests.delete(task);
      this.#queue.release(batch, length);
      this.#busyShards.delete(shard);
    }
    this.#pump();
  }

  /** Either the flush deadline ended it, which the desk has counted, or it is a mistake of ours. */
  #onRequestFailure(error: unknown): void {
    if (this.#given.signal.aborted) return;
    this.#deps.log.error('a request of remote write failed inside', { remote: this.#name, error });
  }

  #planMetadata(delayMs: number): void {
    const { send_interval } = this.#config.metadata_config;
    this.#metadataTimer = this.#deps.clock.setTimer(delayMs, () => {
      this.#metadataTask = this.#sendMetadata()
        .catch((error: unknown) => this.#onRequestFailure(error))
        .then(() => {
          if (this.#state === 'running') this.#planMetadata(send_interval);
        });
    });
  }

  async #sendMetadata(): Promise<void> {
    if (this.#sender.message !== 'prometheus.WriteRequest') return;
    const { metadata, metadataFailed } = this.#deps.metrics;
    const families = this.#metadata.all();
    const { max_samples_per_send: countMax } = this.#config.metadata_config;
    for (let from = 0; from < families.length; from += countMax) {
      const some = families.slice(from, from + countMax);
      const isTaken = await this.#sender.sendMetadata(encodeMetadataV1(some), this.#given.signal);
      (isTaken ? metadata : metadataFailed).inc(some.length, this.#name);
    }
  }

  async #stopNow(): Promise<void> {
    this.#state = 'stopping';
    for (const timer of [this.#deadlineTimer, this.#metadataTimer, this.#shardTimer]) timer?.cancel();
    await this.#intake.idle();
    const settled = Promise.withResolvers<void>();
    const deadline = this.#deps.clock.setTimer(FLUSH_MS_MAX, settled.resolve);
    this.#onIdle = settled.resolve;
    this.#queue.markDue();
    this.#pump();
    await settled.promise;
    deadline.cancel();
    this.#state = 'stopped';
    const lostCount = this.#queue.rowCount;
    if (lostCount > 0)
      this.#deps.log.warn('remote write stops before everything was sent', { remote: this.#name, lostCount });
    this.#given.abort(stopped(this.#name));
    this.#queue.clear((row) => this.#desk.drop(row, 'shutdown'));
    await Promise.allSettled([...this.#requests, this.#metadataTask]);
    this.#client.close();
    this.#unwatch();
  }
}

function stopped(name: string): UnavailableError {
  return new UnavailableError(
    'VED_STORAGE_FAILED',
    `cannot write to remote "${name}": the sender is stopped`,
  );
}
