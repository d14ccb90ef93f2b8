import { VirtualClock } from '@vedette/model';
import { openEmbeddedMetrics } from './embedded.ts';
import {
  CONTRACT_START_MS,
  describeMetricsReader,
  describeMetricsWriter,
  type MetricsHarness,
} from './port.contract.ts';

/** Yields at every question, so that whatever can come between two slices does. */
const eagerSlicer = {
  shouldYield: () => true,
  yield: () => new Promise<void>((resolve) => setImmediate(resolve)),
};

async function open(): Promise<MetricsHarness> {
  const clock = new VirtualClock({ startMs: CONTRACT_START_MS });
  const seriesMax = 1000;
  const store = await openEmbeddedMetrics(
    { clock, slicer: eagerSlicer },
    { retentionMs: 30 * 86_400_000, seriesMax },
  );
  return { writer: store.writer, reader: store.reader, clock, seriesMax, close: () => store.close() };
}

describeMetricsWriter('embedded', open);
describeMetricsReader('embedded', open);
