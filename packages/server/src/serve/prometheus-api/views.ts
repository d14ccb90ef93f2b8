import type { Labels, MetricMetadata, MetricsReader } from '@vedette/model';

/**
 * What the HTTP surfaces need of the stages, declared by the caller. Every call answers at once (`cardinality` aside) from
 * memory with a consistent picture; the objects handed out are not changed afterwards.
 */

/** The rule groups as they stand after their last evaluation. */
export interface RulesView {
  /** Sorted by file, then in the order of the file. */
  groups(): readonly RuleGroupView[];
}

/** The Alertmanagers that alerts are sent on to, by address. */
export interface ForwardingView {
  alertmanagers(): {
    readonly active: readonly string[];
    /** By relabelling. */
    readonly dropped: readonly string[];
  };
}

export interface RuleGroupView {
  readonly name: string;
  readonly file: string;
  readonly intervalMs: number;
  /** Alerts or series a rule may produce; 0 is no limit. */
  readonly limit: number;
  readonly evaluationTookMs: number;
  /** `undefined`: not evaluated yet. */
  readonly lastEvaluationMs: number | undefined;
  readonly rules: readonly RuleView[];
}

export type RuleView = AlertingRuleView | RecordingRuleView;

/** How the last evaluation of a rule went. */
export interface RuleEvaluationView {
  readonly health: 'ok' | 'err' | 'unknown';
  readonly error: string | undefined;
  /** `undefined` before the first. */
  readonly atMs: number | undefined;
  readonly tookMs: number;
}

/** Sorted by name; values as in the file, templates unexpanded. */
export type RuleLabelsView = readonly (readonly [name: string, value: string])[];

export interface AlertingRuleView {
  readonly kind: 'alerting';
  readonly rule: {
    readonly name: string;
    readonly expr: string;
    readonly forMs: number;
    readonly keepFiringForMs: number;
    readonly labels: RuleLabelsView;
    readonly annotations: RuleLabelsView;
  };
  readonly last: RuleEvaluationView;
  readonly state: 'inactive' | 'pending' | 'firing';
  /** Pending and firing ones. */
  readonly alerts: readonly ActiveAlertView[];
}

export interface RecordingRuleView {
  readonly kind: 'recording';
  readonly rule: { readonly name: string; readonly expr: string; readonly labels: RuleLabelsView };
  readonly last: RuleEvaluationView;
}

export interface ActiveAlertView {
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly state: 'pending' | 'firing';
  readonly activeAtMs: number;
  /** Since when its condition no longer holds, while `keep_firing_for` lasts. */
  readonly keepFiringSinceMs: number | undefined;
  readonly value: number;
}

/** The scrape targets after relabelling. */
export interface TargetsView {
  targets(): TargetsSnapshot;
}

export interface TargetsSnapshot {
  /** Grouped by scrape pool, pools sorted by name. */
  readonly active: readonly ActiveTargetView[];
  readonly dropped: readonly DroppedTargetView[];
  /** Per pool, all of them, also those that are not listed. */
  readonly droppedCounts: Readonly<Record<string, number>>;
}

export interface ActiveTargetView {
  readonly discoveredLabels: Labels;
  readonly labels: Labels;
  readonly scrapePool: string;
  readonly scrapeUrl: string;
  /** The address as others reach it: a loopback name replaced by that of this machine. */
  readonly globalUrl: string;
  readonly health: 'up' | 'down' | 'unknown';
  /** Empty when the last scrape went well. */
  readonly lastError: string;
  readonly lastScrapeMs: number | undefined;
  readonly lastScrapeDurationMs: number;
  readonly scrapeIntervalMs: number;
  readonly scrapeTimeoutMs: number;
  /** What its pages said of their metric families. */
  metadata(): readonly MetricMetadata[];
}

export interface DroppedTargetView {
  readonly discoveredLabels: Labels;
  readonly scrapePool: string;
}

/** The metrics store in numbers. */
export interface StorageView {
  stats(): StorageStats;
  /**
   * The largest label names and values of the head, for the cardinality page; each list sorted downwards,
   * at most `limit`. The one call that may take time: counting a million series is done in slices, an engine elsewhere
   * is asked. Rejects with `UnsupportedError` or `UnavailableError` when that one cannot say.
   */
  cardinality(limit: number): Cardinality | Promise<Cardinality>;
}

export interface StorageStats {
  /** `undefined`, here and below: not known, as of an engine elsewhere that does not say. */
  readonly activeSeries: number | undefined;
  /** Taken in by this server. */
  readonly samplesPerSecond: number;
  readonly headChunks: number | undefined;
  /** `undefined`: the head is empty. */
  readonly headFromMs: number | undefined;
  readonly headUntilMs: number | undefined;
  readonly diskBytes: number | undefined;
  readonly diskFreeBytes: number;
  readonly oldestSampleMs: number | undefined;
  /** What is wrong with the stored samples or their disk now, in sentences for operators. */
  readonly problems: readonly string[];
}

export interface Cardinality {
  readonly labelPairCount: number;
  readonly seriesByMetric: readonly CardinalityEntry[];
  readonly valuesByLabel: readonly CardinalityEntry[];
  readonly bytesByLabel: readonly CardinalityEntry[];
  readonly seriesByLabelPair: readonly CardinalityEntry[];
}

export interface CardinalityEntry {
  readonly name: string;
  readonly value: number;
}

/** Stored samples as they are, for remote read. */
export interface SamplesView extends Pick<MetricsReader, 'select' | 'series'> {
  /** `global.external_labels` as the configuration has them now. */
  externalLabels(): Labels;
}
