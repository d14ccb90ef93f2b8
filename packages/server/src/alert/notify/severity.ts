/** The four words by which channels tell how bad it is. */
import { labelValueOf } from '@vedette/model';
import type { Alert } from '../alert.ts';

/** The worst first. */
const SEVERITIES = ['critical', 'error', 'warning', 'info'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** The word that a text means, whatever its case. */
export function findSeverity(text: string): Severity | undefined {
  const word = text.trim().toLowerCase();
  return SEVERITIES.find((severity) => severity === word);
}

/** The worst of their labels `severity`; undefined when none of them has one of the four words. */
export function findWorstSeverity(alerts: readonly Alert[]): Severity | undefined {
  return findWorst(alerts.map(({ labels }) => labelValueOf(labels, 'severity')));
}

/** The worst of several words; undefined when none of them is one of the four. */
export function findWorst(words: readonly string[]): Severity | undefined {
  const found = new Set(words.map(findSeverity));
  return SEVERITIES.find((severity) => found.has(severity));
}
