/**
 * What of an imported file is shown as in Grafana, panel by panel: an import that leaves something out
 * says so. `full`: everything; `partial`: drawn, with what `remarks` name missing; `none`: a notice stands in its place.
 */
export interface CoverageReport {
  /** Rows aside. */
  readonly panels: readonly PanelCoverage[];
  /** About variables, annotations, links and the file as a whole. */
  readonly remarks: readonly CoverageRemark[];
}

export interface PanelCoverage {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  /** Title of the row it stands in; empty: none. */
  readonly row: string;
  readonly verdict: 'full' | 'partial' | 'none';
  readonly remarks: readonly CoverageRemark[];
}

/** A finding: what it is about (`expr of A`, `options.legend.sortBy`, `variable "pod"`) and what it means. */
export interface CoverageRemark {
  readonly code: CoverageCode;
  readonly what: string;
  readonly detail: string;
}

export type CoverageCode =
  | 'panel-type'
  | 'option'
  | 'transformation'
  | 'override'
  | 'query-language'
  | 'query-syntax'
  | 'variable'
  | 'annotation'
  | 'link'
  | 'migrated';
