/**
 * A program that takes more than its share: it asks four times a second; when it is slowed, it opens a dozen connections
 * (as such programs do); refused, it knocks once a second until it is let in again. Then it behaves, and after a while
 * begins anew.
 */
import { pause, type Visitor } from './visitor.ts';

const PACE_MS = 250;
const CONNECTIONS = 12;
const KNOCK_MS = 1000;

/** Longer than the window of the policy, so that the next round begins from nothing. */
const REST_MS = 11_000;

export async function misbehave(visitor: Visitor, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await hurry(visitor, signal);
    await knock(visitor, signal);
    await pause(REST_MS, signal);
  }
}

/** Until it is refused. */
async function hurry(visitor: Visitor, signal: AbortSignal): Promise<void> {
  let connections = 1;
  while (!signal.aborted) {
    const looks = Array.from({ length: connections }, (_, i) => visitor.look((i % 3) + 1));
    const outcomes = await Promise.all(looks);
    if (outcomes.includes('refused')) return;
    if (outcomes.includes('slowed')) connections = CONNECTIONS;
    await pause(PACE_MS, signal);
  }
}

/** Until it is let in. */
async function knock(visitor: Visitor, signal: AbortSignal): Promise<void> {
  do await pause(KNOCK_MS, signal);
  while (!signal.aborted && (await visitor.look(1)) === 'refused');
}
