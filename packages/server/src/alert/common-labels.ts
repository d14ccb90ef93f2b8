import { labelsFromPairs, NO_LABELS, type Labels } from '@vedette/model';

/** The pairs that stand in every set. */
export function commonLabelsOf(sets: readonly Labels[]): Labels {
  const [first, ...others] = sets;
  if (first === undefined) return NO_LABELS;
  const maps = others.map((labels) => new Map(labelPairsOf(labels)));
  return labelsFromPairs(
    labelPairsOf(first).filter(([name, value]) => maps.every((map) => map.get(name) === value)),
  );
}

export function labelPairsOf(labels: Labels): [name: string, value: string][] {
  const pairs: [string, string][] = [];
  for (let i = 0; i < labels.length; i += 2) pairs.push([labels[i] ?? '', labels[i + 1] ?? '']);
  return pairs;
}
