export { queryConfigSchema, type QueryConfig } from './config.ts';
export type { InstantRequest, PromQuery, QueryOptions, RangeRequest } from './port.ts';
export { QueryGate } from './query-gate.ts';
export { askedBy, formatSource, RULES_SOURCE, type QuerySource } from './query-source.ts';
export { SlowQueryLog, SLOW_QUERIES_MAX, type SlowQuery } from './slow-query-log.ts';
