import type { GuardStatus, Verdict } from '@vedette/sdk';

/** What a test tells `application.ts` to do. */
export type Command =
  | { readonly do: 'ready' | 'flush' | 'status' }
  | { readonly do: 'attempt'; readonly subject: string; readonly action: string; readonly count: number }
  | { readonly do: 'check'; readonly subject: string; readonly action?: string }
  | { readonly do: 'watch'; readonly subject: string; readonly until: Verdict['kind'] };

/** What belongs to the command is there. */
export interface Answer {
  readonly isReady?: boolean;
  readonly refusedCount?: number;
  readonly verdict?: Verdict;
  /** When the verdict was seen, on the machine's clock. */
  readonly atMs?: number;
  readonly status?: GuardStatus;
}
