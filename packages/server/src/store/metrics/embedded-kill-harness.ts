import { createMetricsRegistry } from '@vedette/sdk';
import { DiskFiles } from '../../lib/disk-files.ts';
import { SystemClock } from '../../lib/system-clock.ts';
import { SystemRandom } from '../../lib/system-random.ts';
import { TimeSlicer } from '../../lib/time-slicer.ts';
import { SILENT_LOG } from '../../telemetry/log.ts';
import { openEmbeddedMetrics, type EmbeddedMetrics } from './embedded.ts';

/**
 * A store on the real disk for `embedded-kill.test.ts` and the process that it kills. Flushes early, so that
 * kills hit those, too.
 */
export async function openForKill(directory: string): Promise<EmbeddedMetrics> {
  const clock = new SystemClock();
  return await openEmbeddedMetrics(
    {
      files: new DiskFiles(),
      clock,
      random: new SystemRandom(),
      slicer: new TimeSlicer(clock),
      log: SILENT_LOG,
      metrics: createMetricsRegistry(),
    },
    {
      directory,
      retentionMs: 100 * 365 * 86_400_000,
      seriesMax: 1000,
      headBytesMax: 2000,
      cacheBytesMax: 2 ** 20,
      exemplarsMax: 1000,
      outOfOrderWindowMs: 3_600_000,
    },
  );
}
