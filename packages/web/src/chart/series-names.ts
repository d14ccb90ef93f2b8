import { formatLabels, type Frame, type FrameSeries } from './frame.ts';

/** Names for the series of one chart, and what all of them share. */
export interface SeriesNames {
  readonly nameOf: (series: FrameSeries) => string;
  /** Labels that every series has with the same value, printed once; empty when there are none. */
  readonly shared: string;
}

/**
 * Names by what tells the series apart: a label that all share with one value says nothing in a
 * legend. A single series is named in full; one without labels by `fallback`.
 */
export function seriesNamesOf(frame: Frame, fallback: string): SeriesNames {
  const [first, ...others] = frame.series;
  if (first === undefined || others.length === 0)
    return {
      nameOf: ({ labels }) => (Object.keys(labels).length === 0 ? fallback : formatLabels(labels)),
      shared: '',
    };
  const isShared = (name: string): boolean =>
    others.every(({ labels }) => labels[name] === first.labels[name]);
  const shared = new Set(Object.keys(first.labels).filter(isShared));
  const pick = (labels: FrameSeries['labels'], isWanted: (name: string) => boolean): Record<string, string> =>
    Object.fromEntries(Object.entries(labels).filter(([name]) => isWanted(name)));
  return {
    nameOf: ({ labels }) => formatLabels(pick(labels, (name) => !shared.has(name))),
    shared: shared.size === 0 ? '' : formatLabels(pick(first.labels, (name) => shared.has(name))),
  };
}
