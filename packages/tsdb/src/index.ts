export type { ImportResult } from './block/block-import.ts';
export type { Cardinality, NamedCount } from './cardinality.ts';
export { examineStore, type ExaminedFile, type FileFault } from './examine.ts';
export { repairStore } from './repair.ts';
export type { Reporter } from './report.ts';
export { openTsdb, type Tsdb, type TsdbDeps, type TsdbOptions, type TsdbStats } from './tsdb.ts';
