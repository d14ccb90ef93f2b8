import type { Clock, Slicer } from '@vedette/model';
import type { BlockSet } from './block/block-set.ts';
import { clean, type CompactDeps } from './block/compact.ts';
import type { TombstoneFile } from './block/tombstone-file.ts';
import type { Reporter } from './report.ts';
import { RetentionRules, type RetentionRule } from './retention-rules.ts';
import type { SpaceGuard } from './space-guard.ts';
import type { Tiers } from './tier/tiers.ts';

// A machine without a battery for its clock starts in any year until it has asked for the time.
const REMOVAL_DELAY_MS = 600_000;

/** What is kept, and how long. */
export interface RetentionOptions {
  /** Samples older than this are refused, and removed with their block. */
  readonly retentionMs: number;
  /** Bytes of log and blocks together above which the oldest blocks go; absent: as many as the disk has. */
  readonly retentionBytes?: number | undefined;
  /** Shorter times for some series; see `RetentionRules`. */
  readonly retentionRules?: readonly RetentionRule[] | undefined;
}

/**
 * What leaves, and when. The one place that decides it; maintenance asks at every look.
 *
 * 1. *By time*: a block goes when its newest sample is older than the retention.
 * 2. *By size*: while log and blocks take more than the limit, the block with the oldest newest sample goes, at once;
 *    the newest block never does. Downsampled blocks count, too, but go by their own times only. Merging needs room for a while that is not counted: a tenth of the limit or less.
 *    A disk that is full all the same stops the intake (`SpaceGuard`); no block is removed for it that the limits
 *    would keep.
 * 3. *By selector*: `RetentionRules` hides samples, and blocks that are mostly hidden are written anew.
 *
 * What goes by the clock goes only when every look of some minutes agreed: a clock that is wrong for less costs none.
 */
export class Retention {
  readonly #deps: RetentionDeps;
  readonly #options: RetentionOptions;
  readonly #rules: RetentionRules;
  /** The earliest of the times seen since `sinceMs`. */
  #agreed: { readonly sinceMs: number; nowMs: number };
  readonly #removed = { time: 0, size: 0 };

  constructor(deps: RetentionDeps, options: RetentionOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#rules = new RetentionRules(deps, options.retentionRules ?? [], options.retentionMs);
    this.#agreed = { sinceMs: deps.clock.monotonicMs(), nowMs: Infinity };
  }

  /** Blocks removed since the start. */
  get removedBlocks(): { readonly time: number; readonly size: number } {
    return this.#removed;
  }

  /** Bytes of log after which the head should be written to a block, so that the log leaves room for blocks. */
  get walBytesMax(): number {
    return (this.#options.retentionBytes ?? Infinity) / 4;
  }

  /** Removes blocks and hides samples, as far as it is time. */
  async apply(): Promise<void> {
    await this.#removeBySize();
    const nowMs = this.#agreedNowMs();
    if (nowMs === undefined) return;
    await this.#remove('time', olderThan(this.#deps.blocks.blocks, nowMs - this.#options.retentionMs));
    await this.#deps.tiers.removeOld(nowMs);
    await this.#rules.hide(nowMs);
  }

  /** Writes the blocks anew that are mostly hidden by rules. Log segments of published blocks must be gone. */
  async rewrite(signal: AbortSignal): Promise<void> {
    // It takes space before it gives some back.
    if (this.#deps.guard.isFull) return;
    for (const block of await this.#rules.worthRewriting()) {
      if (signal.aborted) return;
      await clean(this.#deps, block, signal);
    }
  }

  async #removeBySize(): Promise<void> {
    const { blocks, tiers, wal } = this.#deps;
    const { retentionBytes = Infinity } = this.#options;
    await this.#remove('size', surplusOf(blocks.blocks, retentionBytes - wal.sizeBytes - tiers.sizeBytes));
  }

  async #remove(cause: 'time' | 'size', blocks: BlockSet['blocks']): Promise<void> {
    if (blocks.length === 0) return;
    // What is left of them in buckets is made before; one that cannot go yet stays.
    const count = await this.#deps.tiers.remove(blocks);
    if (count === 0) return;
    this.#removed[cause] += count;
    const why =
      cause === 'time' ? 'blocks older than the retention were removed' : 'the oldest blocks were removed';
    const limit = cause === 'time' ? {} : { retentionBytes: this.#options.retentionBytes };
    this.#deps.report.info(why, { blocks: count, ...limit });
  }

  /** A time that it has surely become; `undefined` while that is not known again. */
  #agreedNowMs(): number | undefined {
    const { clock } = this.#deps;
    this.#agreed.nowMs = Math.min(this.#agreed.nowMs, clock.nowMs());
    if (clock.monotonicMs() - this.#agreed.sinceMs < REMOVAL_DELAY_MS) return undefined;
    const { nowMs } = this.#agreed;
    this.#agreed = { sinceMs: clock.monotonicMs(), nowMs: Infinity };
    return nowMs;
  }
}

/** What the plans below need of a block. */
interface Aged {
  readonly meta: { readonly maxMs: number };
  readonly sizeBytes: number;
}

/** Those without a sample at or after `beforeMs`. */
export function olderThan<B extends Aged>(blocks: readonly B[], beforeMs: number): readonly B[] {
  return blocks.filter(({ meta }) => meta.maxMs < beforeMs);
}

/** The oldest ones, as many as must go so that the rest takes no more than `bytesMax`; never the newest. */
export function surplusOf<B extends Aged>(blocks: readonly B[], bytesMax: number): readonly B[] {
  let bytes = blocks.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const surplus: B[] = [];
  for (const block of blocks.toSorted((a, b) => a.meta.maxMs - b.meta.maxMs).slice(0, -1)) {
    if (bytes <= bytesMax) break;
    bytes -= block.sizeBytes;
    surplus.push(block);
  }
  return surplus;
}

export interface RetentionDeps extends CompactDeps {
  readonly clock: Clock;
  readonly slicer: Slicer;
  readonly report: Reporter;
  readonly blocks: BlockSet;
  readonly tiers: Pick<Tiers, 'remove' | 'removeOld' | 'sizeBytes'>;
  readonly tombstones: TombstoneFile;
  /** Told when samples were hidden. */
  readonly onChange: () => void;
  readonly guard: Pick<SpaceGuard, 'isFull'>;
  readonly wal: { readonly sizeBytes: number };
}
