import {
  digestOf,
  type FeedMessage,
  type FeedSettings,
  type LiveDecision,
  type SubjectKey,
} from '@vedette/sdk';
import type { DecisionFeed } from '../guard/port.ts';

const SETTINGS: FeedSettings = { ids: 'plain', policies: [], allow: [] };

/** A feed whose decisions a test makes. Snapshots have pieces of two, so that there are several. */
export class FakeFeed implements Pick<DecisionFeed, 'follow'> {
  readonly held = new Map<string, LiveDecision>();
  #seq = 0;
  readonly #followers = new Set<(message: FeedMessage) => void>();
  readonly #pieceMax: number;

  constructor(pieceMax = 2) {
    this.#pieceMax = pieceMax;
  }

  /** One delta. */
  change(put: readonly LiveDecision[], drop: readonly SubjectKey[] = []): void {
    for (const one of put) this.held.set(`${one.scope}\0${one.subject}`, one);
    for (const { scope, subject } of drop) this.held.delete(`${scope}\0${subject}`);
    this.#tell({ type: 'delta', seq: ++this.#seq, put, drop });
  }

  digest(): void {
    let digest = 0;
    for (const one of this.held.values()) digest = (digest ^ digestOf(one)) >>> 0;
    this.#tell({ type: 'digest', seq: this.#seq, count: this.held.size, digest });
  }

  settings(settings: FeedSettings): void {
    this.#tell({ type: 'settings', settings });
  }

  async *follow(_since: unknown, signal: AbortSignal): AsyncIterable<FeedMessage> {
    const queue: FeedMessage[] = [];
    let wake = (): void => undefined;
    const follower = (message: FeedMessage): void => {
      queue.push(message);
      wake();
    };
    signal.addEventListener('abort', () => wake());
    this.#followers.add(follower);
    try {
      yield* this.#beginning();
      while (!signal.aborted) {
        const next = queue.shift();
        if (next === undefined) await new Promise<void>((resolve) => (wake = resolve));
        else yield next;
      }
    } finally {
      this.#followers.delete(follower);
    }
  }

  #beginning(): FeedMessage[] {
    const [epoch, seq] = ['feed', this.#seq];
    const all = [...this.held.values()];
    const messages: FeedMessage[] = [{ type: 'hello', epoch, seq, settings: SETTINGS }];
    for (let from = 0; from === 0 || from < all.length; from += this.#pieceMax) {
      const isLast = from + this.#pieceMax >= all.length;
      const decisions = all.slice(from, from + this.#pieceMax);
      messages.push({ type: 'snapshot', epoch, seq, isFirst: from === 0, isLast, decisions });
    }
    return messages;
  }

  #tell(message: FeedMessage): void {
    for (const follower of this.#followers) follower(message);
  }
}

export function refusalOf(
  subject: string,
  untilMs: number | null,
  more: Partial<LiveDecision> = {},
): LiveDecision {
  return {
    id: `d-${subject.slice(0, 32)}`,
    scope: 'user',
    subject,
    kind: 'refuse',
    grade: untilMs === null ? 'permanent' : 'temporary',
    level: 1,
    madeAtMs: 1_700_000_000_000,
    untilMs,
    reason: 'too many actions per minute',
    policy: 'per-minute',
    ...more,
  };
}
