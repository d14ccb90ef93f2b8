import { DiskFiles } from '../packages/server/src/lib/disk-files.ts';
import { PROJECT_ROOT } from '../packages/server/src/lib/project-root.ts';
import { SystemClock } from '../packages/server/src/lib/system-clock.ts';
import { SystemRandom } from '../packages/server/src/lib/system-random.ts';
import { UiBuild } from '../packages/server/src/serve/web/ui-build.ts';
import { runViteBuild } from '../packages/server/src/serve/web/vite-build.ts';
import { SILENT_LOG } from '../packages/server/src/telemetry/log.ts';

/**
 * Builds the user interface if its sources changed, as a server does beside serving. What starts many servers does it
 * once beforehand: one that is killed before its build ends leaves it to the next one, which begins again.
 */
export async function buildUi(): Promise<void> {
  const deps = { clock: new SystemClock(), random: new SystemRandom(), files: new DiskFiles() };
  const ui = new UiBuild({ ...deps, log: SILENT_LOG, runBuild: runViteBuild }, PROJECT_ROOT);
  await ui.run();
  if (ui.state.kind === 'failed') console.error(`cannot build the user interface: ${ui.state.reason}`);
}
