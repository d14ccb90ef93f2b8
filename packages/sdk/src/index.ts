export type * from './metrics/instruments.ts';
export {
  EXPOSITION_CONTENT_TYPES,
  exposeMetrics,
  expositionFormatOf,
  type ExpositionFormat,
} from './metrics/exposition.ts';
export { createMetricsRegistry } from './metrics/registry.ts';
