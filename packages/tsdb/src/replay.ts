import type { Files, Slicer } from '@vedette/model';
import { corrupt } from './chunk/varint.ts';
import type { ExemplarBuffer } from './exemplar/exemplar-buffer.ts';
import { BatchTally } from './head/batch-tally.ts';
import { type BatchScope, type Head } from './head/head.ts';
import type { Reporter } from './report.ts';
import type { Views } from './views.ts';
import { readRecord, type ReplayColumns } from './wal/wal-record.ts';
import { replayWal } from './wal/wal-replay.ts';

/**
 * Brings the head to where it was from log segment `first` on. Batches are applied by the same code as when
 * they came, with the times that were writable then: the same samples are taken and refused. The limit of series
 * is not asked again: what was acknowledged is taken whatever the configuration says now.
 */
export async function replayIntoHead(
  deps: {
    files: Files;
    slicer: Slicer;
    report: Reporter;
    head: Head;
    views: Views;
    exemplars: ExemplarBuffer;
  },
  directory: string,
  first: number,
): Promise<void> {
  const { head, views, exemplars } = deps;
  const columns: ReplayColumns = {
    timestampsMs: new Float64Array(1024),
    values: new Float64Array(1024),
    staleFlags: new Uint8Array(1024),
    histograms: undefined,
    hasZeros: false,
  };
  const seriesOf = new Map<number, number>();
  let lastSegment = first;
  const seriesFor = (reference: number): number => {
    const series = seriesOf.get(reference);
    if (series === undefined) throw corrupt(`a log record writes to series ${reference}, which none defined`);
    return series;
  };
  let scope: BatchScope = { seq: 0, minMs: 0, maxMs: 0, lateMinMs: Infinity, tally: new BatchTally() };
  await replayWal(deps, { directory, first }, async (payload, segment) => {
    // Behind a gap comes what a later process wrote, with definitions of its own; or a segment is missing, and
    // what a reference meant in those before says nothing.
    if (segment > lastSegment + 1) seriesOf.clear();
    lastSegment = segment;
    const seq = await views.beginBatch();
    readRecord(payload, columns, {
      window: (window) => {
        scope = { seq, ...window, tally: new BatchTally() };
      },
      define: (reference, key, last) => {
        const view = new DataView(key.buffer, key.byteOffset, key.byteLength);
        const known = head.series.find(view, 0, key.length);
        const series = known < 0 ? head.create(key) : known;
        seriesOf.set(reference, series);
        if (last !== undefined) head.restoreLast(series, last);
      },
      newestHistogram: (reference, last) => head.restoreLast(seriesFor(reference), last),
      samples: (reference, source, count) => {
        head.append(seriesFor(reference), source, 0, count, scope);
      },
      exemplar: (key, exemplar) => {
        // Each stands in the log again after a flush: the repeated ones are refused.
        exemplars.add(key, exemplar);
      },
    });
    views.commitBatch();
    exemplars.commit();
  });
}
