/**
 * What one template may cost. Go's own interpreter has no such bounds: a template there can loop,
 * double a string forty times, or call itself until memory ends. Ours are reached by nothing honest.
 */

/** The default upper bounds of one execution; `ExecuteOptions.limits` may set others. */
export interface TemplateLimits {
  /** Bytes of UTF-8 of the whole output, and of each string that a function builds on the way. */
  readonly outputBytesMax: number;
  /**
   * Units of work: one per node evaluated and per loop turn, plus one per 256 characters that go
   * into or come out of a function. Runs that are repeated for asynchronous calls add up.
   */
  readonly stepsMax: number;
  /** Templates that call each other, as a chain. */
  readonly templateDepthMax: number;
  /** Asynchronous calls (`query`) of one execution. */
  readonly asyncCallsMax: number;
}

export const DEFAULT_TEMPLATE_LIMITS: TemplateLimits = {
  // The largest honest text is an e-mail about some hundred alerts, about 1 kB each.
  outputBytesMax: 1_048_576,
  // The mail above takes about 60 steps per alert; 500,000 steps are 50 ms of work at the most.
  stepsMax: 500_000,
  // Alertmanager's own templates are 4 deep; a recursive one walks a tree that a person can still read.
  templateDepthMax: 100,
  // Each call repeats the run so far (see execute.ts), so that the total grows with the square.
  asyncCallsMax: 100,
};

/** Longest template text. A file of all of Alertmanager's templates has 24 kB. */
export const TEMPLATE_CHARACTERS_MAX = 1_048_576;

/** Blocks and parentheses inside each other while parsing, each `else if` too: keeps recursion off the stack's end. */
export const NESTING_MAX = 200;

/** Nodes and values inside each other while executing or printing: at most 4 stack frames each. */
export const DEPTH_MAX = 800;

/** Characters that cost one step when a function reads or makes them. */
export const CHARACTERS_PER_STEP = 256;
