export type { Decision, DecisionEvent, DecisionEvidence } from './guard/decision.ts';
export type {
  Appeals,
  BanRequest,
  DecisionFeed,
  DecisionQuery,
  DecisionView,
  GuardService,
  PolicyStatus,
  Reviewer,
} from './guard/port.ts';
