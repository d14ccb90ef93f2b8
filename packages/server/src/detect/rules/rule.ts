/** What a rule file says, after parsing and checking. Labels of the group are merged into those of its rules. */
export interface RuleGroup {
  /** The path as it was configured; with `name` the identity of the group. */
  readonly file: string;
  readonly name: string;
  /** `undefined`: the global evaluation interval. */
  readonly intervalMs: number | undefined;
  /** `undefined`: the global offset. */
  readonly queryOffsetMs: number | undefined;
  /** Most series or alerts a rule of the group may give; 0 is no limit. */
  readonly limit: number;
  readonly rules: readonly Rule[];
}

export type Rule = RecordingRule | AlertingRule;

export interface RecordingRule {
  readonly kind: 'recording';
  /** The metric name it writes. */
  readonly name: string;
  readonly expr: string;
  /** Sorted by name; an empty value removes the label. Not templated. */
  readonly labels: readonly RuleLabel[];
}

export interface AlertingRule {
  readonly kind: 'alerting';
  readonly name: string;
  readonly expr: string;
  readonly forMs: number;
  readonly keepFiringForMs: number;
  /** Sorted by name; values are templates. */
  readonly labels: readonly RuleLabel[];
  readonly annotations: readonly RuleLabel[];
}

export type RuleLabel = readonly [name: string, value: string];
