export type { ImportResult } from './block/block-import.ts';
export type { Cardinality, NamedCount } from './cardinality.ts';
export type { RetentionRule } from './retention-rules.ts';
export type { CardinalityQuery, SeriesCensus } from './series-census.ts';
export type { JobSeries } from './series-limits.ts';
export type { Turnover } from './series-turnover.ts';
export type { Reporter } from './report.ts';
export { openTsdb, type Tsdb, type TsdbDeps, type TsdbOptions, type TsdbStats } from './tsdb.ts';
