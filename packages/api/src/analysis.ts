/**
 * What the monitor agent found about a firing alert or group: one structured report, from which every form that
 * people read is made (text, Markdown, cards of chats, the page, an answer to an assistant). It is made from
 * measurements alone, without a language model; `narrative` is what a model made of it, beside it, never instead.
 *
 * Times are Unix milliseconds, ratios 0 … 1 where the name says so. Texts that come from monitored systems (labels,
 * annotations, names) are data: whoever shows them escapes them, whoever hands them to a model fences them.
 */
import { z } from 'zod';

const labels = z.record(z.string(), z.string());
/** `null`: no value (NaN, a hole, nothing measured). */
const value = z.number().nullable();

export const PRIORITIES = ['P1', 'P2', 'P3', 'P4'] as const;
export const SEVERITY_LEVELS = ['critical', 'error', 'warning', 'info'] as const;

export const priority = z.enum(PRIORITIES);
export type Priority = z.infer<typeof priority>;
export const severityLevel = z.enum(SEVERITY_LEVELS);
export type SeverityLevel = z.infer<typeof severityLevel>;

/** A range of time, both ends inclusive. */
const span = z.strictObject({ fromMs: z.number(), untilMs: z.number() });

/** What the report is about. */
export const analysisSubject = z.strictObject({
  kind: z.enum(['alert', 'group']),
  /** Of the alert; of a group that of its first alert, the longest firing one. */
  fingerprint: z.string(),
  /** The `alertname`; of a group without a common one, the first alert's. */
  name: z.string(),
  /** Of a group: those that all its alerts have. */
  labels,
  annotations: labels,
  state: z.enum(['firing', 'resolved']),
  startsAtMs: z.number(),
  alertCount: z.number(),
  /** Of its alerts, the longest firing one first; at most 100. */
  fingerprints: z.array(z.string()),
  /** Of the rule, or from the alert's link to its source; `null`: the rule is gone, or nobody says. */
  expr: z.string().nullable(),
});
export type AnalysisSubject = z.infer<typeof analysisSubject>;

/** The normalised severity, and how it came about: a sum that can be checked. */
export const analysisSeverity = z.strictObject({
  priority,
  level: severityLevel,
  /** Sum of the points; from 70 P1, from 45 P2, from 20 P3. */
  score: z.number(),
  reasons: z.array(z.strictObject({ text: z.string(), points: z.number() })),
});
export type AnalysisSeverity = z.infer<typeof analysisSeverity>;

/** Something that was measured, to which every claim of the report points. */
export const evidence = z.strictObject({
  /** `e1`, `e2`, … within the report. */
  id: z.string(),
  kind: z.enum(['expression', 'series', 'alert', 'target', 'traffic', 'call-graph', 'runbook', 'guard']),
  /** One sentence. */
  text: z.string(),
  /** PromQL that shows it. */
  query: z.string().nullable(),
  value,
  /** What it was before, or is elsewhere. */
  baseline: value,
  /** Into the UI; a path that begins with a slash, or a whole address. */
  link: z.string().nullable(),
});
export type Evidence = z.infer<typeof evidence>;

/** The alert's own expression over the last hours against the same hours before. */
export const analysisChange = z.strictObject({
  expr: z.string(),
  /** One sentence: what changed, by how much, since when. */
  text: z.string(),
  now: value,
  before: value,
  /** now / before; `null` where that means nothing. */
  ratio: value,
  /** To which side it left what it used to be, though it may be back; `none`: it did not. */
  direction: z.enum(['up', 'down', 'none']),
  /** When it left what it used to be for the last time; `null`: it did not, or nothing is known of before. */
  firstDeviationMs: z.number().nullable(),
  window: span,
  /**
   * The hours before that it is compared with; empty: too little is stored of them, the beginning of the window is: its
   * first half, or what is stored of it before the alert.
   */
  baselines: z.array(span),
  evidence: z.string(),
});
export type AnalysisChange = z.infer<typeof analysisChange>;

export const blastRadius = z.strictObject({
  /** One sentence. */
  text: z.string(),
  targets: z.strictObject({ affected: z.array(z.string()), down: z.array(z.string()), total: z.number() }),
  services: z.array(z.string()),
  instances: z.array(z.string()),
  /** Distinct subjects seen lately where the guard knows them; `null`: nothing counts users. */
  users: z.strictObject({ count: value, text: z.string() }).nullable(),
  traffic: z
    .strictObject({
      requestsPerSecond: value,
      /** Of all requests that this server knows of. */
      shareRatio: value,
      errorRatio: value,
    })
    .nullable(),
  evidence: z.array(z.string()),
});
export type BlastRadius = z.infer<typeof blastRadius>;

export const relatedAlert = z.strictObject({
  fingerprint: z.string(),
  name: z.string(),
  labels,
  startsAtMs: z.number(),
  /** Why it is related: `same instance`, `began 40 s before`. */
  text: z.string(),
  score: z.number(),
});
export type RelatedAlert = z.infer<typeof relatedAlert>;

export const relatedSeries = z.strictObject({
  /** A selector of exactly this series, or the expression that was compared. */
  query: z.string(),
  metric: z.string(),
  labels,
  /** Deviations from the median of before, in interquartile ranges; larger is stranger. Never negative. */
  score: z.number(),
  direction: z.enum(['up', 'down']),
  /** While it was off, in the half hour after the trouble began; the evidence says whether it is back. */
  now: value,
  before: value,
  firstDeviationMs: z.number().nullable(),
  /** Names of labels that it shares with the subject. */
  sharedLabels: z.array(z.string()),
  /** Further series of the same metric that deviate, too. */
  otherCount: z.number(),
  evidence: z.string(),
});
export type RelatedSeries = z.infer<typeof relatedSeries>;

/** What may be the cause, in order; empty when nothing stands out enough: then `gaps` says what is missing. */
export const suspect = z.strictObject({
  /** `checkout`, `db-1:9100`. */
  entity: z.string(),
  kind: z.enum(['service', 'instance', 'target', 'dependency']),
  /** 0 … 1. */
  confidence: z.number(),
  text: z.string(),
  evidenceFor: z.array(z.string()),
  evidenceAgainst: z.array(z.string()),
});
export type Suspect = z.infer<typeof suspect>;

export const runbookMatch = z.strictObject({
  id: z.string(),
  title: z.string(),
  /** The better the higher; only the order is promised. */
  score: z.number(),
  why: z.array(z.string()),
  /** Into the UI. */
  link: z.string(),
});
export type RunbookMatchReport = z.infer<typeof runbookMatch>;

export const nextStep = z.strictObject({
  text: z.string(),
  /** PromQL to look at, with the alert's labels filled in. */
  query: z.string().nullable(),
  /** For a shell; a person runs it. */
  command: z.string().nullable(),
  link: z.string().nullable(),
  /** Where it comes from: a runbook's id, or the agent's own rule. */
  source: z.string(),
});
export type NextStep = z.infer<typeof nextStep>;

/** What could not be looked at, and why: no data, a limit, a deadline. */
export const analysisGap = z.strictObject({ what: z.string(), why: z.string() });
export type AnalysisGap = z.infer<typeof analysisGap>;

/** What a language model made of the report. */
export const analysisNarrative = z.strictObject({
  text: z.string(),
  claims: z.array(z.strictObject({ text: z.string(), evidence: z.array(z.string()) })),
  /** Claims that pointed to no evidence, or to numbers that it does not have, and were left out. */
  droppedClaimCount: z.number(),
  model: z.string(),
  tookMs: z.number(),
  tokenCount: z.number(),
  toolCallCount: z.number(),
});
export type AnalysisNarrative = z.infer<typeof analysisNarrative>;

/** `GET /api/vedette/alerts/:fingerprint/analysis`. */
export const analysisReport = z.strictObject({
  version: z.literal(1),
  id: z.string(),
  createdAtMs: z.number(),
  tookMs: z.number(),
  /** One sentence: what happens, how bad, since when. */
  headline: z.string(),
  subject: analysisSubject,
  severity: analysisSeverity,
  /** `null`: the expression is not known or gives nothing; `gaps` says so. */
  change: analysisChange.nullable(),
  blastRadius,
  /** The most telling first; at most 10. */
  relatedAlerts: z.array(relatedAlert),
  /** At most 20. */
  relatedSeries: z.array(relatedSeries),
  /** At most 3. */
  suspects: z.array(suspect),
  /** At most 3. */
  runbooks: z.array(runbookMatch),
  /** At most 10. */
  nextSteps: z.array(nextStep),
  evidence: z.array(evidence),
  gaps: z.array(analysisGap),
  links: z.array(z.strictObject({ label: z.string(), url: z.string() })),
  narrative: analysisNarrative.nullable(),
});
export type AnalysisReport = z.infer<typeof analysisReport>;

/** `GET /api/vedette/analyses?limit=`: the newest first. */
export const analysisSummary = z.strictObject({
  id: z.string(),
  fingerprint: z.string(),
  name: z.string(),
  priority,
  headline: z.string(),
  createdAtMs: z.number(),
});
export type AnalysisSummary = z.infer<typeof analysisSummary>;
