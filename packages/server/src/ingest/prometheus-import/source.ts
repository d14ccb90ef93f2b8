import { labelValueOf, type Labels, type Matcher, type SeriesSamples, type TimeRange } from '@vedette/model';

/** Where an import reads from: the blocks of a directory, or a server. */
export interface ImportSource {
  /** For people: the directory or the address, without secrets. */
  readonly name: string;
  /** Times that it may have samples in; `undefined` when there is nothing. */
  readonly range: TimeRange | undefined;
  /** What was left out because it is damaged, in sentences. */
  readonly skipped: readonly string[];
  /**
   * Series that satisfy the matchers and have samples in `range`, sorted by label set, none twice, with all their
   * samples of that range in increasing time. The arrays are reused: copy what you keep past the next step. Throws
   * `InputError` (VED_IMPORT_INVALID) at damage, `UnavailableError` (VED_IMPORT_UNREACHABLE) when a server does
   * not answer, `SpanTooLargeError` when a shorter range would do.
   */
  read(range: TimeRange, signal: AbortSignal): AsyncIterable<readonly SeriesSamples[]>;
  /** Names of the parts that hold samples of `range`, to notice what came since; empty when there are none to name. */
  partsOf(range: TimeRange): readonly string[];
  /** Whether there can be anything in `range`. */
  mayHold(range: TimeRange): boolean;
  /** Leaves out the part whose damage `error` tells; false when the error is about something else. */
  skipDamaged(error: unknown): Promise<boolean>;
  close(): Promise<void>;
}

/** Thrown by a source that would have to hold more than its limit in memory: ask for less time at once. */
export class SpanTooLargeError extends Error {}

/** Any of these sets, each a conjunction; none at all is everything. */
export type MatcherSets = readonly (readonly Matcher[])[];

export function isWanted(labels: Labels, sets: MatcherSets): boolean {
  return (
    sets.length === 0 ||
    sets.some((set) => set.every((matcher) => matcher.matches(labelValueOf(labels, matcher.name))))
  );
}
