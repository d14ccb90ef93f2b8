/**
 * A dashboard as our pages read it: Grafana's JSON after all older forms were brought to one. What is
 * stored, exported and edited is the JSON itself (`ClassicDashboard`), so that nothing of it is lost;
 * this is the view on it that panels, variables and the coverage report share.
 */
export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly tags: readonly string[];
  /** `browser`, `utc`, or an IANA name. */
  readonly timezone: string;
  /** As Grafana writes them: `now-6h`, `now`, or milliseconds. */
  readonly time: { readonly from: string; readonly to: string };
  /** How often it asks again; 0: never by itself. */
  readonly refreshMs: number;
  readonly cursor: 'off' | 'crosshair' | 'tooltip';
  /** In the order of the file, which is the order on the page. */
  readonly variables: readonly Variable[];
  /** In the order of reading: rows before what stands in them. A collapsed row holds its panels. */
  readonly panels: readonly Panel[];
  readonly annotations: readonly AnnotationQuery[];
  readonly links: readonly DashboardLink[];
}

/** Grafana's JSON with `schemaVersion` 43, panels in `panels`: what is stored. Unknown keys are kept. */
export type ClassicDashboard = Readonly<Record<string, unknown>>;

/** The kinds of panel that are drawn, the frequent first: people choose from them in this order. */
export const PANEL_KINDS = [
  'timeseries',
  'stat',
  'gauge',
  'bargauge',
  'table',
  'heatmap',
  'state-timeline',
  'barchart',
  'piechart',
  'histogram',
  'text',
  'row',
] as const;
export type PanelKind = (typeof PANEL_KINDS)[number];

export interface Panel {
  /** Unique within the dashboard, from 1. */
  readonly id: number;
  /** `unsupported`: shown as a notice that names `type`. */
  readonly kind: PanelKind | 'unsupported';
  /** Grafana's name of the type, after migration. */
  readonly type: string;
  readonly title: string;
  readonly description: string;
  readonly isTransparent: boolean;
  readonly grid: GridPosition;
  readonly queries: readonly PanelQuery[];
  readonly transformations: readonly Transformation[];
  readonly field: FieldOptions;
  /** Grafana's `options` of this type, as they stand. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly links: readonly DashboardLink[];
  /** The panel is drawn once per value of this variable. */
  readonly repeat?: {
    readonly variable: string;
    readonly direction: 'h' | 'v';
    readonly maxPerRow: number;
  };
  /** Least distance of two points (`interval`, `30s` or `$name`); empty: none. */
  readonly intervalMin: string;
  readonly maxDataPoints?: number;
  /** Overrides of the range: `now-1h` forms without `now-`, as `1h`. */
  readonly timeFrom?: string;
  readonly timeShift?: string;
  /** Of a row alone. */
  readonly row?: { readonly isCollapsed: boolean; readonly panels: readonly Panel[] };
}

/** 24 columns; a unit of height is 30 px and 8 px of gap. */
export interface GridPosition {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

export interface PanelQuery {
  /** `A`, `B`… */
  readonly refId: string;
  /** PromQL, not interpolated; empty when the query is for another kind of source. */
  readonly expr: string;
  /** `{{label}} text`, `__auto`, or empty. */
  readonly legend: string;
  readonly mode: 'range' | 'instant' | 'both';
  readonly format: 'time_series' | 'table' | 'heatmap';
  readonly isHidden: boolean;
  readonly intervalMin: string;
  readonly hasExemplars: boolean;
  /** Type of the data source that the file names; `prometheus` when it names none. */
  readonly source: string;
}

export interface Transformation {
  readonly id: string;
  readonly isDisabled: boolean;
  readonly options: Readonly<Record<string, unknown>>;
  /** Frames it is about; absent: all. */
  readonly filter?: Matcher;
}

export interface Matcher {
  readonly id: string;
  readonly options: unknown;
}

export interface FieldOptions {
  readonly defaults: FieldConfig;
  /** Applied in their order, the later wins. */
  readonly overrides: readonly {
    readonly matcher: Matcher;
    readonly properties: readonly { readonly id: string; readonly value: unknown }[];
  }[];
}

/** How values of a field look. */
export interface FieldConfig {
  readonly unit?: string;
  readonly decimals?: number;
  readonly min?: number;
  readonly max?: number;
  /** Shown where there is no value. */
  readonly noValue?: string;
  readonly displayName?: string;
  readonly color?: { readonly mode: string; readonly fixedColor?: string; readonly seriesBy?: string };
  readonly thresholds?: Thresholds;
  readonly mappings?: readonly ValueMapping[];
  readonly links?: readonly DashboardLink[];
  /** What only one kind of panel knows: line width, fill, stacking, cell type… */
  readonly custom?: Readonly<Record<string, unknown>>;
}

export interface Thresholds {
  readonly mode: 'absolute' | 'percentage';
  /** Ascending; the first holds from −∞ on. */
  readonly steps: readonly { readonly value: number; readonly color: string }[];
}

export type ValueMapping =
  | { readonly type: 'value'; readonly value: string; readonly result: MappedText }
  | { readonly type: 'range'; readonly from: number; readonly to: number; readonly result: MappedText }
  | { readonly type: 'regex'; readonly pattern: string; readonly result: MappedText }
  | {
      readonly type: 'special';
      readonly match: 'null' | 'nan' | 'null+nan' | 'true' | 'false' | 'empty';
      readonly result: MappedText;
    };

export interface MappedText {
  readonly text?: string;
  readonly color?: string;
}

/** The kinds of variable that have values here, by Grafana's names. */
export const VARIABLE_KINDS = ['query', 'custom', 'interval', 'datasource', 'textbox', 'constant'] as const;
export type VariableKind = (typeof VARIABLE_KINDS)[number];

export interface Variable {
  readonly name: string;
  readonly label: string;
  readonly kind: VariableKind | 'unsupported';
  /** Grafana's name of the type. */
  readonly type: string;
  /** 0 shown, 1 without its label, 2 not shown. */
  readonly hide: 0 | 1 | 2;
  readonly isMulti: boolean;
  readonly hasAll: boolean;
  /** What All stands for; absent: all values. */
  readonly allValue?: string;
  /** The query of a `query`, the values of a `custom` or `interval`, the text of a `textbox` or `constant`. */
  readonly query: string;
  readonly regex: string;
  /** Grafana's numbers: 0 none, 1/2 alphabetical, 3/4 numerical, 5/6 case-insensitive, 7/8 natural; even: descending. */
  readonly sort: number;
  readonly refresh: 'never' | 'load' | 'range';
  /** Values chosen in the file; `$__all` for All. */
  readonly current: readonly string[];
}

export interface AnnotationQuery {
  readonly name: string;
  readonly isOn: boolean;
  readonly isHidden: boolean;
  readonly color: string;
  readonly expr: string;
  readonly title: string;
  readonly text: string;
  readonly tagKeys: readonly string[];
  readonly step: string;
}

export interface DashboardLink {
  readonly title: string;
  /** Not interpolated and not checked: see `safeLink`. */
  readonly url: string;
  readonly opensTab: boolean;
  /** A link to dashboards with these tags instead of an address. */
  readonly tags: readonly string[];
  readonly keepsTime: boolean;
  readonly keepsVariables: boolean;
}
