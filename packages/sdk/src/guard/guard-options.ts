import type { MetricsRegistry } from '../metrics/instruments.ts';
import type { SdkClock, SdkRandom } from '../system/system.ts';
import type { HttpTransportOptions } from './http-transport.ts';
import type { GuardIds } from './known-subject.ts';
import type { SubjectLike } from './subject.ts';
import type { GuardTransport } from './transport.ts';

export interface GuardOptions {
  /** The server, over HTTP. One of `server` and `transports` must be there; the server comes first. */
  readonly server?: HttpTransportOptions;
  /** Further ways, the preferred one first. The first that works brings decisions and takes actions. */
  readonly transports?: readonly GuardTransport[];
  /** Whether raw ids leave this process; the server's `guard.ids` must say the same. */
  readonly ids: GuardIds;
  /**
   * What holds from the start until the server was reached for the first time; afterwards each policy says it itself.
   * Default `open`. With `closed` wait for `ready` before you serve.
   */
  readonly whenUnavailable?: 'open' | 'closed';
  /** Never refused by this application: ids as it knows them, and networks. */
  readonly allow?: readonly SubjectLike[];
  /** Told once when something stops working (feed, sending, keys that do not fit), and again when that repeats after it worked. */
  readonly onError?: (error: Error) => void;
  /** Gets `guard_*` metrics. One guard per registry. */
  readonly registry?: MetricsRegistry;
  /** Also count `user_actions_total{action_type,source}` there. */
  readonly userActions?: boolean;
  /**
   * Also count `user_actions_by_user_total{user_id,action_type}`, for rules that Prometheus evaluates. Plain ids only. A
   * series per user and action is what Prometheus bears least: at most this many, the others share one.
   */
  readonly userActionsByUser?: { readonly seriesMax: number };
  /** Default `SUBJECTS_CACHED_MAX`, for each scope. */
  readonly subjectsCachedMax?: number;
  readonly clock?: SdkClock;
  readonly random?: SdkRandom;
}
