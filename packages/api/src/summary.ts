import { z } from 'zod';

/** `GET /api/status`, and the data of the live topic `status` (snap and every delta carry the whole). */
export const statusSummary = z.strictObject({
  /** `degraded`: something listed in `problems` needs a look; the process itself serves. */
  status: z.enum(['ok', 'degraded']),
  problems: z.array(z.string()),
  version: z.string(),
  hostname: z.string(),
  startedAtMs: z.number(),
  nowMs: z.number(),
  targets: z.strictObject({ up: z.number(), down: z.number(), unknown: z.number() }),
  alerts: z.strictObject({ firing: z.number(), pending: z.number() }),
  rules: z.strictObject({ groups: z.number(), rules: z.number(), failing: z.number() }),
  /** `null`: not known, as of an engine elsewhere that does not say. */
  storage: z.strictObject({
    activeSeries: z.number().nullable(),
    /** Taken in by this server. */
    samplesPerSecond: z.number(),
    diskBytes: z.number().nullable(),
    diskFreeBytes: z.number(),
    oldestSampleMs: z.number().nullable(),
  }),
  process: z.strictObject({ rssBytes: z.number(), cpuRatio: z.number(), loopDelayMsP99: z.number() }),
});
export type StatusSummary = z.infer<typeof statusSummary>;

/** `GET /api/metrics`: this machine in a few numbers, for scripts. `null` where not known (yet). */
export const metricsSummary = z.strictObject({
  cpuRatio: z.number().nullable(),
  memoryUsedRatio: z.number().nullable(),
  diskUsedRatio: z.number().nullable(),
  load1: z.number().nullable(),
  networkReceiveBytesPerSecond: z.number().nullable(),
  networkTransmitBytesPerSecond: z.number().nullable(),
});
export type MetricsSummary = z.infer<typeof metricsSummary>;

/** One entry of `GET /api/alerts`, and of the live topic `alerts` (snap and every delta carry the whole list). */
export const alertSummary = z.strictObject({
  name: z.string(),
  state: z.enum(['pending', 'firing']),
  severity: z.string(),
  labels: z.record(z.string(), z.string()),
  annotations: z.record(z.string(), z.string()),
  activeAtMs: z.number(),
  value: z.string(),
  group: z.string(),
  expr: z.string(),
});
export type AlertSummary = z.infer<typeof alertSummary>;

/** `GET /api/vedette/notifications`: the newest entries of the notification log first. */
export const notificationEntry = z.strictObject({
  id: z.string(),
  atMs: z.number(),
  receiver: z.string(),
  groupKey: z.string(),
  status: z.enum(['firing', 'resolved']),
  alertCount: z.number(),
  outcome: z.enum(['delivered', 'failed', 'retrying', 'held']),
  attempts: z.number(),
  error: z.string().nullable(),
});
export type NotificationEntry = z.infer<typeof notificationEntry>;

/** `GET /api/vedette/alert-sources`: who announces alerts by webhook, by name. */
export const alertSource = z.strictObject({
  name: z.string(),
  /** How long an alert fires that is not repeated. */
  ttlSeconds: z.number(),
  /** `null`: nothing came since the start. */
  lastReceivedAtMs: z.number().nullable(),
  firingCount: z.number(),
  /** Alerts of the last day that ended because nothing more was heard of them. */
  staleCount: z.number(),
  /** The latest of those, at most 100. */
  stale: z.array(
    z.strictObject({
      fingerprint: z.string(),
      labels: z.record(z.string(), z.string()),
      startsAtMs: z.number(),
      staleSinceMs: z.number(),
    }),
  ),
});
export type AlertSource = z.infer<typeof alertSource>;

/** `POST /api/vedette/session` exchanges a token for the HttpOnly cookie; `GET` tells who one is; `DELETE` signs out. */
export const sessionRequest = z.strictObject({ token: z.string().min(1).max(1024) });
export const ROLES = ['viewer', 'operator', 'admin'] as const;
export type Role = (typeof ROLES)[number];
export const sessionState = z.strictObject({
  /** `null`: the request is not authorised and a token is needed. */
  role: z.enum(ROLES).nullable(),
  isTokenRequired: z.boolean(),
  /** Name of the account that is signed in; `null`: nobody, or somebody with a token. */
  account: z.string().nullable(),
  /** How one may sign in. */
  ways: z.strictObject({
    token: z.boolean(),
    password: z.boolean(),
    /** What the button of the provider says; `null`: there is none. */
    oidc: z.string().nullable(),
    /** No account exists, and one is needed: the one-time link makes the first. */
    setup: z.boolean(),
  }),
});
export type SessionState = z.infer<typeof sessionState>;

/** `GET /api/vedette/queries/slow`: the queries that took longer than `query.log_queries_longer_than`, the newest first. */
export const slowQuery = z.strictObject({
  /** When it arrived. */
  atMs: z.number(),
  kind: z.enum(['instant', 'range']),
  expr: z.string(),
  startMs: z.number(),
  endMs: z.number(),
  /** 0 for an instant query. */
  stepMs: z.number(),
  /** Who asked: `rules`, `ui live`, `api 10.0.0.7`. */
  source: z.string(),
  outcome: z.enum(['success', 'canceled', 'timeout', 'busy', 'refused', 'failed']),
  waitSeconds: z.number(),
  runSeconds: z.number(),
  /** In the answer; 0 when there was none. */
  series: z.number(),
  /** Read, one counted once per step that uses it. */
  samples: z.number(),
  /** Held in memory at one time. */
  samplesPeak: z.number(),
  /** Length of the answer before compression; `null` where it is not known. */
  bytes: z.number().nullable(),
});
export type SlowQueryEntry = z.infer<typeof slowQuery>;
