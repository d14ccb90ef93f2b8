/**
 * How bad it is: a sum of points that anybody can check, in four steps. Each point has a reason, and none is below
 * zero: more harm never makes an alert less urgent.
 *
 * The rule's own word counts most, since somebody thought about it: critical alone is P2, and becomes P1 by any proof
 * that users or many machines are hit. A warning becomes P1 when a whole job is down and its requests fail.
 */
import type { AnalysisSeverity, Priority, SeverityLevel } from '@vedette/api';
import type { Labels } from '@vedette/model';
import { pointsOf, WORDS_WORST_FIRST, writtenSeverityOf, type WrittenSeverity } from './severity-words.ts';
import { counted, shownPercent, shownSpan } from './words.ts';

export interface Harm {
  /** Of all alerts of the subject. */
  readonly labels: readonly Labels[];
  readonly isFiring: boolean;
  /** So long it fires, or fired. */
  readonly durationMs: number;
  /** Alerts that fire. */
  readonly alertCount: number;
  readonly instanceCount: number;
  readonly serviceCount: number;
  /** Targets with `up` 0, of all that were looked at: those of the alert's job, or those that it names. */
  readonly downCount: number;
  readonly targetCount: number;
  readonly areTargetsOfJob: boolean;
  /** Of requests with the alert's labels; `undefined`: nothing is known of them. */
  readonly errorRatio: number | undefined;
  /** Of all requests that this server knows of. */
  readonly trafficShare: number | undefined;
}

/** From how many points on. */
const PRIORITY_POINTS: readonly (readonly [Priority, number])[] = [
  ['P1', 70],
  ['P2', 45],
  ['P3', 20],
];

const LEVEL_OF_PRIORITY: Readonly<Record<Priority, SeverityLevel>> = {
  P1: 'critical',
  P2: 'error',
  P3: 'warning',
  P4: 'info',
};

export function severityOf(harm: Harm): AnalysisSeverity {
  const worst = worstOf(harm.labels);
  const word = worst?.word;
  const reasons = [reasonOfWord(worst), ...reasonsOf(harm)].filter(({ points }) => points > 0);
  const score = reasons.reduce((sum, { points }) => sum + points, 0);
  const priority = PRIORITY_POINTS.find(([, from]) => score >= from)?.[0] ?? 'P4';
  const level = worseLevelOf(
    word === undefined || word === 'none' ? 'info' : word,
    LEVEL_OF_PRIORITY[priority],
  );
  return { priority, level, score, reasons };
}

interface Reason {
  readonly text: string;
  readonly points: number;
}

/** By points: an alert without a word that is known is worse than one that says `info`. */
function worstOf(all: readonly Labels[]): WrittenSeverity | undefined {
  const written = all.map(writtenSeverityOf);
  const worst = WORDS_WORST_FIRST.map((word) => written.find((one) => one?.word === word)).find(
    (found) => found !== undefined,
  );
  return written.includes(undefined) && pointsOf(worst?.word) < pointsOf(undefined) ? undefined : worst;
}

/** In the sender's own word, and what it counts as where that is another one. */
function reasonOfWord(written: WrittenSeverity | undefined): Reason {
  const points = pointsOf(written?.word);
  if (written === undefined)
    return { text: 'the alert has no severity that is known, which counts as a warning', points };
  const { word, spelling } = written;
  const meaning = spelling === word ? '' : `, which counts as ${word}`;
  return { text: `its labels say ${spelling}${meaning}`, points };
}

function reasonsOf(harm: Harm): readonly Reason[] {
  const { alertCount, instanceCount, serviceCount, durationMs, isFiring } = harm;
  return [
    {
      text: `${counted(alertCount, 'alert')} of one group`,
      points: stepOf(alertCount, [2, 3], [5, 6], [20, 10]),
    },
    {
      text: `${counted(instanceCount, 'instance')} hit`,
      points: stepOf(instanceCount, [2, 5], [5, 10], [20, 15]),
    },
    { text: `${counted(serviceCount, 'service')} hit`, points: stepOf(serviceCount, [2, 8], [5, 12]) },
    downReason(harm),
    ...trafficReasons(harm),
    {
      text: `${isFiring ? 'it has been firing' : 'it fired'} for ${shownSpan(durationMs)}`,
      points: stepOf(durationMs / 60_000, [15, 3], [60, 6], [360, 8]),
    },
  ];
}

function downReason({ downCount, targetCount, areTargetsOfJob }: Harm): Reason {
  const isAll = downCount > 0 && downCount >= targetCount;
  // Others of their jobs may be up: nobody looked.
  if (isAll && !areTargetsOfJob)
    return { text: `all targets that the alert names are down (${downCount})`, points: 15 };
  if (isAll) return { text: `all targets of the job are down (${downCount})`, points: 25 };
  return { text: `${counted(downCount, 'target')} of ${targetCount} down`, points: downCount > 0 ? 15 : 0 };
}

function trafficReasons({ errorRatio, trafficShare }: Harm): readonly Reason[] {
  const reasons: Reason[] = [];
  if (errorRatio !== undefined)
    reasons.push({
      text: `${shownPercent(errorRatio)} of the requests fail`,
      points: stepOf(errorRatio, [0.01, 8], [0.05, 15], [0.25, 25]),
    });
  if (trafficShare !== undefined)
    reasons.push({
      text: `${shownPercent(trafficShare)} of all requests go there`,
      points: stepOf(trafficShare, [0.1, 5], [0.5, 10]),
    });
  return reasons;
}

/** Points of the highest step reached. */
function stepOf(value: number, ...steps: readonly (readonly [from: number, points: number])[]): number {
  return steps.findLast(([from]) => value >= from)?.[1] ?? 0;
}

function worseLevelOf(a: SeverityLevel, b: SeverityLevel): SeverityLevel {
  return WORDS_WORST_FIRST.indexOf(a) < WORDS_WORST_FIRST.indexOf(b) ? a : b;
}
