import type { DownsampledRead, Matcher, SeriesSamples, Slicer, TimeRange } from '@vedette/model';
import type { BlockCaches } from '../block/block.ts';
import { mergeSelections } from '../query/select.ts';
import type { Selection } from '../query/source.ts';
import { SampleNotes } from './tier-view.ts';
import { SamplesAfter, TierSelection, type TierPart } from './tier-source.ts';
import { tierBlocksWithin, type Tiers } from './tiers.ts';

/** Which times of a range the tiers answer for, the oldest first, and after which time samples are read. */
export interface TierPlan {
  readonly parts: readonly TierPart[];
  readonly rawAfterMs: number;
}

/** `undefined` when all of the range is answered from samples. */
export function planTiers(
  tiers: Tiers,
  caches: BlockCaches,
  range: TimeRange,
  coarsestMs: number,
): TierPlan | undefined {
  const borders = tiers.bordersOf(coarsestMs);
  const rawAfterMs = borders[0] ?? -Infinity;
  if (rawAfterMs < range.fromMs) return undefined;
  const parts: TierPart[] = [];
  for (const [level, tier] of tiers.all.entries()) {
    const fromMs = Math.max(range.fromMs, (borders[level + 1] ?? -Infinity) + 1);
    const own = { fromMs, untilMs: Math.min(range.untilMs, borders[level] ?? -Infinity) };
    const blocks = own.fromMs > own.untilMs ? [] : tierBlocksWithin(tier, own);
    if (blocks.length === 0) continue;
    const sources = blocks.map((block) => tier.set.sourceOf(block, caches));
    parts.unshift({ resolutionMs: tier.resolutionMs, range: own, blocks: sources });
  }
  return { parts, rawAfterMs };
}

/** Merges what the plan takes from tiers with selections of samples, which cover the rest of the range. */
export async function* streamTiers(
  deps: { readonly slicer: Slicer; readonly signal: AbortSignal },
  { parts, rawAfterMs }: TierPlan,
  query: { readonly matchers: readonly Matcher[]; readonly range: TimeRange; readonly read: DownsampledRead },
  samples: readonly Selection[],
): AsyncGenerator<readonly SeriesSamples[], void, undefined> {
  const { matchers, range, read } = query;
  const notes = new SampleNotes();
  const selections: Selection[] = [];
  for (const part of parts)
    selections.push(await TierSelection.open({ part, view: read.view, notes }, matchers, deps));
  for (const selection of samples) selections.push(new SamplesAfter(selection, rawAfterMs));
  const onSeries = (series: SeriesSamples | undefined): SeriesSamples | undefined => {
    const noted = notes.take(series?.timestampsMs.length ?? 0);
    return series === undefined || noted === undefined ? series : { ...series, ...noted };
  };
  yield* mergeSelections(selections, range, deps.slicer, deps.signal, { complete: onSeries });
}
