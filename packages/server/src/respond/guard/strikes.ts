/**
 * What a subject has on its account: one strike for each offence that was decided about, halved with every half-life.
 * Strikes of decisions in force and of those that were only recorded are apart: what a policy in shadow sees must not
 * make anybody's next refusal longer, and yet its ladder must be seen to work.
 */
export interface Strikes {
  readonly score: number;
  readonly atMs: number;
}

export const NO_STRIKES: Strikes = { score: 0, atMs: 0 };

/** Below this a strike is as good as forgotten: two half-lives of one, and it rounds to none from half on. */
const FORGOTTEN_SCORE = 0.25;

export function scoreAt({ score, atMs }: Strikes, nowMs: number, halfLifeMs: number): number {
  // A clock that was set back makes nobody's strikes grow.
  return score * 2 ** (-Math.max(0, nowMs - atMs) / halfLifeMs);
}

/** The number of the strike that comes now, from 1. */
export function nextLevel(strikes: Strikes, nowMs: number, halfLifeMs: number): number {
  return 1 + Math.round(scoreAt(strikes, nowMs, halfLifeMs));
}

/** One more, or, when a person found a decision wrong, one less. */
export function addStrikes(strikes: Strikes, by: number, nowMs: number, halfLifeMs: number): Strikes {
  return { score: Math.max(0, scoreAt(strikes, nowMs, halfLifeMs) + by), atMs: nowMs };
}

export function isForgotten(strikes: Strikes, nowMs: number, halfLifeMs: number): boolean {
  return scoreAt(strikes, nowMs, halfLifeMs) < FORGOTTEN_SCORE;
}
