export type * from './metrics/instruments.ts';
export { createMetricsRegistry } from './metrics/registry.ts';
