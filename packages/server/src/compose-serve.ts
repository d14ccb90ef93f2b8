/** The HTTP surface with everything it shows, and the build of the UI. */
import * as os from 'node:os';
import * as path from 'node:path';
import type { Clock, Files, Random } from '@vedette/model';
import type { MetricsRegistry } from '@vedette/sdk';
import type { Ingest } from './compose-ingest.ts';
import type { Stores } from './compose-storage.ts';
import { parseSelector } from './compose-promql.ts';
import type { StartSettings } from './config/start-settings.ts';
import { VEDETTE_VERSION } from './lib/version.ts';
import type { Part } from './lifecycle.ts';
import type { PromQuery } from './query/metrics/port.ts';
import {
  createHttpServer,
  runViteBuild,
  UiBuild,
  type RunningHttpServer,
  type ServerView,
} from './serve/index.ts';
import type { Log } from './telemetry/log.ts';
import type { ProcessMetrics } from './telemetry/process-metrics.ts';

export interface ServingDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly files: Files;
  readonly log: Log;
  readonly registry: MetricsRegistry;
  readonly query: PromQuery;
  readonly stores: Stores;
  readonly ingest: Ingest;
  readonly processMetrics: ProcessMetrics;
  readonly reload: () => Promise<void>;
}

export interface Serving {
  readonly part: Part;
  /** Known once the part has started. */
  address(): string;
}

/** The project's folder: the UI's sources, content packs and `node_modules` are below it. */
export const PROJECT_ROOT = path.resolve(import.meta.dirname, '../../..');

export function createServing(deps: ServingDeps, settings: StartSettings): Serving {
  const { files, log, ingest, stores } = deps;
  const ui = new UiBuild({ files, log: log.child('ui'), runBuild: runViteBuild }, PROJECT_ROOT);
  const http = createHttpServer(
    {
      ...deps,
      log: log.child('http'),
      parseSelector,
      rules: { groups: () => [] },
      targets: ingest.scrape,
      storage: {
        stats: () => stores.meter.stats(),
        cardinality: () => ({
          labelPairCount: 0,
          seriesByMetric: [],
          valuesByLabel: [],
          bytesByLabel: [],
          seriesByLabelPair: [],
        }),
      },
      notifications: { recent: () => Promise.resolve([]) },
      runbooks: { find: () => Promise.resolve(undefined) },
      server: serverViewOf(deps, settings),
      uiState: () => ui.state,
      isReady: () => true,
    },
    settings.config.server,
  );
  let running: RunningHttpServer | undefined;
  const part: Part = {
    name: 'http',
    start: async () => {
      running = await http.listen();
      // The server answers at once; the UI follows when its build has ended.
      void ui.run();
    },
    stop: async () => {
      ui.close();
      await running?.close();
    },
  };
  return { part, address: () => running?.address ?? '' };
}

function serverViewOf(deps: ServingDeps, settings: StartSettings): ServerView {
  const startedAtMs = deps.clock.nowMs();
  return {
    version: VEDETTE_VERSION,
    hostname: os.hostname(),
    startedAtMs,
    workingDirectory: process.cwd(),
    retention: '30d',
    config: () => settings.configText,
    flags: () => ({ 'config.file': settings.configFile ?? '', 'storage.path': settings.dataDirectory }),
    lastReload: () => ({ isSuccess: true, atMs: startedAtMs }),
    process: () => deps.processMetrics.latest(),
  };
}
