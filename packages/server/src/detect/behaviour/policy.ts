import type { DecisionGrade, DecisionKind, SubjectScope } from '@vedette/sdk';

/** When is it too much, and what follows. As configured, checked and with defaults in place. */
export interface Policy {
  /** `[a-z0-9-]{1,40}`, unlike any other's. */
  readonly name: string;
  /** Changes with anything that changes its judgement: decisions name it. */
  readonly version: string;
  readonly scope: SubjectScope;
  readonly measure: PolicyMeasure;
  /** Which actions count; empty lists: all. `*` at the end stands for any rest. */
  readonly actions: readonly string[];
  readonly sources: readonly string[];
  readonly windowMs: number;
  /** Ascending by `over`; the last one that is passed counts. At least one. */
  readonly steps: readonly PolicyStep[];
  /** Whether load and the number of active subjects move its thresholds. */
  readonly isDynamic: boolean;
  readonly mode: PolicyMode;
  /** Of subjects that a canary is enforced for, 0 to 100. */
  readonly canaryPercent: number;
  readonly whenUnavailable: 'open' | 'limit' | 'closed';
}

/**
 * `actions`: all that counted. `errors`: those with outcome `error`. `share`: the part of one action among all of the
 * subject's, 0 to 1, when there are at least `minCount` in the window.
 */
export type PolicyMeasure =
  | { readonly kind: 'actions' }
  | { readonly kind: 'errors' }
  | { readonly kind: 'share'; readonly minCount: number };

export interface PolicyStep {
  /** Crossed by a measure greater than this (a count, or a share). */
  readonly over: number;
  /** `warn`: shown and counted, nothing is refused. */
  readonly decide: DecisionKind | 'warn';
  readonly grade: Exclude<DecisionGrade, 'permanent'>;
  readonly forMs: number;
}

export type PolicyMode = 'off' | 'shadow' | 'canary' | 'enforce';
