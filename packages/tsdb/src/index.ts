export { openTsdb, type Tsdb, type TsdbDeps, type TsdbOptions, type TsdbStats } from './tsdb.ts';
