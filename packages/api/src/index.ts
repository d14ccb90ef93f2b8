export * from './accounts.ts';
export * from './alerting.ts';
export * from './cardinality.ts';
export * from './dashboards.ts';
export * from './guard.ts';
export * from './live.ts';
export * from './privacy.ts';
export * from './summary.ts';
