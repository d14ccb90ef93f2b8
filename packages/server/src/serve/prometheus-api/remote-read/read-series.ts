import {
  labelsFromPairs,
  labelValueOf,
  type Labels,
  type Matcher,
  type SeriesSamples,
  type Slicer,
} from '@vedette/model';
import type { SamplesView } from '../views.ts';
import type { ReadQuery } from './read-request.ts';

/** What an answer is made with. */
export interface ReadDeps {
  readonly samples: SamplesView;
  readonly slicer: Slicer;
}

/**
 * The series of one query, with the external labels as upstream has them: a matcher that asks for the very value of
 * one is satisfied by all of ours and taken away, and every series gets those that it does not have itself.
 */
export async function* readSeries(
  { samples }: ReadDeps,
  { matchers, range, isLabelsOnly }: ReadQuery,
  signal: AbortSignal,
): AsyncGenerator<SeriesSamples> {
  const external = samples.externalLabels();
  const own = matchers.filter((matcher) => !asksForExternal(matcher, external));
  const withExternal = (labels: Labels): Labels =>
    external.length === 0 ? labels : labelsFromPairs([...pairsOf(external), ...pairsOf(labels)]);
  if (range.fromMs > range.untilMs) return;
  if (isLabelsOnly) {
    const { items } = await samples.series({ matcherSets: [own], range }, signal);
    for (const labels of items) yield { ...NO_SAMPLES, labels: withExternal(labels) };
    return;
  }
  for await (const batch of samples.select(own, range, signal))
    for (const series of batch) yield { ...series, labels: withExternal(series.labels) };
}

const NO_SAMPLES = {
  timestampsMs: new Float64Array(),
  values: new Float64Array(),
  staleFlags: undefined,
  histograms: undefined,
};

function asksForExternal({ name, op, value }: Matcher, external: Labels): boolean {
  return op === '=' && value !== '' && labelValueOf(external, name) === value;
}

function* pairsOf(labels: Labels): Generator<[string, string]> {
  for (let i = 0; i < labels.length; i += 2) yield [labels[i] ?? '', labels[i + 1] ?? ''];
}
