/**
 * What applications and the server say to each other: actions one way, decisions the other.
 *
 *     application ── POST /guard/actions (JSON, an `ActionBatch`) ──► server
 *     application ◄── GET /guard/feed (server-sent events, a `FeedMessage` each) ── server
 *
 * Both ways a repeated message changes nothing. Unknown fields are passed over, so that either side may be newer.
 */
import type { SubjectScope } from './subject.ts';

/** `refused`: the guard itself said no. Refused attempts are shown, but never count toward a threshold. */
export type ActionOutcome = 'ok' | 'error' | 'refused';

export const ACTION_OUTCOMES: readonly ActionOutcome[] = ['ok', 'error', 'refused'];

/** How often one subject did one thing within the second that begins at `atMs`. */
export interface ActionCount {
  readonly scope: SubjectScope;
  /** The pseudonym, or the plain id. */
  readonly subject: string;
  /** Such as `next_card` or `GET /orders/:id`; a template, never a raw path. 1 to 64 characters. */
  readonly action: string;
  /** Where it came from: `http`, `rich_menu`, `message`. 1 to 32 characters. */
  readonly source: string;
  readonly outcome: ActionOutcome;
  /** At least 1. */
  readonly count: number;
  readonly atMs: number;
}

/** An `ActionCount` in the order of its fields; scope, action, source and outcome are positions in `words`. */
export type ActionRow = readonly [
  scope: number,
  subject: string,
  action: number,
  source: number,
  outcome: number,
  count: number,
  atMs: number,
];

export interface ActionBatch {
  readonly version: 1;
  /** Of one process: a UUID made at its start. */
  readonly instance: string;
  /** Grows by 1 with every batch of the instance, from 1; a batch that comes twice counts once. */
  readonly seq: number;
  /** The sender's clock when it sent: the server reads every `atMs` relative to it. */
  readonly sentAtMs: number;
  readonly words: readonly string[];
  readonly rows: readonly ActionRow[];
}

// A busy process has some thousand subjects in a second; a row is about 50 bytes. One parse stays below 5 ms.
export const ACTION_ROWS_PER_BATCH_MAX = 2000;

export type DecisionKind = 'slow' | 'challenge' | 'refuse';

/** How grave. `review_required` waits for a person, `permanent` is only ever a person's. */
export type DecisionGrade = 'temporary' | 'extended' | 'review_required' | 'permanent';

/** A decision that holds, as every replica has it. */
export interface LiveDecision {
  readonly id: string;
  readonly scope: SubjectScope;
  readonly subject: string;
  readonly kind: DecisionKind;
  readonly grade: DecisionGrade;
  /** Strikes of the subject with this one, from 1: a person is told once per level. */
  readonly level: number;
  readonly madeAtMs: number;
  /** Absolute, and judged by the reader's own clock. `null`: until a person lifts it. */
  readonly untilMs: number | null;
  /** For people; short. */
  readonly reason: string;
  readonly policy: string;
}

/** What applications need to know of a policy to bridge a time without server. */
export interface PolicySummary {
  readonly name: string;
  /** Whom it judges; absent: subjects of every scope. */
  readonly scope?: SubjectScope;
  /** What it counts; absent: actions. One that measures a share has a threshold below 1 and is left to the server. */
  readonly measure?: 'actions' | 'errors';
  readonly windowMs: number;
  /** The smallest of its thresholds that leads to a decision. Crossed by more than this. */
  readonly threshold: number;
  /** Actions it counts; absent: all. */
  readonly actions?: readonly string[];
  /** Sources whose actions it counts; absent: all. */
  readonly sources?: readonly string[];
  /**
   * While neither server nor Redis can be reached: `open` lets pass (decisions known still hold), `limit` applies the
   * threshold to what this process sees itself, `closed` refuses the actions of this policy.
   */
  readonly whenUnavailable: 'open' | 'limit' | 'closed';
}

export interface FeedSettings {
  readonly ids: 'pseudonym' | 'plain';
  readonly policies: readonly PolicySummary[];
  /** Never refused, whatever is decided; as the server knows them. */
  readonly allow: readonly string[];
  /**
   * How many processes follow this feed, rounded up to a power of two: what a subject does may be spread over all of
   * them, so that each sees a part of it. Absent: one.
   */
  readonly processes?: number;
}

/**
 * What a feed says. It begins with `hello`; then, unless the reader was near enough (`Last-Event-ID: epoch:seq`), the
 * snapshot in pieces, then deltas, each with the next sequence number. A reader that sees a gap or another digest than
 * its own begins again.
 */
export type FeedMessage =
  | { readonly type: 'hello'; readonly epoch: string; readonly seq: number; readonly settings: FeedSettings }
  | {
      readonly type: 'snapshot';
      readonly epoch: string;
      readonly seq: number;
      readonly isFirst: boolean;
      readonly isLast: boolean;
      readonly decisions: readonly LiveDecision[];
    }
  /** `put` replaces what holds for the same scope and subject; `drop` names subjects for whom nothing holds any more. */
  | {
      readonly type: 'delta';
      readonly seq: number;
      readonly put: readonly LiveDecision[];
      readonly drop: readonly SubjectKey[];
    }
  /** Also the sign of life, every `FEED_DIGEST_MS`. */
  | { readonly type: 'digest'; readonly seq: number; readonly count: number; readonly digest: number }
  | { readonly type: 'settings'; readonly settings: FeedSettings };

export interface SubjectKey {
  readonly scope: SubjectScope;
  readonly subject: string;
}

/** Half of what proxies and phones keep an idle connection for. */
export const FEED_DIGEST_MS = 15_000;

/** Decisions in one piece of a snapshot: about 200 kB of JSON, a few milliseconds to parse. */
export const SNAPSHOT_PIECE_MAX = 1000;
