import { z } from 'zod';

/**
 * The guard: what it decided about whom and why, and how people overrule it. Times in ms since 1970; `null` as an end
 * means until a person lifts it. The feed that applications follow is not here: `packages/sdk/src/guard/wire.ts`.
 */

const subjectScope = z.enum(['user', 'ip', 'range', 'session', 'key']);
const decisionKind = z.enum(['slow', 'challenge', 'refuse']);
const decisionGrade = z.enum(['temporary', 'extended', 'review_required', 'permanent']);
const policyMode = z.enum(['off', 'shadow', 'canary', 'enforce']);

const decisionEvidence = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('crossing'),
    /** What was measured: a count, or a share from 0 to 1. */
    value: z.number(),
    /** In force at that moment: `over` times the factor. */
    threshold: z.number(),
    over: z.number(),
    factor: z.number(),
    windowMs: z.number(),
    topActions: z.array(z.strictObject({ action: z.string(), count: z.number() })),
  }),
  z.strictObject({
    kind: z.literal('alert'),
    fingerprint: z.string(),
    startsAtMs: z.number(),
    alertName: z.string(),
    severity: z.string(),
    source: z.string(),
  }),
  z.strictObject({ kind: z.literal('person'), by: z.string() }),
]);

/** What became of a decision after it was made, the oldest first. */
const decisionEvent = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('made'), atMs: z.number() }),
  z.strictObject({ kind: z.literal('lifted'), atMs: z.number(), by: z.string(), reason: z.string() }),
  z.strictObject({
    kind: z.literal('changed'),
    atMs: z.number(),
    by: z.string(),
    reason: z.string(),
    grade: decisionGrade,
    untilMs: z.number().nullable(),
  }),
  z.strictObject({ kind: z.literal('approved'), atMs: z.number(), by: z.string(), reason: z.string() }),
  z.strictObject({ kind: z.literal('appealed'), atMs: z.number(), text: z.string() }),
  z.strictObject({ kind: z.literal('expired'), atMs: z.number() }),
]);

/** `GET /api/vedette/guard/decisions/:id`, and the answer to whatever changes one. */
export const guardDecision = z.strictObject({
  id: z.string(),
  scope: subjectScope,
  subject: z.string(),
  kind: decisionKind,
  /** As it is now; so is the end. */
  grade: decisionGrade,
  untilMs: z.number().nullable(),
  state: z.enum(['live', 'expired', 'lifted', 'held-back', 'shadow']),
  level: z.number(),
  madeAtMs: z.number(),
  reason: z.string(),
  policy: z.string(),
  policyVersion: z.string(),
  mode: z.enum(['shadow', 'canary', 'enforce']),
  isEnforced: z.boolean(),
  evidence: decisionEvidence,
  events: z.array(decisionEvent),
});
export type GuardDecision = z.infer<typeof guardDecision>;

/**
 * `GET /api/vedette/guard/decisions`: the newest first, at most `limit` (100, up to 1000), narrowed by `scope` with
 * `subject`, `policy`, `live=true`. `GET /api/vedette/guard/reviews`: those that wait for a person.
 */
export const guardDecisions = z.strictObject({ decisions: z.array(guardDecision) });
export type GuardDecisions = z.infer<typeof guardDecisions>;

// A sentence or two; it stands in logs, in the audit and in messages.
export const GUARD_REASON_CHARS_MAX = 1000;

const text = (most: number) => z.string().trim().min(1).max(most);

/** Who decides and why; `by` is the caller's role when absent. Whoever is signed in, or has a token, is named by that instead. */
const reviewer = { reason: text(GUARD_REASON_CHARS_MAX), by: text(100).optional() };

/** The last moment of a `Date`. */
const TIMESTAMP_MS_MAX = 8_640_000_000_000_000;
const untilMs = z.number().int().positive().max(TIMESTAMP_MS_MAX);

/** `POST /api/vedette/guard/decisions`: a ban by a person. `untilMs` null: until a person lifts it (needs the role admin). */
export const guardBanRequest = z.strictObject({
  scope: subjectScope.default('user'),
  subject: z.string(),
  kind: decisionKind.optional(),
  untilMs: untilMs.nullable(),
  ...reviewer,
});

/** `POST …/decisions/:id/lift`, `/approve`, `/permanent`. */
export const guardReviewRequest = z.strictObject(reviewer);

/** `POST …/decisions/:id/extend`. */
export const guardExtendRequest = z.strictObject({ untilMs, ...reviewer });

/** `POST …/decisions/:id/appeal`: a link for the subject, to be used once. */
export const guardAppealLink = z.strictObject({ url: z.string() });
export type GuardAppealLink = z.infer<typeof guardAppealLink>;

/** `GET /api/vedette/guard/policies`. */
export const guardPolicies = z.strictObject({
  policies: z.array(
    z.strictObject({
      name: z.string(),
      version: z.string(),
      mode: policyMode,
      /** Another than `mode` when a person or a brake changed it. */
      configuredMode: policyMode,
      /** Why a brake put it into shadow. */
      tripped: z.strictObject({ atMs: z.number(), reason: z.string() }).nullable(),
      /** Of the blast-radius stop: what it decided within the window and within a minute, and what it may. */
      brake: z.strictObject({
        usedCount: z.number(),
        allowedCount: z.number(),
        windowMs: z.number(),
        minuteCount: z.number(),
        minuteMax: z.number(),
      }),
      decisionCount: z.number(),
      enforcedCount: z.number(),
      rightCount: z.number(),
      wrongCount: z.number(),
      /** The right ones among those that people judged. */
      precision: z.number().nullable(),
    }),
  ),
});
export type GuardPolicies = z.infer<typeof guardPolicies>;

/** `POST /api/vedette/guard/policies/:name/mode`; answered with `guardPolicies`. */
export const guardModeRequest = z.strictObject({ mode: policyMode, ...reviewer });

/**
 * `GET /api/vedette/guard/subjects`: who is near a threshold of a policy at this moment, counted exactly, the nearest
 * first. Below the role operator `subject` is `#` and a pseudonym that lasts as long as the server's process.
 */
export const guardSubjects = z.strictObject({
  atMs: z.number(),
  /** By which thresholds of dynamic policies are multiplied now. */
  factor: z.number(),
  activeCount: z.number(),
  policies: z.array(
    z.strictObject({
      name: z.string(),
      scope: subjectScope,
      measure: z.enum(['actions', 'errors', 'share']),
      /** For a share: judged from this many actions in the window on. */
      minCount: z.number().nullable(),
      /** Which actions count; none named: all. */
      actions: z.array(z.string()),
      sources: z.array(z.string()),
      windowMs: z.number(),
      isDynamic: z.boolean(),
      steps: z.array(
        z.strictObject({
          over: z.number(),
          /** In force now: `over` times the factor. */
          threshold: z.number(),
          decide: z.enum(['warn', 'slow', 'challenge', 'refuse']),
          grade: decisionGrade,
          forMs: z.number(),
        }),
      ),
    }),
  ),
  subjects: z.array(
    z.strictObject({
      scope: subjectScope,
      subject: z.string(),
      policy: z.string(),
      /** What the policy measures: a count, or a share from 0 to 1. */
      value: z.number(),
      /** By the first threshold in force; above 1 it is crossed. */
      ratio: z.number(),
      /** Index of the last step that is passed. */
      step: z.number().nullable(),
      actionCount: z.number(),
      /** Actions in equal parts of the window, the oldest first. */
      course: z.array(z.number()),
      topActions: z.array(z.strictObject({ action: z.string(), count: z.number() })),
    }),
  ),
});
export type GuardSubjects = z.infer<typeof guardSubjects>;

/** `GET /guard/check`: the verdict on one subject. */
export const guardCheck = z.strictObject({
  verdict: z.enum(['allow', 'slow', 'challenge', 'refuse']),
  /** `null`: nothing holds, or until a person lifts it. */
  retryAfterSeconds: z.number().nullable(),
  /** As the feed has it. */
  decision: z
    .strictObject({
      id: z.string(),
      scope: subjectScope,
      subject: z.string(),
      kind: decisionKind,
      grade: decisionGrade,
      level: z.number(),
      madeAtMs: z.number(),
      untilMs: z.number().nullable(),
      reason: z.string(),
      policy: z.string(),
    })
    .nullable(),
});
export type GuardCheck = z.infer<typeof guardCheck>;

// A screen of them; a thousand is what a person would look through at most.
export const GUARD_BACKTEST_SUBJECTS_MAX = 1000;

/**
 * `POST /api/vedette/guard/backtest`: whom policies would have refused, judged over stored actions. `policies` is what
 * stands under `guard.policies` of a configuration; built-in ones that it does not name are judged, too. The range is
 * the last `lastMs` up to now, or `fromMs` (inclusive) to `toMs` (exclusive).
 */
export const guardBacktestRequest = z.strictObject({
  policies: z.array(z.unknown()),
  range: z.union([
    z.strictObject({ lastMs: z.number().int().positive() }),
    z.strictObject({ fromMs: z.number().int().min(0), toMs: z.number().int().max(TIMESTAMP_MS_MAX) }),
  ]),
  /** Subjects that the answer names. */
  limit: z.number().int().min(1).max(GUARD_BACKTEST_SUBJECTS_MAX).default(100),
});

const backtestTotals = z.strictObject({
  refusedSubjectCount: z.number(),
  refusalCount: z.number(),
  /** Slowed or challenged, and never refused. */
  slowedSubjectCount: z.number(),
  /** Of these the brake would have kept decisions back for a person. */
  heldBackSubjectCount: z.number(),
  trips: z.array(z.strictObject({ policy: z.string(), atMs: z.number(), reason: z.string() })),
});

const backtestOutcome = z.strictObject({
  first: z.strictObject({
    atMs: z.number(),
    untilMs: z.number(),
    policy: z.string(),
    /** Threshold of the step. */
    over: z.number(),
    value: z.number(),
    grade: decisionGrade,
    reason: z.string(),
  }),
  refusalCount: z.number(),
  gravest: decisionGrade,
  lastUntilMs: z.number(),
  /** The times of its refusals, added up. */
  refusedMs: z.number(),
});

/** The answer: `candidate` are the policies that were sent, judged as if enforced, like those in force. */
export const guardBacktest = z.strictObject({
  fromMs: z.number(),
  toMs: z.number(),
  /** Of the oldest action that was read, the time before the range included. */
  firstRowMs: z.number().nullable(),
  /** Within the range; a row is some actions of one subject and kind. */
  rowCount: z.number(),
  actionCount: z.number(),
  candidate: backtestTotals,
  inForce: backtestTotals,
  /** Subjects; one may be graver and later at once. */
  difference: z.strictObject({
    addedCount: z.number(),
    removedCount: z.number(),
    graverCount: z.number(),
    milderCount: z.number(),
    earlierCount: z.number(),
    laterCount: z.number(),
    sameCount: z.number(),
  }),
  /** Changes first, of each the gravest first. */
  subjects: z.array(
    z.strictObject({
      scope: subjectScope,
      subject: z.string(),
      change: z.enum(['added', 'removed', 'changed', 'same']),
      /** `null` unless both refuse. */
      gravity: z.enum(['graver', 'milder', 'same']).nullable(),
      timing: z.enum(['earlier', 'later', 'same']).nullable(),
      candidate: backtestOutcome.nullable(),
      inForce: backtestOutcome.nullable(),
    }),
  ),
  furtherSubjectCount: z.number(),
  /** What the answer does not know, in sentences. */
  remarks: z.array(z.string()),
});
export type GuardBacktestJson = z.infer<typeof guardBacktest>;
