import { z } from 'zod';

/**
 * Why somebody was told of an alert, or was not: the history of attempts, explanations, and what silences
 * do. Alerts, silences and groups themselves stand in Alertmanager's API v2, `/api/v2`.
 */

const labels = z.record(z.string(), z.string());

/** One attempt to send a notification, as it ended. Counts of a long list are told where the list is cut. */
export const notificationAttempt = z.strictObject({
  atMs: z.number(),
  tookMs: z.number(),
  receiver: z.string(),
  /** The kind of channel, and its place among those of its kind in the receiver, from 0. */
  integration: z.string(),
  index: z.number(),
  groupKey: z.string(),
  /** Equal for all attempts of one notification. */
  notificationId: z.string(),
  /** Why it was sent: `first notification`, `repeat interval elapsed`. */
  reason: z.string(),
  /** Of this notification, from 1. */
  attempt: z.number(),
  outcome: z.enum(['delivered', 'failed']),
  /** Of a failure: whether it was, or at the next flush is, tried again. */
  isRetriable: z.boolean(),
  category: z.string().nullable(),
  error: z.string().nullable(),
  /** What the other side said; `null`: nothing, or nothing that has a status. */
  answer: z.strictObject({ status: z.number(), text: z.string() }).nullable(),
  firingCount: z.number(),
  resolvedCount: z.number(),
  /** Of its alerts, firing ones first, at most 100. */
  fingerprints: z.array(z.string()),
});
export type NotificationAttempt = z.infer<typeof notificationAttempt>;

/**
 * `GET /api/vedette/notifications/attempts`: the newest first, at most `limit` (100), narrowed by `receiver`,
 * `integration`, `outcome`, `fingerprint`, `text` (in group key, error or answer), `start` and `end`.
 */
export const notificationAttempts = z.strictObject({
  attempts: z.array(notificationAttempt),
  /** For the parameter `cursor` of the next page; `null`: this was the last. A page may be empty and have one. */
  nextCursor: z.number().nullable(),
});
export type NotificationAttempts = z.infer<typeof notificationAttempts>;

/** `POST /api/vedette/alerts/explain`: of an alert that may be there or not. */
export const explainRequest = z.strictObject({ labels });

const matcherStep = z.strictObject({
  /** `team=~"db|web"`. */
  matcher: z.string(),
  /** What the alert has; empty when the label is absent. */
  value: z.string(),
  isMet: z.boolean(),
});

/** A node of the routing tree. */
export interface ExplainedRouteStep {
  readonly id: string;
  readonly receiver: string;
  readonly isContinued: boolean;
  /** `taken`: it handles the alert; `passed`: routes below it do; `refused`: a matcher is not met; `not asked`: a route before it took the alert. */
  readonly verdict: 'taken' | 'passed' | 'refused' | 'not asked';
  readonly reason: string;
  readonly matchers: readonly z.infer<typeof matcherStep>[];
  readonly routes: readonly ExplainedRouteStep[];
}
const routeStep: z.ZodType<ExplainedRouteStep> = z.lazy(() =>
  z.strictObject({
    id: z.string(),
    receiver: z.string(),
    isContinued: z.boolean(),
    verdict: z.enum(['taken', 'passed', 'refused', 'not asked']),
    reason: z.string(),
    matchers: z.array(matcherStep),
    routes: z.array(routeStep),
  }),
);

const toldMessage = z.strictObject({
  id: z.string(),
  atMs: z.number(),
  /** What it said of the alert; `null`: nothing, it was about others of the group. */
  said: z.enum(['firing', 'resolved']).nullable(),
});

const explainedIntegration = z.strictObject({
  integration: z.string(),
  index: z.number(),
  sendsResolved: z.boolean(),
  /** The last confirmed message about the group. */
  told: toldMessage.nullable(),
  /** A message that was begun and of which nobody knows whether it arrived. */
  unconfirmed: toldMessage.nullable(),
  /** A message between two attempts. */
  retrying: z
    .strictObject({ id: z.string(), atMs: z.number(), attempts: z.number(), error: z.string() })
    .nullable(),
  lastError: z.strictObject({ atMs: z.number(), category: z.string(), error: z.string() }).nullable(),
  /** When the alert is in a message next, as things stand; `atMs` is `null` when it is not. `text` says why. */
  next: z.strictObject({ atMs: z.number().nullable(), reason: z.string().nullable(), text: z.string() }),
});

const explainedRoute = z.strictObject({
  id: z.string(),
  receiver: z.string(),
  groupKey: z.string(),
  groupLabels: labels,
  groupWaitMs: z.number(),
  groupIntervalMs: z.number(),
  repeatIntervalMs: z.number(),
  /** `null`: there is none yet, or none any more. */
  group: z
    .strictObject({ nextFlushMs: z.number(), hasFlushed: z.boolean(), alertCount: z.number() })
    .nullable(),
  /** Time intervals that keep the route quiet now; `untilMs` is `null` when that is not known. */
  mutedBy: z
    .strictObject({ reason: z.string(), names: z.array(z.string()), untilMs: z.number().nullable() })
    .nullable(),
  integrations: z.array(explainedIntegration),
});

/** `GET /api/vedette/alerts/:fingerprint/explain`, `POST /api/vedette/alerts/explain`: everything between an alert and the people it is for, as of now. */
export const alertExplanation = z.strictObject({
  atMs: z.number(),
  /** The answer in a sentence or two. */
  summary: z.string(),
  fingerprint: z.string(),
  labels,
  /** `hypothetical`: nobody has posted it; all else tells what would be if it began to fire now. */
  state: z.enum(['firing', 'resolved', 'hypothetical']),
  /** `endsAtMs` is `null` for an alert that fires until its detector says otherwise. */
  alert: z
    .strictObject({
      annotations: labels,
      startsAtMs: z.number(),
      endsAtMs: z.number().nullable(),
      updatedAtMs: z.number(),
      generatorUrl: z.string(),
    })
    .nullable(),
  inhibitedBy: z.array(
    z.strictObject({
      fingerprint: z.string(),
      labels,
      rule: z.strictObject({
        name: z.string(),
        source: z.array(z.string()),
        target: z.array(z.string()),
        equal: z.array(z.string()),
      }),
    }),
  ),
  silencedBy: z.array(
    z.strictObject({ id: z.string(), comment: z.string(), createdBy: z.string(), endsAtMs: z.number() }),
  ),
  /** The routing tree from the root down. */
  tree: routeStep,
  /** The routes that take the alert. */
  routes: z.array(explainedRoute),
});
export type AlertExplanation = z.infer<typeof alertExplanation>;

/** As in API v2. */
const silenceMatcher = z.strictObject({
  name: z.string(),
  value: z.string(),
  isRegex: z.boolean(),
  isEqual: z.boolean().default(true),
});

/** `POST /api/vedette/silences/preview`: what a silence with these matchers would hit now. */
export const silencePreviewRequest = z.strictObject({ matchers: z.array(silenceMatcher).min(1).max(100) });
export const silencePreview = z.strictObject({
  /** Alerts that fire now. */
  firingCount: z.number(),
  /** Those of them that it would mute, and of those the ones that are silenced or inhibited already. */
  matchedCount: z.number(),
  mutedCount: z.number(),
  /** At most 100. */
  alerts: z.array(
    z.strictObject({
      fingerprint: z.string(),
      labels,
      startsAtMs: z.number(),
      receivers: z.array(z.string()),
      silencedBy: z.array(z.string()),
      inhibitedBy: z.array(z.string()),
    }),
  ),
  receivers: z.array(z.strictObject({ name: z.string(), alertCount: z.number() })),
  /** It takes more than its author can have meant; `null`: it does not seem so. */
  warning: z.string().nullable(),
});
export type SilencePreview = z.infer<typeof silencePreview>;

/**
 * `GET /api/vedette/silences/:id/history`: what happened to a silence, and to those whose place it took or
 * that took its place, the oldest first.
 */
export const silenceEvent = z.strictObject({
  atMs: z.number(),
  kind: z.enum(['created', 'updated', 'expired']),
  /** As it was from then on. */
  silence: z.strictObject({
    id: z.string(),
    matchers: z.array(silenceMatcher),
    startsAtMs: z.number(),
    endsAtMs: z.number(),
    createdBy: z.string(),
    comment: z.string(),
    /** The silence whose place it took. */
    replaces: z.string().nullable(),
  }),
});
export type SilenceEvent = z.infer<typeof silenceEvent>;
