export { processedAnswerOf, USER_BEHAVIOR_SOURCE, type ProcessedAnswer } from './guard/alert-webhook.ts';
export { AllowList } from './guard/allow-list.ts';
export { defaultGuardSettings, guardShape, type GuardSettings } from './guard/config.ts';
export type { Decision, DecisionEvent, DecisionEvidence } from './guard/decision.ts';
export { isAsGrave } from './guard/gravity.ts';
export {
  createGuardService,
  type GuardServiceDeps,
  type GuardSetup,
  type RunningGuardService,
} from './guard/guard-service.ts';
export { IdNotice } from './guard/id-notice.ts';
export type { Judgement } from './guard/judge.ts';
export { GuardRehearsal, type RehearsalOptions } from './guard/rehearsal.ts';
export type {
  Appeals,
  BanRequest,
  DecisionFeed,
  DecisionQuery,
  DecisionView,
  ErasedCounts,
  GuardService,
  PolicyStatus,
  Reviewer,
} from './guard/port.ts';
export { ErasedSubjects } from './privacy/erased-subjects.ts';
export { createPrivacyOffice, type PrivacyOffice, type SubjectMemory } from './privacy/privacy-office.ts';
