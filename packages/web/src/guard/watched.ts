import type { WatchedPolicy, WatchedSubject } from '../api/guard.ts';
import type { Tone } from '../design/tone.ts';

/** From here on somebody should look: the next burst may cross. */
const NEAR_RATIO = 0.8;
const HALF_RATIO = 0.5;

/** Over the first threshold, near it, at half of it, below. */
export function toneOfRatio(ratio: number): Tone {
  if (ratio > 1) return 'critical';
  if (ratio >= NEAR_RATIO) return 'warning';
  return ratio >= HALF_RATIO ? 'info' : 'unknown';
}

/** The step that comes next; beyond the last one, that. */
export function nextStepOf(
  { step }: Pick<WatchedSubject, 'step'>,
  { steps }: Pick<WatchedPolicy, 'steps'>,
): WatchedPolicy['steps'][number] | undefined {
  return steps[(step ?? -1) + 1] ?? steps.at(-1);
}
