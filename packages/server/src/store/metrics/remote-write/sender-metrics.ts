import type { Counter, Histogram, MetricsRegistry } from '@vedette/sdk';
import { EXEMPLAR, HISTOGRAM } from './row-kind.ts';

/** What senders count, all of them in the same families, told apart by `remote_name`. */
export interface SenderMetrics {
  readonly samples: KindCounters;
  readonly histograms: KindCounters;
  readonly exemplars: KindCounters;
  readonly metadata: Counter;
  readonly metadataFailed: Counter;
  readonly bytes: Counter;
  readonly batchSeconds: Histogram;
  /** Reads the figures of a sender whenever metrics are collected, until the returned function is called. */
  watch(remoteName: string, read: () => QueueFigures): () => void;
}

export interface KindCounters {
  readonly sent: Counter;
  readonly failed: Counter;
  readonly retried: Counter;
  /** By `remote_name` and `reason`. */
  readonly dropped: Counter;
}

/** How a sender stands now. */
export interface QueueFigures {
  /** Rows that wait or are under way. */
  readonly pendingSamples: number;
  readonly pendingBytes: number;
  readonly shards: number;
  readonly desiredShards: number;
  /** The newest timestamps, in milliseconds; 0 when there was none. */
  readonly highestQueuedMs: number;
  readonly highestSentMs: number;
}

const BY_REMOTE = ['remote_name'];

/** Once per registry: every sender gets the same object. */
export function createSenderMetrics(registry: MetricsRegistry): SenderMetrics {
  const counter = (name: string, help: string, labelNames = BY_REMOTE): Counter =>
    registry.counter({ name: `vedette_remote_storage_${name}_total`, help, labelNames });
  const kind = (name: string, words: string): KindCounters => ({
    sent: counter(name, `${words} that the remote acknowledged.`),
    failed: counter(`${name}_failed`, `${words} that the remote refused for good.`),
    retried: counter(`${name}_retried`, `${words} in requests that had to be repeated, once per repetition.`),
    dropped: counter(`${name}_dropped`, `${words} that were not sent, by reason.`, ['remote_name', 'reason']),
  });
  return {
    samples: kind('samples', 'Samples'),
    histograms: kind('histograms', 'Native histograms'),
    exemplars: kind('exemplars', 'Exemplars'),
    metadata: counter('metadata', 'Metric families whose metadata the remote acknowledged.'),
    metadataFailed: counter('metadata_failed', 'Metric families whose metadata the remote refused for good.'),
    bytes: counter('bytes', 'Bytes of answered requests, compressed.'),
    batchSeconds: registry.histogram({
      name: 'vedette_remote_storage_batch_duration_seconds',
      help: 'Time until a request was answered.',
      labelNames: BY_REMOTE,
      // Loopback to the default timeout of 30 s.
      buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    }),
    watch: watcherOf(registry),
  };
}

/** The counters for a row of this kind. */
export function countersOf(metrics: SenderMetrics, kind: number): KindCounters {
  if (kind === HISTOGRAM) return metrics.histograms;
  return kind === EXEMPLAR ? metrics.exemplars : metrics.samples;
}

const GAUGES: readonly (readonly [name: string, help: string, read: (figures: QueueFigures) => number])[] = [
  [
    'samples_pending',
    'Samples, histograms and exemplars that wait or are under way.',
    (figures) => figures.pendingSamples,
  ],
  ['pending_bytes', 'Memory of what waits or is under way, estimated.', (figures) => figures.pendingBytes],
  ['shards', 'Requests that may run at one time now.', (figures) => figures.shards],
  [
    'shards_desired',
    'Requests at one time that the samples coming in would take.',
    (figures) => figures.desiredShards,
  ],
  [
    'highest_timestamp_in_seconds',
    'Newest timestamp that was queued.',
    (figures) => figures.highestQueuedMs / 1000,
  ],
  [
    'queue_highest_sent_timestamp_seconds',
    'Newest timestamp that the remote acknowledged.',
    (figures) => figures.highestSentMs / 1000,
  ],
];

const NO_FIGURES: QueueFigures = {
  pendingSamples: 0,
  pendingBytes: 0,
  shards: 0,
  desiredShards: 0,
  highestQueuedMs: 0,
  highestSentMs: 0,
};

function watcherOf(registry: MetricsRegistry): SenderMetrics['watch'] {
  const gauges = GAUGES.map(([name, help, read]) => {
    const gauge = registry.gauge({ name: `vedette_remote_storage_${name}`, help, labelNames: BY_REMOTE });
    return (figures: QueueFigures, remoteName: string) => gauge.set(read(figures), remoteName);
  });
  const watched = new Map<string, () => QueueFigures>();
  registry.onCollect(() => {
    for (const [remoteName, read] of watched) {
      const figures = read();
      for (const set of gauges) set(figures, remoteName);
    }
  });
  return (remoteName, read) => {
    watched.set(remoteName, read);
    return () => {
      // A successor of the same name may have taken over.
      if (watched.get(remoteName) !== read) return;
      watched.delete(remoteName);
      for (const set of gauges) set(NO_FIGURES, remoteName);
    };
  };
}
