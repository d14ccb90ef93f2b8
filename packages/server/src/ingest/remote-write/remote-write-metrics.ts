import type { Counter, MetricsRegistry } from '@vedette/sdk';

/** What the receiver counts about itself. */
export interface RemoteWriteMetrics {
  /** By `version` (v1, v2, none) and `outcome`: stored, partial, refused, busy. */
  readonly requests: Counter;
  readonly samples: Counter;
  readonly histograms: Counter;
  readonly exemplars: Counter;
  /** By `reason`: the decoder's or the store's. */
  readonly refused: Counter;
}

export function createRemoteWriteMetrics(registry: MetricsRegistry): RemoteWriteMetrics {
  return {
    requests: registry.counter({
      name: 'vedette_remote_write_requests_total',
      help: 'Write requests received, by version of the message and outcome.',
      labelNames: ['version', 'outcome'],
    }),
    samples: registry.counter({
      name: 'vedette_remote_write_samples_total',
      help: 'Samples stored by write requests, native histograms not counted.',
    }),
    histograms: registry.counter({
      name: 'vedette_remote_write_histograms_total',
      help: 'Native histograms stored by write requests.',
    }),
    exemplars: registry.counter({
      name: 'vedette_remote_write_exemplars_total',
      help: 'Exemplars stored by write requests.',
    }),
    refused: registry.counter({
      name: 'vedette_remote_write_refused_total',
      help: 'Samples, exemplars and metadata entries of write requests that were not stored.',
      labelNames: ['reason'],
    }),
  };
}
