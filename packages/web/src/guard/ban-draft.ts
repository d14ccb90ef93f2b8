import type { BanOrder } from '../api/guard.ts';
import { parseSilenceSpanMs } from '../silences/silence-span.ts';

/** A ban as it stands in the form. */
export interface BanDraft {
  readonly scope: BanOrder['scope'];
  readonly subject: string;
  readonly kind: BanOrder['kind'];
  /** `1h`, `7d`; not looked at when it is forever. */
  readonly span: string;
  readonly isForever: boolean;
}

export const SCOPES = ['user', 'ip', 'range', 'session', 'key'] as const;
export const KINDS = ['refuse', 'challenge', 'slow'] as const;

export type BanFault = 'subject' | 'span';

/** What is missing before it can be sent. */
export function faultsOf({ subject, span, isForever }: BanDraft): readonly BanFault[] {
  const faults: BanFault[] = [];
  if (subject === '') faults.push('subject');
  if (!isForever && parseSilenceSpanMs(span) === undefined) faults.push('span');
  return faults;
}

/** The end that the draft means at a moment; `null`: until a person lifts it; `undefined`: it means none. */
export function endOf({ span, isForever }: BanDraft, nowMs: number): number | null | undefined {
  if (isForever) return null;
  const spanMs = parseSilenceSpanMs(span);
  return spanMs === undefined ? undefined : nowMs + spanMs;
}
