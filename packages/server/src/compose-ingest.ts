/** Everything that brings samples in: this machine, this process, scrape targets. */
import * as os from 'node:os';
import type { Clock, Files, MetricsWriter } from '@vedette/model';
import type { MetricsRegistry } from '@vedette/sdk';
import { configDirectory } from './config/load.ts';
import type { StartSettings } from './config/start-settings.ts';
import { containerOptionsOf, createContainerCollector } from './ingest/containers/index.ts';
import { createHostCollector, hostOptionsOf } from './ingest/host/index.ts';
import {
  createEndpoints,
  createScrapeManager,
  type ActionSink,
  type IngestEndpoint,
  type ScrapeManager,
} from './ingest/index.ts';
import { createSelfCollector, type SelfCollector } from './ingest/self/index.ts';
import { TimeSlicer } from './lib/time-slicer.ts';
import { VEDETTE_VERSION } from './lib/version.ts';
import type { Part } from './lifecycle.ts';
import type { Log } from './telemetry/log.ts';

export interface IngestDeps {
  readonly clock: Clock;
  readonly files: Files;
  readonly log: Log;
  readonly registry: MetricsRegistry;
  /** For collectors. */
  readonly writer: MetricsWriter;
  /** For what other programs send. */
  readonly receiverWriter: MetricsWriter;
  /** What users do goes here; made when the first action comes. */
  readonly actions: () => Promise<ActionSink>;
}

export interface Ingest {
  readonly scrape: ScrapeManager;
  /** Of this process. */
  readonly self: Pick<SelfCollector, 'forget'>;
  /** Takes over the scrape configuration. */
  apply(settings: StartSettings): Promise<void>;
  /** Where other programs write to. */
  readonly endpoints: readonly IngestEndpoint[];
  /** In the order in which they start. */
  readonly parts: readonly Part[];
}

/** How often this process looks at itself: charts live within seconds. */
const SELF_INTERVAL_MS = 2000;

export function createIngest(deps: IngestDeps, settings: StartSettings): Ingest {
  const { clock, files, log, registry: metrics, writer } = deps;
  const { host: hostSettings, containers: containerSettings, server } = settings.config;
  const instance = os.hostname();
  const writing = { clock, writer, metrics };
  const self = createSelfCollector(
    { ...writing, log: log.child('self') },
    { intervalMs: SELF_INTERVAL_MS, instance },
  );
  const host = createHostCollector(
    { ...writing, log: log.child('host') },
    { ...hostOptionsOf(hostSettings), instance },
  );
  const containers = createContainerCollector(
    { ...writing, log: log.child('containers') },
    { ...containerOptionsOf(containerSettings), instance },
  );
  const scrape = createScrapeManager(
    { ...writing, files, log, slicer: new TimeSlicer(clock) },
    {
      directory: configDirectory(settings.configFile, process.cwd()),
      version: VEDETTE_VERSION,
      externalUrl: server.external_url,
    },
  );
  const parts: Part[] = [
    { name: 'self', start: () => self.start(), stop: () => self.stop() },
    { name: 'scrape', start: () => scrape.start(), stop: () => scrape.stop() },
  ];
  if (settings.isHostWatched)
    parts.push({ name: 'host', start: () => host.start(), stop: () => host.stop() });
  if (settings.areContainersWatched)
    parts.push({ name: 'containers', start: () => containers.start(), stop: () => containers.stop() });
  let { otlp } = settings.config;
  const apply = async ({ config }: StartSettings): Promise<void> => {
    await scrape.apply({ global: config.global, scrapeConfigs: config.scrape_configs });
    otlp = config.otlp;
  };
  const receiving = { ...writing, writer: deps.receiverWriter };
  const { actions } = deps;
  const slicer = new TimeSlicer(clock);
  const endpoints = createEndpoints({ ...receiving, log, slicer, otlp: () => otlp, actions });
  return { scrape, self, endpoints, parts, apply };
}
