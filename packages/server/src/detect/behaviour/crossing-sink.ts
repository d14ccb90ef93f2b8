import type { SubjectScope } from '@vedette/sdk';
import type { Policy, PolicyStep } from './policy.ts';

/** A subject is past a threshold, and an exact count has confirmed it. Told again while it stays there, at most once per second. */
export interface Crossing {
  readonly policy: Policy;
  /** The highest step that is passed. */
  readonly step: PolicyStep;
  readonly scope: SubjectScope;
  readonly subject: string;
  readonly atMs: number;
  readonly evidence: CrossingEvidence;
}

/** What the judgement rests on, kept with the decision. */
export interface CrossingEvidence {
  /** What was measured: a count, or a share from 0 to 1. */
  readonly value: number;
  /** In force at that moment: `over` times the factor. */
  readonly threshold: number;
  readonly over: number;
  /** 1 when the policy is not dynamic. */
  readonly factor: number;
  readonly windowMs: number;
  /** The action of a share; else the most frequent ones, at most 5. */
  readonly topActions: readonly { readonly action: string; readonly count: number }[];
}

/** Declared here, since judgement comes before action: `respond/guard` takes crossings. */
export interface CrossingSink {
  /** Synchronous and quick: what must be written is written behind it. Must not throw. */
  cross(crossings: readonly Crossing[]): void;
}
