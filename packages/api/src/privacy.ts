import { z } from 'zod';

/** What is kept about a person: a copy, or its removal. */

export const privacySubject = z.strictObject({
  scope: z.enum(['user', 'ip', 'range', 'session', 'key']),
  /** As it is kept: a pseudonym, or the plain id. */
  subject: z.string().min(1).max(1024),
});

// A person has one id in an application or a few, each with a pseudonym for every live key and scope.
const PRIVACY_SUBJECTS_MAX = 50;

/** `POST /api/vedette/privacy/export` and `…/erase`. */
export const privacyRequest = z.strictObject({
  subjects: z.array(privacySubject).min(1).max(PRIVACY_SUBJECTS_MAX),
});
export type PrivacyRequest = z.infer<typeof privacyRequest>;

/** Answer of an erasure: how much of each went. */
export const privacyReport = z.object({
  atMs: z.number(),
  decisions: z.number(),
  actions: z.number(),
  series: z.number(),
  stateRecords: z.number(),
  /** What could not be removed here, in sentences. */
  remarks: z.array(z.string()),
});
export type PrivacyReportJson = z.infer<typeof privacyReport>;

/** Answer of an export: what is kept, as it is kept. */
export const privacyExport = z.looseObject({
  atMs: z.number(),
  subjects: z.array(privacySubject),
  decisions: z.array(z.unknown()),
  actions: z.array(z.unknown()),
  seriesLabels: z.array(z.object({ label: z.string(), subject: z.string() })),
  /** Documents and log records that speak of them; an id in free text counts, too. */
  stateRecords: z.array(z.unknown()),
  /** More was kept than an export holds. */
  isCut: z.boolean(),
});
