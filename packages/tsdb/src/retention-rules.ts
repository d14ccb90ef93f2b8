import { labelValueOf, type Labels, type Matcher, type Slicer } from '@vedette/model';
import type { Block, BlockCaches } from './block/block.ts';
import type { BlockSet } from './block/block-set.ts';
import { ByteCache } from './block/byte-cache.ts';
import { stillThere } from './block/delete.ts';
import type { TombstoneFile } from './block/tombstone-file.ts';
import { matchSeries } from './query/match.ts';
import { inPieces, subtract, unite, type Postings } from './query/postings.ts';
import { runsOf, Tombstones } from './query/tombstones.ts';

/** A shorter retention for the series that satisfy every matcher. */
export interface RetentionRule {
  readonly matchers: readonly Matcher[];
  /** Not above that of the store, which counts all the same. */
  readonly retentionMs: number;
}

// Indexes of the blocks that a cutoff lies in, one to three at a time; not those of queries, which would lose them.
const INDEX_BYTES_MAX = 4 * 2 ** 20;

// Writing a block anew when half of it is hidden writes each byte once more at the most, all its life.
const HIDDEN_RATIO_MIN = 0.5;
// When no more of it will be hidden than is now, a tenth is worth it.
const SETTLED_HIDDEN_RATIO_MIN = 0.1;

/**
 * Retention by selector. The first rule that matches a series counts for it; a series that none matches stays as long
 * as its block.
 *
 * 1. `hide` puts tombstones on the samples of each block that are too old for their rule: invisible from then on, over
 *    restarts too, and never visible again, whatever later rules say. They are those of deletions, so that merging
 *    leaves such samples out and every reader knows them already.
 * 2. A block that ended before a rule's cutoff is settled for that rule: it is not looked at again by this process.
 *    So each pass reads the indexes of the few blocks that a cutoff lies in.
 * 3. `worthRewriting` are those whose hidden chunks make up half, or a tenth once they are settled for all rules. What
 *    is less waits for a merge, or for the block's end.
 *
 * The head is left alone: its samples are hidden soon after they came to a block, two hours after they came in.
 * Rejected: hiding at every read by what rules say. It would need no file, but every query would match selectors, and
 * each start would hide what the clock of that moment says.
 */
export class RetentionRules {
  readonly #deps: RetentionRulesDeps;
  readonly #rules: readonly RetentionRule[];
  readonly #retentionMs: number;
  /** By block: the rules that have nothing to do in it any more, as positions. */
  readonly #settled = new Map<string, Set<number>>();
  /** Blocks with tombstones that got some, or that a rule was done with, since they were last weighed. */
  readonly #changed = new Set<string>();

  /** Rules that are not shorter than `retentionMs`, that of the store, only keep others from matching. */
  constructor(deps: RetentionRulesDeps, rules: readonly RetentionRule[], retentionMs: number) {
    this.#deps = deps;
    this.#rules = rules;
    this.#retentionMs = retentionMs;
  }

  /** Hides what is too old at `nowMs`, in all blocks at once. Blocks must not come or go meanwhile. */
  async hide(nowMs: number): Promise<void> {
    if (this.#rules.length === 0) return;
    const { blocks, tombstones, onChange } = this.#deps;
    this.#forgetGone();
    const caches = createCaches();
    const changes = new Map<string, Tombstones>();
    const settled: { readonly block: string; readonly rule: number }[] = [];
    for (const block of blocks.blocks) {
      const due = this.#dueRules(block, nowMs);
      if (due.length === 0) continue;
      const changed = await this.#hideIn({ block, due, caches }, nowMs);
      if (changed !== undefined) changes.set(block.name, changed);
      for (const rule of due)
        if (block.meta.maxMs < this.#cutoffOf(rule, nowMs)) settled.push({ block: block.name, rule });
    }
    if (changes.size > 0) await tombstones.put(changes).finally(onChange);
    // Only now: what the disk refused is tried again.
    for (const name of changes.keys()) this.#changed.add(name);
    for (const { block, rule } of settled) {
      this.#settled.set(block, (this.#settled.get(block) ?? new Set()).add(rule));
      // Less hidden is worth it from now on, whoever hid it: an earlier pass, or a process before this one.
      if (tombstones.of(block) !== undefined) this.#changed.add(block);
    }
  }

  /** Blocks with so much hidden that they should be written anew. */
  async worthRewriting(): Promise<readonly Block[]> {
    const worth: Block[] = [];
    for (const block of this.#deps.blocks.blocks) {
      if (!this.#changed.has(block.name)) continue;
      const ratio = await this.#hiddenRatioOf(block);
      if (ratio >= (this.#isSettled(block) ? SETTLED_HIDDEN_RATIO_MIN : HIDDEN_RATIO_MIN)) worth.push(block);
      else this.#changed.delete(block.name);
    }
    return worth;
  }

  #cutoffOf(rule: number, nowMs: number): number {
    const { retentionMs = Infinity } = this.#rules[rule] ?? {};
    return retentionMs >= this.#retentionMs ? -Infinity : nowMs - retentionMs;
  }

  /** Rules with a cutoff behind the beginning of the block that are not done with it. */
  #dueRules(block: Block, nowMs: number): readonly number[] {
    const settled = this.#settled.get(block.name);
    return this.#rules.flatMap((_, rule) =>
      block.meta.minMs < this.#cutoffOf(rule, nowMs) && settled?.has(rule) !== true ? [rule] : [],
    );
  }

  /** Whether no rule will hide more of the block than is hidden now. */
  #isSettled(block: Block): boolean {
    const settled = this.#settled.get(block.name);
    return this.#rules.every(
      ({ retentionMs }, rule) => retentionMs >= this.#retentionMs || settled?.has(rule) === true,
    );
  }

  /** The tombstones of the block with those of the rules; `undefined` when they are there already. */
  async #hideIn({ block, due, caches }: BlockTask, nowMs: number): Promise<Tombstones | undefined> {
    const { blocks, tombstones, slicer } = this.#deps;
    const source = blocks.sourceOf(block, caches);
    const index = await source.index();
    const before = tombstones.of(block.name) ?? Tombstones.NONE;
    let after = before;
    /** Series of the rules before. */
    let taken: Postings = new Uint32Array(0);
    for (const [rule, { matchers }] of this.#rules.entries()) {
      if (rule > (due.at(-1) ?? -1)) break;
      const matched = await matchSeries(index, matchers, slicer);
      const earlier = taken;
      const own = await inPieces(matched, (piece) => subtract(piece, earlier), slicer);
      taken = await unite([taken, matched], index.idCount, slicer);
      if (!due.includes(rule)) continue;
      const { minMs, maxMs } = block.meta;
      // No wider than the block, so that equal rules of different blocks stay short.
      const range = { fromMs: minMs, untilMs: Math.min(maxMs, this.#cutoffOf(rule, nowMs) - 1) };
      const ids = await stillThere(own, { source, range, slicer });
      if (ids.length > 0) after = after.with({ range, runs: runsOf(ids) });
    }
    return after === before ? undefined : after;
  }

  /** Bytes of chunks that are hidden as a whole, among those of all. */
  async #hiddenRatioOf(block: Block): Promise<number> {
    const { blocks, tombstones, slicer } = this.#deps;
    const hidden = tombstones.of(block.name);
    if (hidden === undefined) return 0;
    const caches = createCaches();
    // By the source, which sets a damaged block aside.
    await blocks.sourceOf(block, caches).index();
    const index = await block.index(caches.indexes);
    let allBytes = 0;
    let hiddenBytes = 0;
    for (let series = 0; series < index.idCount; series++) {
      if ((series & 255) === 0 && slicer.shouldYield()) await slicer.yield();
      const ranges = hidden.of(series);
      for (let chunk = index.firstChunkOf(series); chunk < index.endChunkOf(series); chunk++) {
        const bytes = index.lengthOf(chunk);
        allBytes += bytes;
        if (ranges.length > 0 && index.isChunkCovered(chunk, ranges)) hiddenBytes += bytes;
      }
    }
    return allBytes === 0 ? 0 : hiddenBytes / allBytes;
  }

  #forgetGone(): void {
    const names = new Set(this.#deps.blocks.blocks.map(({ name }) => name));
    for (const name of this.#settled.keys()) if (!names.has(name)) this.#settled.delete(name);
    for (const name of this.#changed) if (!names.has(name)) this.#changed.delete(name);
  }
}

/** Whether no rule names a shorter time for a series than that of the store; the first that matches counts. */
export function isKeptLong(labels: Labels, rules: readonly RetentionRule[], retentionMs: number): boolean {
  const rule = rules.find(({ matchers }) =>
    matchers.every((matcher) => matcher.matches(labelValueOf(labels, matcher.name))),
  );
  return rule === undefined || rule.retentionMs >= retentionMs;
}

interface BlockTask {
  readonly block: Block;
  /** Positions of the rules to be applied, ascending. */
  readonly due: readonly number[];
  readonly caches: BlockCaches;
}

function createCaches(): BlockCaches {
  return { indexes: new ByteCache(INDEX_BYTES_MAX), groups: new ByteCache(0) };
}

export interface RetentionRulesDeps {
  readonly slicer: Slicer;
  readonly blocks: BlockSet;
  readonly tombstones: TombstoneFile;
  /** Told when samples were hidden. */
  readonly onChange: () => void;
}
