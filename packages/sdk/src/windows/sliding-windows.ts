/**
 * How often each subject did something within the last `windowMs`, for a million subjects.
 * Time is what the caller says it is: milliseconds that do not go backwards by more than a window.
 */
export interface SlidingWindows {
  readonly windowMs: number;
  /**
   * Counts `count` actions at `atMs`; returns the estimate for the subject with them, from the two fixed windows it
   * overlaps: the running one plus the last one, weighted by how much of it the sliding window still covers.
   */
  add(key: SubjectHash, count: number, atMs: number): number;
  /** Without counting. */
  estimate(key: SubjectHash, atMs: number): number;
  /** `exact`: every subject has a cell. `two-tier`: the cap is reached; a count-min sketch in front, cells for suspects. */
  readonly mode: 'exact' | 'two-tier';
  /** Of the tables, allocated now. */
  readonly bytes: number;
  /** Subjects with a cell that counted within the window before `atMs`. */
  activeSubjects(atMs: number): number;
}

/** 64 bits of a subject. Two subjects with one hash share a cell: one pair in 37 million runs with a million subjects. */
export interface SubjectHash {
  readonly high: number;
  readonly low: number;
}
