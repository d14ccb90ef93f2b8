/**
 * How often each subject did something within the last `windowMs`, for a million subjects.
 * Time is what the caller says it is: milliseconds that do not go backwards by more than a window.
 */
export interface SlidingWindows {
  readonly windowMs: number;
  /**
   * Counts `count` actions at `atMs`; returns the estimate for the subject with them, from the two fixed windows it
   * overlaps: the running one plus the last one, weighted by how much of it the sliding window still covers. What
   * comes a window late counts there and is estimated as of the start of the running one; what comes later than
   * that counts nowhere. A count stops at 65,535 per fixed window.
   */
  add(key: SubjectHash, count: number, atMs: number): number;
  /**
   * Reads where `add` will look for a key, and changes nothing: who is about to add a batch calls it for all of them in
   * a tight loop before, so that their misses of the processor's cache overlap. Returns what it read: add it up, lest
   * the compiler leaves the reading out.
   */
  warm(high: number, low: number): number;
  /** Without counting. */
  estimate(key: SubjectHash, atMs: number): number;
  /** `exact`: every subject has a cell. `two-tier`: the cap is reached; a count-min sketch in front, cells for suspects. */
  readonly mode: 'exact' | 'two-tier';
  /** Of the tables, allocated now. */
  readonly bytes: number;
  /**
   * Subjects with a cell that counted within the window before `atMs`, estimated like a count: those of the running
   * fixed window plus those of the last one that are not seen since, weighted.
   */
  activeSubjects(atMs: number): number;
  /**
   * Subjects with a cell by their count in the last fixed window that is over: entry `i` has those with at most
   * `distributionBounds[i]` and more than the bound before, the last entry those above all bounds. Reused: copy it.
   */
  readonly distribution: Float64Array;
  /** A slice of housekeeping (well below a millisecond): gives back memory after a flood. About once a second. */
  maintain(atMs: number): void;
}

/** 64 bits of a subject. Two subjects with one hash share a cell: one pair in 37 million runs with a million subjects. */
export interface SubjectHash {
  readonly high: number;
  readonly low: number;
}
