import type { SubjectLike } from './subject.ts';
import type { ActionOutcome, DecisionGrade, DecisionKind } from './wire.ts';

/**
 * Counts what users do and says who may not. All of it happens in this process: nothing here waits for the network,
 * and nothing throws because of it.
 */
export interface Guard {
  /** Counts one action. What cannot be counted (an empty id) is counted as such and left out. */
  track(action: TrackedAction): void;
  /** Whether the subject may act now. With `action` policies for other actions are left aside while the server is away. */
  check(subject: SubjectLike, action?: string): Verdict;
  /** `track` unless `check` refuses, in one go; a refusal is tracked as such. */
  attempt(action: Omit<TrackedAction, 'outcome'>): Verdict;
  readonly status: GuardStatus;
  /** True once the decisions in force are known; false when that takes longer than `timeoutMs`. */
  ready(timeoutMs: number): Promise<boolean>;
  /** Sends what is counted; resolves when it arrived or the sender gave up for now. */
  flush(): Promise<void>;
  /** Flushes once, then lets go of every connection and timer. Twice is safe. */
  close(): Promise<void>;
}

export interface TrackedAction {
  readonly subject: SubjectLike;
  /** A template, never a raw path: `postback:next_card`, `GET /orders/:id`. */
  readonly action: string;
  /** Default `app`. */
  readonly source?: string;
  /** Default `ok`. */
  readonly outcome?: ActionOutcome;
}

export type Verdict =
  | { readonly kind: 'allow' }
  /** The caller waits this long before it goes on. */
  | { readonly kind: 'slow'; readonly delayMs: number; readonly ground: VerdictGround }
  | { readonly kind: 'challenge'; readonly ground: VerdictGround }
  | { readonly kind: 'refuse'; readonly ground: VerdictGround };

/** Why not. */
export interface VerdictGround {
  /** Of the decision; empty for a limit that this process applies itself. */
  readonly decisionId: string;
  readonly kind: DecisionKind;
  readonly grade: DecisionGrade;
  readonly level: number;
  readonly policy: string;
  readonly reason: string;
  /** `undefined`: until a person lifts it. */
  readonly retryAfterMs: number | undefined;
  /** `replica`: decided by the server. `local`: by this process while the server was away. */
  readonly by: 'replica' | 'local';
}

export interface GuardStatus {
  /** `following`: decisions come in. `stale`: none of the sources answers; known decisions hold. `starting`: none ever did. */
  readonly feed: 'starting' | 'following' | 'stale';
  readonly decisionCount: number;
  /** Rows that wait to be sent, and those lost since the start because too many waited. */
  readonly pendingRows: number;
  readonly droppedRows: number;
}
