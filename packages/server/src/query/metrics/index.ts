export { queryConfigSchema, type QueryConfig } from './config.ts';
export type { InstantRequest, PromQuery, QueryOptions, RangeRequest } from './port.ts';
export { QueryGate } from './query-gate.ts';
