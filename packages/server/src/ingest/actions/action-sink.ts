import type { ActionCount } from '@vedette/sdk';

/** Where actions go: judged by `detect/behaviour`, kept by `store/actions`. */
export interface ActionSink {
  /**
   * Takes actions, in the order of arrival, `atMs` on the server's clock and neither in its future nor older than an
   * hour. Judged when it returns; what keeps them may still be at work. Throws `UnavailableError` (VED_INGEST_BUSY) when
   * too many wait, and took nothing then.
   */
  take(actions: readonly ActionCount[]): void;
}
