import type { Clock, Slicer } from '@vedette/model';
import { openTsdb, type TsdbOptions } from '@vedette/tsdb';
import type { MetricsReader, MetricsStore, MetricsWriter } from './port.ts';

export interface EmbeddedMetricsDeps {
  readonly clock: Clock;
  readonly slicer: Slicer;
}

/** The embedded engine as a metrics store. */
export interface EmbeddedMetrics extends MetricsStore {
  readonly writer: MetricsWriter;
  readonly reader: MetricsReader;
}

export async function openEmbeddedMetrics(
  deps: EmbeddedMetricsDeps,
  options: TsdbOptions,
): Promise<EmbeddedMetrics> {
  const engine = await openTsdb(deps, options);
  return {
    writer: engine.writer,
    reader: engine.reader,
    stats: () => ({ ...engine.stats(), walBytes: 0, blocks: 0, diskBytes: 0 }),
    close: () => engine.close(),
  };
}
