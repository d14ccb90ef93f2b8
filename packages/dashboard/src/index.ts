export type * from './coverage.ts';
export * from './dashboard.ts';
export type * from './frame.ts';
