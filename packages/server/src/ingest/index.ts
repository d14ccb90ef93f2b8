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
