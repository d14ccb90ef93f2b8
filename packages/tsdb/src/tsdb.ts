import type { Clock, MetricsReader, MetricsWriter, Slicer } from '@vedette/model';
import { CommitQueue } from './commit-queue.ts';
import { Head } from './head/head.ts';
import { MetadataTable } from './metadata-table.ts';
import { TsdbReader } from './query/reader.ts';
import { Views } from './views.ts';

export interface TsdbDeps {
  readonly clock: Clock;
  readonly slicer: Slicer;
}

export interface TsdbOptions {
  /** Samples older than this are removed, and refused when they come. */
  readonly retentionMs: number;
  /** Active series that the head takes. */
  readonly seriesMax: number;
}

/** The embedded engine. Where `writer` and `reader` stand, the ports' contracts hold. */
export interface Tsdb {
  readonly writer: MetricsWriter;
  readonly reader: MetricsReader;
  stats(): TsdbStats;
  close(): Promise<void>;
}

export interface TsdbStats {
  readonly activeSeries: number;
  readonly headChunks: number;
  readonly headRange: { readonly minMs: number; readonly maxMs: number } | undefined;
  readonly headBytes: number;
  readonly samplesAppendedTotal: number;
}

export function openTsdb(deps: TsdbDeps, options: TsdbOptions): Promise<Tsdb> {
  const head = new Head();
  const views = new Views();
  const metadata = new MetadataTable();
  const { clock, slicer } = deps;
  const writer = new CommitQueue(
    {
      clock,
      slicer,
      head,
      views,
      metadata,
      journal: { append: () => Promise.resolve() },
      history: { newestMs: -Infinity, findLast: () => Promise.resolve(undefined) },
      assertWritable: () => undefined,
    },
    options,
  );
  const stored = { within: () => [], hiddenEpoch: undefined };
  const reader = new TsdbReader({ head, views, slicer, metadata, stored: () => stored });
  return Promise.resolve({
    writer,
    reader,
    stats: () => ({
      activeSeries: head.series.count,
      headChunks: head.chunkCount,
      headRange: head.range,
      headBytes: head.sizeBytes,
      samplesAppendedTotal: writer.acceptedTotal,
    }),
    close: () => writer.close(),
  });
}
