import type { GuardTransport, FeedListener } from './transport.ts';
import { digestOf } from './digest.ts';
import type { ActionBatch, FeedMessage, FeedSettings, LiveDecision, PolicySummary } from './wire.ts';

export const decision = (subject: string, more: Partial<LiveDecision> = {}): LiveDecision => ({
  id: `d-${subject}`,
  scope: 'user',
  subject,
  kind: 'refuse',
  grade: 'temporary',
  level: 1,
  madeAtMs: 1_700_000_000_000,
  untilMs: 1_700_000_300_000,
  reason: 'too many actions',
  policy: 'per-minute',
  ...more,
});

export const policy = (more: Partial<PolicySummary> = {}): PolicySummary => ({
  name: 'per-minute',
  windowMs: 60_000,
  threshold: 30,
  whenUnavailable: 'open',
  ...more,
});

export const settings = (more: Partial<FeedSettings> = {}): FeedSettings => ({
  ids: 'plain',
  policies: [],
  allow: [],
  ...more,
});

export const hello = (epoch: string, seq: number, more: Partial<FeedSettings> = {}): FeedMessage => ({
  type: 'hello',
  epoch,
  seq,
  settings: settings(more),
});

export const snapshot = (epoch: string, seq: number, decisions: readonly LiveDecision[]): FeedMessage => ({
  type: 'snapshot',
  epoch,
  seq,
  isFirst: true,
  isLast: true,
  decisions,
});

export const digest = (seq: number, decisions: readonly LiveDecision[]): FeedMessage => ({
  type: 'digest',
  seq,
  count: decisions.length,
  digest: decisions.reduce((all, one) => (all ^ digestOf(one)) >>> 0, 0),
});

/** A transport whose other end is the test. */
export class FakeTransport implements GuardTransport {
  readonly name: string;
  readonly batches: ActionBatch[] = [];
  /** What the next sendings end with, in order; then they arrive. */
  readonly faults: (Error | 'hang')[] = [];
  isClosed = false;
  #listener: FeedListener | undefined;

  constructor(name = 'fake') {
    this.name = name;
  }

  send = async (batch: ActionBatch, signal: AbortSignal): Promise<void> => {
    this.batches.push(batch);
    const fault = this.faults.shift();
    if (fault instanceof Error) throw fault;
    if (fault === 'hang')
      await new Promise((_, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason as Error)),
      );
  };

  follow(listener: FeedListener): { close(): void } {
    this.#listener = listener;
    return { close: () => (this.isClosed = true) };
  }

  tell(...messages: FeedMessage[]): boolean[] {
    return messages.map((message) => this.#listener?.take(message) ?? false);
  }

  lose(error: unknown = new Error('connection refused')): void {
    this.#listener?.lost(error);
  }

  /** All counts that arrived or were tried, by `subject action outcome`. */
  counts(): Record<string, number> {
    const counts: Record<string, number> = {};
    const seen = new Set<number>();
    for (const { seq, words, rows } of this.batches) {
      if (seen.has(seq)) continue;
      seen.add(seq);
      for (const [, subject, action, , outcome, count] of rows) {
        const key = `${subject} ${words[action]} ${words[outcome]}`;
        counts[key] = (counts[key] ?? 0) + count;
      }
    }
    return counts;
  }
}
