import {
  labelsOfSeriesKey,
  type Labels,
  type MemoryMetrics,
  type MetricsWriter,
  type SampleBatch,
} from '@vedette/model';

/** Appends into plain arrays: what a rule records, the next one reads. Takes everything. */
export function createMemoryWriter(samples: MemoryMetrics): MetricsWriter {
  return {
    append: (batch) => {
      for (let i = 0; i < batch.seriesCount; i++) {
        const labels = labelsOfSeriesKey(batch.keys.subarray(batch.keyEnds[i - 1] ?? 0, batch.keyEnds[i]));
        for (let at = batch.sampleEnds[i - 1] ?? 0; at < (batch.sampleEnds[i] ?? 0); at++)
          addSample(samples, labels, batch, at);
      }
      return Promise.resolve({
        acceptedCount: batch.timestampsMs.length,
        acceptedHistogramCount: batch.histograms?.size ?? 0,
        acceptedExemplarCount: 0,
        createdSeriesCount: 0,
        refusals: [],
      });
    },
  };
}

function addSample(samples: MemoryMetrics, labels: Labels, batch: SampleBatch, at: number): void {
  const timestampMs = batch.timestampsMs[at] ?? 0;
  const histogram = batch.histograms?.get(at);
  if (batch.staleFlags[at] === 1) samples.addStaleMarker(labels, timestampMs);
  else if (histogram !== undefined) samples.addHistogram(labels, timestampMs, histogram);
  else samples.add(labels, timestampMs, batch.values[at] ?? 0);
}
