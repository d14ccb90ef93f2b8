/** The optional language model: nothing of it is loaded before the first report that it is to tell of. */
import type { Clock, Files, Random } from '@vedette/model';
import type { MetricsRegistry } from '@vedette/sdk';
import { configDirectory } from './config/load.ts';
import type { StartSettings } from './config/start-settings.ts';
import { secretsWithin } from './lib/secret.ts';
import type { AnalysisNarrator, ReadOnlyTool } from './respond/index.ts';
import type { NarratorRecord } from './respond/agent/narrator/narrator.ts';
import type { Log } from './telemetry/log.ts';

export interface NarratorHouseDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly files: Files;
  readonly log: Log;
  readonly registry: MetricsRegistry;
  /** As they stand now. */
  readonly settings: () => Pick<StartSettings, 'config' | 'configFile'>;
  /** What serves, which is made later than the agent. */
  readonly serving: () => NarratorDoor;
}

/** What the model is given of the house. */
export interface NarratorDoor {
  readOnlyTools(): Promise<readonly ReadOnlyTool[]>;
  record(entry: NarratorRecord & { readonly actor: string; readonly address: string }): Promise<void>;
}

/** Without the key `agent.model` it has nothing to say. */
export function createNarrator(deps: NarratorHouseDeps): AnalysisNarrator {
  const modelOf = () => deps.settings().config.agent.model;
  let opening: Promise<AnalysisNarrator> | undefined;
  const open = async (): Promise<AnalysisNarrator> => {
    const { ModelNarrator } = await import('./respond/agent/narrator/narrator.ts');
    const log = deps.log.child('narrator');
    return new ModelNarrator(
      {
        ...deps,
        log,
        fetch: globalThis.fetch,
        tools: () => deps.serving().readOnlyTools(),
        audit: (record) => {
          deps
            .serving()
            .record({ actor: 'agent', address: '', ...record })
            .catch((error: unknown) => log.error('cannot write the audit log', { error }));
        },
        secrets: () => secretsWithin(deps.settings().config),
      },
      { config: modelOf, directory: configDirectory(deps.settings().configFile, process.cwd()) },
    );
  };
  return {
    narrate: async (report, signal) => {
      if (modelOf() === undefined) return undefined;
      opening ??= open();
      return await (await opening).narrate(report, signal);
    },
  };
}
