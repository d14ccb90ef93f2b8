import {
  labelsOfSeriesKey,
  labelValueOf,
  relabel,
  withLabel,
  type Labels,
  type RelabelRule,
} from '@vedette/model';

/** A series as it leaves: external labels added, relabelled. One object per series of ours, so that it may serve as a key. */
export interface OutgoingSeries {
  readonly labels: Labels;
  /** Which lane of the queue it goes through, always the same: what keeps its samples in order. */
  readonly lane: number;
  /** Size of the labels on the wire, about. */
  readonly labelBytes: number;
  /** The newest sample that was queued. */
  newestMs: number;
  /** The labels as fields of a message of version 1; made when it is first sent. */
  labelFields: Uint8Array | undefined;
}

// At some 600 bytes a series (10 labels with their strings) that is 120 MB at most. Who forwards more series has
// the labels of those that were forgotten made again: slower, never wrong.
const SERIES_REMEMBERED_MAX = 200_000;

/**
 * From keys of our series to what is sent, or not: relabelling is done once per series, not per sample. Two
 * generations bound it: when the young one holds half of the limit it becomes the old one, and what
 * nobody asked for since the last change is forgotten.
 */
export class OutgoingSeriesBook {
  readonly #externalLabels: Labels;
  readonly #rules: readonly RelabelRule[];
  readonly #laneCount: number;
  #young = new Map<string, OutgoingSeries | undefined>();
  #old = new Map<string, OutgoingSeries | undefined>();

  constructor(options: { externalLabels: Labels; rules: readonly RelabelRule[]; laneCount: number }) {
    this.#externalLabels = options.externalLabels;
    this.#rules = options.rules;
    this.#laneCount = options.laneCount;
  }

  /** The series whose key is `[start, end)` of `keys`, which is not kept; `undefined` when the rules drop it. */
  find(keys: Buffer, start: number, end: number): OutgoingSeries | undefined {
    const text = keys.toString('latin1', start, end);
    const known = this.#young.get(text);
    if (known !== undefined || this.#young.has(text)) return known;
    const series = this.#old.has(text) ? this.#old.get(text) : this.#make(keys.subarray(start, end));
    if (this.#young.size >= SERIES_REMEMBERED_MAX / 2) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(text, series);
    return series;
  }

  #make(key: Uint8Array): OutgoingSeries | undefined {
    const labels = relabel(withExternalLabels(labelsOfSeriesKey(key), this.#externalLabels), this.#rules);
    if (labels === undefined || labels.length === 0) return undefined;
    let labelBytes = 0;
    for (const text of labels) labelBytes += text.length + 3;
    const lane = hashOf(labels) % this.#laneCount;
    return { labels, lane, labelBytes, newestMs: -Infinity, labelFields: undefined };
  }
}

/** A series keeps its own value where it has one. */
function withExternalLabels(labels: Labels, external: Labels): Labels {
  let joined = labels;
  for (let i = 0; i < external.length; i += 2) {
    const name = external[i] ?? '';
    if (labelValueOf(labels, name) === '') joined = withLabel(joined, name, external[i + 1] ?? '');
  }
  return joined;
}

/** FNV-1a over the characters; spreads series over lanes, promises nothing else. */
function hashOf(labels: Labels): number {
  let hash = 0x811c9dc5;
  for (const text of labels) {
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
    hash = Math.imul(hash ^ 0xff, 0x01000193);
  }
  // The low bits of FNV alone are weak: they would follow the last character.
  return (hash ^ (hash >>> 15)) >>> 0;
}
