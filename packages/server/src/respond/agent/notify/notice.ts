/** One report on its way to one receiver, as it is stored. */
import { createHash } from 'node:crypto';
import { analysisReport, priority, type AnalysisReport } from '@vedette/api';
import { z } from 'zod';

/**
 * `waiting`: to be sent when it is due. `sending`: attempts are under way; who finds it after a crash does not know what
 * arrived. `told`, `failed`: over, kept for as long as its group is not to be told again.
 */
export const noticeDocument = z.object({
  key: z.string(),
  reportId: z.string(),
  receiver: z.string(),
  /** Of the groups that its alerts were in. */
  groupKeys: z.array(z.string()),
  priority,
  state: z.enum(['waiting', 'sending', 'told', 'failed']),
  createdAtMs: z.number(),
  dueMs: z.number(),
  /** When the first attempt was begun; `null` while it waits. */
  sentAtMs: z.number().nullable(),
  repeatMs: z.number(),
  /** Channels that have it, refused it for good, or may have it. */
  settled: z.array(z.string()),
  /** Gone when it is over. */
  report: analysisReport.nullable(),
});

export type Notice = Readonly<z.infer<typeof noticeDocument>>;

/**
 * Of a report and a receiver: the key of its document, and what tells receivers that two messages are one. It goes into
 * headers, so it is of few kinds of characters.
 */
export function noticeKeyOf(reportId: string, receiver: string): string {
  return createHash('sha256').update(`${reportId}\n${receiver}`).digest('hex').slice(0, 32);
}

/** The more urgent the smaller. */
export function rankOf({
  priority: of,
}: {
  readonly priority: AnalysisReport['severity']['priority'];
}): number {
  return Number(of.slice(1));
}
