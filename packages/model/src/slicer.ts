/**
 * Keeps long work from holding the event loop. A loop asks `shouldYield` every some hundred steps
 * (it is cheap: a clock read every few calls) and awaits `yield` when the answer is yes:
 *
 *     if ((i & 255) === 0 && slicer.shouldYield()) await slicer.yield();
 */
export interface Slicer {
  /** True once the running slice has used up its time (5 ms by default). */
  shouldYield(): boolean;
  /** Lets the event loop run and opens the next slice. */
  yield(): Promise<void>;
  /**
   * A slicer for one piece of work among others, with a count of its own: of those that wait, work that had few slices
   * goes before work that had many. All share the running slice with this one. Absent: everyone waits in line.
   */
  forTask?(): Slicer;
}
