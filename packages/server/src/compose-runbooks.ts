/** The library of runbooks: read when somebody asks, or at the start where folders of their own are configured. */
import type { Files } from '@vedette/model';
import { configDirectory } from './config/load.ts';
import type { StartSettings } from './config/start-settings.ts';
import { PROJECT_ROOT } from './lib/project-root.ts';
import type { RunbookLibrary } from './respond/index.ts';
import type { LoadedRunbooks, RunbookFolders } from './respond/runbook/index.ts';

export interface RunbookHouse {
  /** Always the same one; what it knows is as of the last load. */
  use(): Promise<RunbookLibrary>;
  /** Reads again, if they are in use or folders are configured. Never rejects. */
  apply(next: StartSettings): Promise<void>;
  /** Files that were left out, and why. */
  problems(): readonly string[];
}

/** Reads nothing yet, but where folders are configured: their faults must be known at the start. */
export async function openRunbooks(
  deps: { readonly files: Files },
  settings: StartSettings,
): Promise<RunbookHouse> {
  let folders = foldersOf(settings);
  let loaded: LoadedRunbooks = { runbooks: [], problems: [] };
  let library: Promise<RunbookLibrary> | undefined;
  let loading: Promise<void> | undefined;
  const load = async (): Promise<void> => {
    const wanted = folders;
    const { loadRunbooks } = await import('./respond/runbook/index.ts');
    const found = await loadRunbooks(deps, wanted);
    // A later `apply` has its own. Whoever holds the library has the ones from before until then.
    if (wanted === folders) loaded = found;
  };
  const create = async (): Promise<RunbookLibrary> =>
    (await import('./respond/runbook/index.ts')).createRunbookLibrary(() => loaded);
  if (folders.patterns.length > 0) await (loading = load());
  return {
    use: async () => {
      // A reload meanwhile begins another one, and what this one found is not taken.
      let latest: Promise<void>;
      do {
        latest = loading ??= load();
        await latest;
      } while (latest !== loading);
      return await (library ??= create());
    },
    apply: async (next) => {
      folders = foldersOf(next);
      if (loading !== undefined || folders.patterns.length > 0) await (loading = load());
    },
    problems: () => loaded.problems,
  };
}

function foldersOf({ config, configFile }: StartSettings): RunbookFolders {
  return {
    shippedDirectory: `${PROJECT_ROOT}/runbooks`,
    patterns: config.agent.runbooks,
    directory: configDirectory(configFile, process.cwd()),
  };
}
