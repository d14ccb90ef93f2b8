/**
 * What one template may cost. Go's own interpreter has no such bounds: a template there can loop,
 * double a string forty times, or call itself until memory ends. Ours are reached by nothing honest.
 */

/** The default upper bounds of one execution; `ExecuteOptions.limits` may set others. */
export interface TemplateLimits {
  /** Bytes of UTF-8 of the whole output, and of each string that a function builds on the way. */
  readonly outputBytesMax: number;
  /**
   * Units of work: one per node evaluated, per loop turn, per key of a map to be sorted and per match replaced,
   * plus one per 256 characters that go into or come out of a function (8 of a regular expression). Runs that
   * are repeated for asynchronous calls add up.
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
  // Some hundred steps for each alert of the mail above. Measured: an endless loop ends after 50 to 100 ms.
  stepsMax: 500_000,
  // Alertmanager's own templates are 4 deep; a recursive one walks a tree that a person can still read.
  templateDepthMax: 100,
  // Each call repeats the run so far (see execute.ts), so that the total grows with the square.
  asyncCallsMax: 100,
};

/**
 * For texts of rules, which are expanded for every firing alert at every evaluation: a tenth of the steps, so that
 * even a wild one holds the event loop for some 5 to 10 ms only. An annotation of two lines takes some dozens.
 */
export const RULE_TEMPLATE_LIMITS: TemplateLimits = {
  ...DEFAULT_TEMPLATE_LIMITS,
  outputBytesMax: 65_536,
  stepsMax: 50_000,
};

/** Longest template text. A file of all of Alertmanager's templates has 24 kB. */
export const TEMPLATE_CHARACTERS_MAX = 1_048_576;

/** Blocks and parentheses inside each other while parsing, each `else if` too: keeps recursion off the stack's end. */
export const NESTING_MAX = 200;

/** Nodes and values inside each other while executing or printing. A test drives it to the limit on a default stack. */
export const DEPTH_MAX = 800;

/** Variables in sight at one place. Each use of one looks through them. */
export const VARIABLES_MAX = 500;

/** Characters of the template that an error message shows; Go shows all of them. */
export const ERROR_CONTEXT_CHARACTERS_MAX = 2000;

/** Characters that cost one step when a function reads or makes them. */
export const CHARACTERS_PER_STEP = 256;

/** What writing one piece of text costs beside its characters. */
export const CHARACTERS_PER_WRITE = 64;

/** The same for regular expressions: an engine in linear time needs some 100 ns for each character. */
export const REGEX_CHARACTERS_PER_STEP = 8;

/**
 * For notifications, which are rare and may tell of a thousand alerts: a page of them in the style-heavy way of common
 * mail templates has 3 MB; our own mail about them takes between half a million and a million steps. Mail servers refuse
 * far more than that. Measured: what runs wild ends after 0.3 s of CPU, with the dearest functions after 1 s.
 */
export const NOTIFICATION_TEMPLATE_LIMITS: TemplateLimits = {
  ...DEFAULT_TEMPLATE_LIMITS,
  outputBytesMax: 4_194_304,
  stepsMax: 1_000_000,
};

/** Texts of receivers kept in parsed form. A configuration of a hundred receivers has some hundred different ones. */
export const NOTIFICATION_TEXTS_MAX = 2000;

/** Steps of making a time: to ask the platform for a zone's offset and letters costs as much as some dozen nodes. */
export const TIME_STEPS = 50;

/**
 * Steps of escaping one text with all that it calls, which happens once for each text. A style-heavy mail template takes
 * some 2000; each is dearer than one of an execution.
 */
export const HTML_STEPS_MAX = 200_000;

/** Templates and blocks inside each other while escaping; each takes several frames of the stack. A test drives it to the limit. */
export const HTML_DEPTH_MAX = 400;

/** Time zones that are kept once a template asked for them; the platform knows some 600 names. */
export const ZONES_MAX = 50;
