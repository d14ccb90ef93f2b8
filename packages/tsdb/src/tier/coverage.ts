import type { Block } from '../block/block.ts';

/** What blocks are told apart by here. */
export interface Numbered {
  readonly meta: Pick<Block['meta'], 'first' | 'last'>;
}

/**
 * Whether some of the blocks were made from this one, which then all of it was: a block keeps its numbers when it is
 * downsampled, and blocks that are downsampled are merged with their like only.
 */
export function isCovered({ meta }: Numbered, by: readonly Numbered[]): boolean {
  return by.some((other) => other.meta.first <= meta.last && other.meta.last >= meta.first);
}

/** Whether every number of the block is one of some other block: nothing of it is there twice, nothing is missing. */
export function isWithin({ meta }: Numbered, others: readonly Numbered[]): boolean {
  let next = meta.first;
  for (const other of others.toSorted((a, b) => a.meta.first - b.meta.first))
    if (other.meta.first <= next && other.meta.last >= next) next = other.meta.last + 1;
  return next > meta.last;
}
