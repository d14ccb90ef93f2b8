/**
 * Loaded into the measured server by `--import`: measures the delay of its event loop with a timer of
 * 1 ms, from outside its own code. The first SIGUSR2 begins the measurement, the second writes
 * `{ p999Ms, maxMs }` to the file named in LOOP_PROBE_FILE.
 */
import { writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 1;
const file = process.env['LOOP_PROBE_FILE'];
const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
let isMeasuring = false;

process.on('SIGUSR2', () => {
  if (!isMeasuring) histogram.enable();
  else if (file !== undefined)
    writeFileSync(
      file,
      JSON.stringify({ p999Ms: delayOf(histogram.percentile(99.9)), maxMs: delayOf(histogram.max) }),
    );
  isMeasuring = true;
});

function delayOf(nanoseconds: number): number {
  return Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
}
