import type { PolicyMode } from '../../detect/index.ts';
import type { DecisionEvent } from './decision.ts';

/** What the log of the guard holds: the whole of its state, in the order in which it came to be. */
export type GuardEvent = LoggedDecisionEvent | ModeEvent;

/** `isHeldBack`: a blast-radius stop kept this decision from being in force. Only on `made`. */
export type LoggedDecisionEvent = DecisionEvent & { readonly isHeldBack?: boolean };

/** A policy has another mode than the one configured, or again that one. */
export interface ModeEvent {
  readonly kind: 'mode';
  readonly atMs: number;
  readonly policy: string;
  /** Of the policy's configuration: with another one the event means nothing any more. */
  readonly configuration: string;
  /** `undefined`: as configured. */
  readonly mode?: PolicyMode;
  readonly by: string;
  readonly reason: string;
  /** A brake did it. */
  readonly isTrip: boolean;
}

/** `by` of decisions that end because their alert did; no person's name, and no verdict on the policy. */
export const BY_ALERT = 'alert';
/** `policy` of decisions that came as an alert, and of those that a person made. */
export const ALERT_POLICY = 'alert';
export const PERSON_POLICY = 'person';
