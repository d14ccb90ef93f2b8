/** How much of a report a form shows: from the whole to the least that still tells what happens. */

export type SectionKey =
  | 'change'
  | 'suspects'
  | 'steps'
  | 'runbooks'
  | 'alerts'
  | 'series'
  | 'gaps'
  | 'narrative'
  | 'evidence';

export interface OutlineLimits {
  /** Lines of a section; 0: the section is named among those not shown. */
  readonly counts: Readonly<Record<SectionKey | 'reasons', number>>;
  /** The first are the most telling. */
  readonly facts: number;
  /** Of one text in a line, in characters. */
  readonly lineCharsMax: number;
  /** Addresses beside that of the page; 0: none in lines either. */
  readonly links: number;
}

// More than a report may hold of anything but evidence and gaps, which come in dozens at most.
const WHOLE_COUNT = 100;

/** Everything; a text of a kilobyte is somebody's joke or a stack trace, and its beginning says what it is. */
export const WHOLE: OutlineLimits = {
  counts: {
    reasons: WHOLE_COUNT,
    change: 1,
    suspects: WHOLE_COUNT,
    steps: WHOLE_COUNT,
    runbooks: WHOLE_COUNT,
    alerts: WHOLE_COUNT,
    series: WHOLE_COUNT,
    gaps: WHOLE_COUNT,
    narrative: WHOLE_COUNT,
    evidence: WHOLE_COUNT,
  },
  facts: 10,
  lineCharsMax: 1000,
  links: 10,
};

/** What a person reads of a card in a chat before opening the page. */
export const CARD: OutlineLimits = {
  counts: {
    reasons: 4,
    change: 1,
    suspects: 3,
    steps: 5,
    runbooks: 3,
    alerts: 5,
    series: 5,
    gaps: 3,
    narrative: 6,
    evidence: 0,
  },
  facts: 10,
  lineCharsMax: 300,
  links: 3,
};

/** The most telling of each. */
export const SHORT: OutlineLimits = {
  counts: {
    reasons: 2,
    change: 1,
    suspects: 2,
    steps: 2,
    runbooks: 1,
    alerts: 2,
    series: 2,
    gaps: 1,
    narrative: 0,
    evidence: 0,
  },
  facts: 8,
  lineCharsMax: 160,
  links: 2,
};

/** What happens, since when, and the first thing to do. */
export const LEAST: OutlineLimits = {
  counts: {
    reasons: 1,
    change: 1,
    suspects: 1,
    steps: 1,
    runbooks: 0,
    alerts: 0,
    series: 0,
    gaps: 0,
    narrative: 0,
    evidence: 0,
  },
  facts: 3,
  lineCharsMax: 80,
  links: 0,
};
