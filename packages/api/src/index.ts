export * from './alerting.ts';
export * from './cardinality.ts';
export * from './live.ts';
export * from './summary.ts';
