import type { FeedMessage, FeedSettings, LiveDecision, SubjectKey } from '@vedette/sdk';
import type { WebhookHandler } from '../../alert/index.ts';
import type { CrossingSink, PolicyMode } from '../../detect/index.ts';
import type { BrakeUsage } from './brake.ts';
import type { Decision, DecisionEvent } from './decision.ts';

/**
 * The guard: takes crossings and alerts, makes decisions, keeps them, tells those who enforce them, and lets people
 * overrule them. What resolves is in the log on disk (fsync). Expected errors: `InputError` VED_GUARD_INVALID (a request
 * that cannot be), VED_GUARD_NOT_FOUND (no such decision or policy), `UnavailableError` (the state store cannot write).
 */
export interface GuardService extends CrossingSink {
  /** Takes Alertmanager's webhook of the source `user-behavior`. */
  readonly webhook: WebhookHandler;
  readonly feed: DecisionFeed;
  /** What holds for a subject now; the gravest when several do. `undefined`: nothing. No I/O. */
  holding(key: SubjectKey): LiveDecision | undefined;
  /** All that hold now and are enforced, in no order. */
  live(): readonly LiveDecision[];
  /** Newest first. */
  decisions(query: DecisionQuery): Promise<readonly DecisionView[]>;
  find(id: string): Promise<DecisionView | undefined>;
  /** A person's own decision. `untilMs` null makes it permanent. */
  ban(request: BanRequest): Promise<Decision>;
  /** Ends a decision; the subject's soft allow begins. */
  lift(id: string, by: Reviewer): Promise<void>;
  extend(id: string, untilMs: number, by: Reviewer): Promise<void>;
  makePermanent(id: string, by: Reviewer): Promise<void>;
  /** Says that a decision was right: it leaves the review queue and counts for the precision of its policy. */
  approve(id: string, by: Reviewer): Promise<void>;
  /** Decisions that wait for a person: grade `review_required`, appealed ones, and those a blast-radius stop held back. */
  reviews(): Promise<readonly DecisionView[]>;
  policies(): readonly PolicyStatus[];
  /** Until the next change of the configuration of that policy; recorded. */
  setMode(policy: string, mode: PolicyMode, by: Reviewer): Promise<void>;
  readonly appeals: Appeals;
  /**
   * Removes everything about these subjects. Decisions about others with their id in the words go on to hold, without the
   * id, and their history goes. Resolves when it is durable.
   */
  erase(keys: readonly SubjectKey[]): Promise<ErasedCounts>;
  /** Everything kept about these subjects, for a privacy export. */
  exportOf(keys: readonly SubjectKey[]): Promise<readonly DecisionView[]>;
}

export interface ErasedCounts {
  readonly decisions: number;
  /** Documents and log records, those of other parts that speak of them among them. */
  readonly records: number;
}

export interface Reviewer {
  /** Who: a name, never empty. */
  readonly by: string;
  /** Never empty. */
  readonly reason: string;
}

export interface BanRequest extends Reviewer, SubjectKey {
  readonly kind?: Decision['kind'];
  readonly untilMs: number | null;
}

export interface DecisionQuery {
  readonly subject?: SubjectKey;
  readonly policy?: string;
  /** Only those that hold now. */
  readonly isLive?: boolean;
  /** At most; 1 to 1000. */
  readonly limit: number;
}

export interface DecisionView {
  readonly decision: Decision;
  /** As changed by people. */
  readonly grade: Decision['grade'];
  readonly untilMs: number | null;
  readonly state: 'live' | 'expired' | 'lifted' | 'held-back' | 'shadow';
  readonly events: readonly DecisionEvent[];
}

export interface PolicyStatus {
  readonly name: string;
  readonly version: string;
  readonly mode: PolicyMode;
  /** As configured; differs from `mode` when a person or a brake changed it. */
  readonly configuredMode: PolicyMode;
  /** Why a brake put it into shadow; `undefined`: none did. */
  readonly tripped: { readonly atMs: number; readonly reason: string } | undefined;
  /** How much of what the policy may decide lately is used. */
  readonly brake: BrakeUsage;
  readonly decisionCount: number;
  readonly enforcedCount: number;
  readonly rightCount: number;
  readonly wrongCount: number;
  /** Of the decisions that people judged, those that were right; `undefined` without any. */
  readonly precision: number | undefined;
}

/** Feeds replicas. */
export interface DecisionFeed {
  readonly epoch: string;
  readonly seq: number;
  settings(): FeedSettings;
  /** Everything from now on, in order, as it happens. Returns the way to stop. A throwing listener is logged and kept. */
  subscribe(listener: (message: FeedMessage) => void): () => void;
  /** `hello`, what lies between `since` and now (deltas when they are still kept, else the snapshot), then all that follows. */
  follow(
    since: { readonly epoch: string; readonly seq: number } | undefined,
    signal: AbortSignal,
  ): AsyncIterable<FeedMessage>;
}

/** Links by which a subject asks for a review: signed, one-time, short-lived. Looking decides nothing. */
export interface Appeals {
  /** The text that goes into the link. */
  issue(decisionId: string): Promise<string>;
  /**
   * What the link is about. Rejects with `InputError`: VED_GUARD_INVALID for one that is forged, VED_GUARD_LINK_SPENT for
   * one that was used or is too old.
   */
  look(token: string): Promise<DecisionView>;
  /** Uses it up: the decision enters the review queue with the subject's words. */
  submit(token: string, text: string): Promise<void>;
}
