/**
 * `node packages/server/src/respond/guard/guard-service.bench.ts`: 10,000 crossings at once, on a state file on this
 * machine's disk, with one follower of the feed. Prints until when all were told, and the longest turns of the event loop
 * in CPU time of the main thread: other programs do not show, collections of garbage do. Wants Linux, which counts it in
 * nanoseconds; `process.threadCpuUsage` has steps of 4 ms.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { createMetricsRegistry, type FeedMessage } from '@vedette/sdk';
import { SystemClock } from '../../lib/system-clock.ts';
import { SystemRandom } from '../../lib/system-random.ts';
import { TimeSlicer } from '../../lib/time-slicer.ts';
import { openStateStore } from '../../store/state/embedded.ts';
import { SILENT_LOG } from '../../telemetry/log.ts';
import { crossingOf, policyOf, settingsOf } from './guard-fixture.ts';
import { createGuardService } from './guard-service.ts';

const CROSSINGS = 10_000;
const ROUNDS = 5;

const directory = mkdtempSync(path.join(os.tmpdir(), 'vedette-bench-'));
const clock = new SystemClock();
const state = openStateStore({ clock, log: SILENT_LOG }, { path: path.join(directory, 'state.db') });
const guard = createGuardService(
  {
    clock,
    random: new SystemRandom(),
    log: SILENT_LOG,
    metrics: createMetricsRegistry(),
    state,
    slicer: new TimeSlicer(clock),
    activeSubjects: () => 1_000_000,
    isStateShared: false,
  },
  { settings: settingsOf(), policies: [policyOf()] },
);
await guard.start();
let toldCount = 0;
guard.feed.subscribe((message: FeedMessage) => {
  if (message.type === 'delta') toldCount += message.put.length;
});

function cpuMs(): number {
  return Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[0]) / 1e6;
}

const rounds: { toldAfterMs: number; above5: number; longestMs: number }[] = [];
for (let round = 1; round <= ROUNDS; round++) {
  const crossings = Array.from({ length: CROSSINGS }, (_, i) =>
    crossingOf(`round-${round}-user-${i}`, { atMs: clock.nowMs() }),
  );
  const blocks: number[] = [];
  const startMs = performance.now();
  let lastMs = cpuMs();
  guard.cross(crossings);
  while (toldCount < round * CROSSINGS) {
    await new Promise((resolve) => void setImmediate(resolve));
    const nowMs = cpuMs();
    blocks.push(nowMs - lastMs);
    lastMs = nowMs;
  }
  rounds.push({
    toldAfterMs: performance.now() - startMs,
    above5: blocks.filter((ms) => ms > 5).length,
    longestMs: blocks.reduce((most, ms) => Math.max(most, ms), 0),
  });
}
if (process.argv.includes('--json')) console.log(JSON.stringify(rounds));
else
  for (const { toldAfterMs, above5, longestMs } of rounds)
    console.log(
      `${CROSSINGS} crossings: told after ${toldAfterMs.toFixed(0)} ms, ${above5} turns above 5 ms, ` +
        `the longest ${longestMs.toFixed(1)} ms`,
    );
await guard.stop();
await state.close();
rmSync(directory, { recursive: true });
