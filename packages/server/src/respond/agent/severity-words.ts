/** The words in which alerts say how bad it is, in the spellings that senders use, and how many points each counts. */
import type { SeverityLevel } from '@vedette/api';
import { labelValueOf, type Labels } from '@vedette/model';

export type Word = SeverityLevel | 'none';

const POINTS_OF_WORD: Readonly<Record<Word, number>> = {
  critical: 50,
  error: 38,
  warning: 22,
  info: 5,
  none: 0,
};

const SPELLINGS: Readonly<Record<Word, readonly string[]>> = {
  critical:
    'critical crit page pager paging fatal emergency emerg disaster blocker urgent alert severe highest p0 p1 s1 sev0 sev1 sev-0 sev-1 1 0'.split(
      ' ',
    ),
  error: 'error err high major p2 s2 sev2 sev-2 2'.split(' '),
  warning: 'warning warn medium moderate minor average ticket p3 s3 sev3 sev-3 3'.split(' '),
  info: 'info information informational notice low lowest debug p4 p5 s4 s5 sev4 sev5 sev-4 sev-5 4 5'.split(
    ' ',
  ),
  none: 'none null ok normal nothing off'.split(' '),
};

const WORD_BY_SPELLING = new Map<string, Word>(
  (Object.keys(SPELLINGS) as Word[]).flatMap((word) =>
    SPELLINGS[word].map((spelling): [string, Word] => [spelling, word]),
  ),
);

/** Labels that senders use for it, the usual one first. */
const SEVERITY_LABELS = ['severity', 'priority', 'sev', 'level', 'urgency'];

export const WORDS_WORST_FIRST: readonly Word[] = ['critical', 'error', 'warning', 'info', 'none'];

export interface WrittenSeverity {
  readonly word: Word;
  /** As the labels have it, with the name of a label that is not `severity`. */
  readonly spelling: string;
}

/** What the labels say; `undefined` when none of them has a word that is known. */
export function writtenSeverityOf(labels: Labels): WrittenSeverity | undefined {
  for (const name of SEVERITY_LABELS) {
    const spelling = labelValueOf(labels, name).trim().toLowerCase();
    const word = WORD_BY_SPELLING.get(spelling);
    if (word !== undefined) return { word, spelling: name === 'severity' ? spelling : `${name} ${spelling}` };
  }
  return undefined;
}

export function severityWordOf(labels: Labels): Word | undefined {
  return writtenSeverityOf(labels)?.word;
}

/** Points of what the labels say, as each analysis begins with them: the more, the more urgent. */
export function severityPointsOf(labels: Labels): number {
  return pointsOf(severityWordOf(labels));
}

/** A word that is not known counts as a warning. */
export function pointsOf(word: Word | undefined): number {
  return POINTS_OF_WORD[word ?? 'warning'];
}
