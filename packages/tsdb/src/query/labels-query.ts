import {
  compareLabels,
  compareUtf8,
  type LabelRequest,
  type Labels,
  labelsKeyOf,
  labelValueOf,
  type Page,
  type Slicer,
  sortSliced,
} from '@vedette/model';
import type { LabelIndex } from './label-index.ts';
import { matchAnySet } from './match.ts';
import type { Source } from './source.ts';

interface Deps {
  readonly slicer: Slicer;
  readonly signal: AbortSignal;
}

/**
 * Label sets of the matching series of all sources, each once, sorted. As upstream, a series is left out when all
 * that it has in the range was deleted chunk by chunk, while names and values of labels are listed until the deleted
 * samples have left the disk: they come from the index alone.
 */
export async function querySeries(
  deps: Deps,
  sources: readonly Source[],
  request: LabelRequest,
): Promise<Page<Labels>> {
  const found = new Map<string, Labels>();
  await visitSeries(deps, sources, request, (labels, source, series) => {
    if (!source.isDeleted(series, request.range)) found.set(labelsKeyOf(labels), labels);
  });
  const all = [...found.values()];
  await sortSliced(all, compareLabels, deps.slicer);
  return cut(all, request.limit);
}

/** Names of the labels that matching series have. */
export async function queryLabelNames(
  deps: Deps,
  sources: readonly Source[],
  request: LabelRequest,
): Promise<Page<string>> {
  const found = new Set<string>();
  if (request.matcherSets.length === 0) {
    for (const source of sources) {
      const index = await source.index();
      for (const name of index.names())
        if (!found.has(name) && (await hasSeries(deps, source, index, name, request))) found.add(name);
      source.finish();
    }
  } else {
    await visitSeries(deps, sources, request, (labels) => {
      for (let i = 0; i < labels.length; i += 2) found.add(labels[i] ?? '');
    });
  }
  return await sortedPage(found, request.limit, deps.slicer);
}

/** Values that matching series have for one label. */
export async function queryLabelValues(
  deps: Deps,
  sources: readonly Source[],
  name: string,
  request: LabelRequest,
): Promise<Page<string>> {
  const found = new Set<string>();
  if (request.matcherSets.length === 0) {
    for (const source of sources) {
      const index = await source.index();
      for (const pair of index.pairsOf(name)) {
        const value = index.valueOf(pair);
        if (!found.has(value) && (await isPairInRange(deps, source, index, pair, request))) found.add(value);
      }
      source.finish();
    }
  } else {
    await visitSeries(deps, sources, request, (labels) => {
      const value = labelValueOf(labels, name);
      if (value !== '') found.add(value);
    });
  }
  return await sortedPage(found, request.limit, deps.slicer);
}

async function visitSeries(
  deps: Deps,
  sources: readonly Source[],
  request: LabelRequest,
  visit: (labels: Labels, source: Source, series: number) => void,
): Promise<void> {
  for (const source of sources) {
    const index = await source.index();
    for (const series of await matchAnySet(index, request.matcherSets, deps.slicer)) {
      if (source.overlaps(series, request.range)) visit(index.labelsOf(series), source, series);
      if (deps.slicer.shouldYield()) await breathe(deps);
    }
    source.finish();
  }
}

async function hasSeries(
  deps: Deps,
  source: Source,
  index: LabelIndex,
  name: string,
  request: LabelRequest,
): Promise<boolean> {
  for (const pair of index.pairsOf(name))
    if (await isPairInRange(deps, source, index, pair, request)) return true;
  return false;
}

async function isPairInRange(
  deps: Deps,
  source: Source,
  index: LabelIndex,
  pair: number,
  request: LabelRequest,
): Promise<boolean> {
  for (const series of index.postingsOf(pair)) {
    if (source.overlaps(series, request.range)) return true;
    if (deps.slicer.shouldYield()) await breathe(deps);
  }
  return false;
}

async function breathe({ slicer, signal }: Deps): Promise<void> {
  await slicer.yield();
  signal.throwIfAborted();
}

async function sortedPage(
  found: ReadonlySet<string>,
  limit: number | undefined,
  slicer: Slicer,
): Promise<Page<string>> {
  const all = [...found];
  await sortSliced(all, compareUtf8, slicer);
  return cut(all, limit);
}

function cut<T>(items: readonly T[], limit: number | undefined): Page<T> {
  if (limit === undefined || items.length <= limit) return { items, isTruncated: false };
  return { items: items.slice(0, limit), isTruncated: true };
}
