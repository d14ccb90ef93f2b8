import type { Labels, Matcher, TimeRange } from '@vedette/model';
import type { LabelIndex } from './label-index.ts';
import type { SampleBuffer } from './sample-buffer.ts';

/**
 * One place that holds samples, as one view sees it: the head or a block. Sources stand in the order in
 * which their samples were stored: of two samples of a series at one time, that of the earlier source of a list
 * counts. Nearly always it also holds the older samples.
 */
export interface Source {
  index(): Promise<LabelIndex>;
  /** Whether the series has a chunk in the range, deleted or not (in a gap inside one it has none, but seems to). */
  overlaps(series: number, range: TimeRange): boolean;
  /** Of a series that overlaps: whether all its chunks in the range were deleted as a whole. */
  isDeleted(series: number, range: TimeRange): boolean;
  /** `overlaps` and `isDeleted` will not be asked again. */
  finish(): void;
  /** The matching series that overlap the range, sorted by label set; stops early when `signal` aborts, with its reason. */
  select(matchers: readonly Matcher[], range: TimeRange, signal: AbortSignal): Promise<Selection>;
}

/** Sorted series of one source. Positions count from 0. */
export interface Selection {
  readonly count: number;
  labelsAt(position: number): Labels;
  /** Loads what `read` needs for the positions [from, until); holds until the next call. */
  prepare(from: number, until: number, range: TimeRange): Promise<void>;
  /** Decodes the chunks that overlap the range into `target`, oldest first. */
  read(position: number, range: TimeRange, target: SampleBuffer): void;
}
