import type { FileSyncs } from './file-syncs.ts';

/** For tests in virtual time, which cannot wait for a real disk. */
export const INSTANT_SYNCS: FileSyncs = { sync: () => Promise.resolve(), close: () => Promise.resolve() };
