import type { Labels } from '@vedette/model';

/** A node of the routing tree with everything it inherits. Compared by identity within one configuration. */
export interface Route {
  /** Alertmanager's: the matchers from the root on, `{}/{team="a"}`; equal for siblings with equal matchers. */
  readonly key: string;
  /** Distinguishes those: the position among the siblings follows each part of the key. */
  readonly id: string;
  readonly receiver: string;
  /** Label names; `...` alone means all labels. */
  readonly groupBy: readonly string[];
  readonly groupWaitMs: number;
  readonly groupIntervalMs: number;
  readonly repeatIntervalMs: number;
  /** Names of intervals; not inherited. */
  readonly muteTimeIntervals: readonly string[];
  readonly activeTimeIntervals: readonly string[];
}

/** Which routes an alert takes. */
export interface Routing {
  /** At least one; in the order of the tree. */
  match(labels: Labels): readonly Route[];
}
