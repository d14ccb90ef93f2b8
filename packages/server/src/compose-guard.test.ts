import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryFiles, SeededRandom, UnavailableError, VirtualClock } from '@vedette/model';
import { createMetricsRegistry } from '@vedette/sdk';
import { createGuardHouse, type GuardDeps } from './compose-guard.ts';
import { loadStartSettings } from './config/start-settings.ts';
import { SystemRandom } from './lib/system-random.ts';
import { SILENT_LOG } from './telemetry/log.ts';

test('a guard that cannot be opened says so to everybody who asks, and is not tried again', async () => {
  const settings = await loadStartSettings({ data: '/nowhere/at/all' }, { env: {}, workingDirectory: '/' });
  const deps: GuardDeps = {
    clock: new VirtualClock({ startMs: 1000 }),
    random: new SystemRandom(),
    files: new MemoryFiles(new SeededRandom(1)),
    log: SILENT_LOG,
    registry: createMetricsRegistry(),
    query: {} as GuardDeps['query'],
    stores: {} as GuardDeps['stores'],
    processMetrics: {} as GuardDeps['processMetrics'],
  };
  const guard = createGuardHouse(deps, settings);
  await guard.part.start?.();
  assert.deepEqual(guard.problems(), []);
  for (let i = 0; i < 2; i++)
    await assert.rejects(guard.use(), (error) => {
      assert.ok(error instanceof UnavailableError);
      assert.match(error.message, /cannot open the guard: .*nowhere.*restart the server/s);
      return true;
    });
  assert.equal(guard.problems().length, 1);
  await guard.part.stop?.();
});
