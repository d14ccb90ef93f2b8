export * from './live.ts';
export * from './summary.ts';
