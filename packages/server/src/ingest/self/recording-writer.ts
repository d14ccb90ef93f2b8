/** For tests: a writer that keeps what it gets, as people read it. */
import { formatLabels, labelsOfSeriesKey, UnavailableError } from '@vedette/model';
import type { AppendResult, MetricMetadata, MetricsWriter, Refusal, SampleBatch } from '@vedette/model';

export class RecordingWriter implements MetricsWriter {
  /** One entry per batch taken: `series` → value, `stale` for a staleness marker. */
  readonly batches: Map<string, number | 'stale'>[] = [];
  readonly timestampsMs: number[] = [];
  readonly metadata: MetricMetadata[] = [];
  refusals: readonly Refusal[] = [];
  isFull = false;

  append(batch: SampleBatch): Promise<AppendResult> {
    if (this.isFull)
      return Promise.reject(new UnavailableError('VED_STORAGE_FULL', 'cannot append: disk is full'));
    const values = new Map<string, number | 'stale'>();
    for (let i = 0; i < batch.seriesCount; i++) {
      const key = batch.keys.subarray(i === 0 ? 0 : batch.keyEnds[i - 1], batch.keyEnds[i]);
      const sample = (batch.sampleEnds[i] ?? 0) - 1;
      values.set(
        formatLabels(labelsOfSeriesKey(key)),
        batch.staleFlags[sample] === 1 ? 'stale' : (batch.values[sample] ?? Number.NaN),
      );
    }
    this.batches.push(values);
    this.timestampsMs.push(batch.timestampsMs[0] ?? Number.NaN);
    this.metadata.push(...(batch.metadata ?? []));
    return Promise.resolve({
      acceptedCount: values.size,
      acceptedHistogramCount: 0,
      acceptedExemplarCount: 0,
      createdSeriesCount: 0,
      refusals: this.refusals,
    });
  }
}
