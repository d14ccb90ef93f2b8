export type { ActionSink } from './actions/action-sink.ts';
export type { IngestAnswer, IngestEndpoint, IngestRequest } from './endpoint.ts';
export { createEndpoints, type EndpointDeps } from './endpoints.ts';
export {
  createScrapeManager,
  type ActiveTarget,
  type DroppedTarget,
  type ScrapeDeps,
  type ScrapeManager,
  type ScrapeOptions,
  type ScrapeSettings,
  type TargetPools,
} from './scrape/scrape-manager.ts';
export { discoveriesOf } from './scrape/discovery/create-discovery.ts';
export { TargetSources } from './scrape/discovery/target-sources.ts';
