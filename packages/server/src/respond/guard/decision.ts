import type { DecisionGrade, DecisionKind, SubjectScope } from '@vedette/sdk';
import type { CrossingEvidence } from '../../detect/index.ts';

/** A decision as it is kept and shown: never changed, only followed by events (`DecisionEvent`). */
export interface Decision {
  /** A UUID. */
  readonly id: string;
  readonly scope: SubjectScope;
  readonly subject: string;
  readonly kind: DecisionKind;
  readonly grade: DecisionGrade;
  /** Strikes of the subject with this one, from 1. */
  readonly level: number;
  /** Makes a decision graver that holds already: the same offence goes on, and is no strike of its own. Absent: no. */
  readonly isSameOffence?: boolean;
  readonly madeAtMs: number;
  /** `null`: until a person lifts it. */
  readonly untilMs: number | null;
  readonly reason: string;
  /** Name of the policy; `alert` for those that came as an alert, `person` for those that a person made. */
  readonly policy: string;
  readonly policyVersion: string;
  readonly mode: 'shadow' | 'canary' | 'enforce';
  /** Whether anybody is refused for it: not in shadow, nor for subjects outside a canary. */
  readonly isEnforced: boolean;
  readonly evidence: DecisionEvidence;
}

export type DecisionEvidence =
  | ({ readonly kind: 'crossing' } & CrossingEvidence)
  | {
      readonly kind: 'alert';
      readonly fingerprint: string;
      readonly startsAtMs: number;
      readonly alertName: string;
      readonly severity: string;
      readonly source: string;
    }
  | { readonly kind: 'person'; readonly by: string };

/** What became of a decision, in the order of the log. */
export type DecisionEvent =
  | { readonly kind: 'made'; readonly atMs: number; readonly decision: Decision }
  | {
      readonly kind: 'lifted';
      readonly atMs: number;
      readonly id: string;
      readonly by: string;
      readonly reason: string;
    }
  | {
      readonly kind: 'changed';
      readonly atMs: number;
      readonly id: string;
      readonly by: string;
      readonly reason: string;
      readonly grade: DecisionGrade;
      readonly untilMs: number | null;
    }
  | {
      readonly kind: 'approved';
      readonly atMs: number;
      readonly id: string;
      readonly by: string;
      readonly reason: string;
    }
  | { readonly kind: 'appealed'; readonly atMs: number; readonly id: string; readonly text: string }
  | { readonly kind: 'expired'; readonly atMs: number; readonly id: string };
