// What decides is behind a door of its own, guard/index.ts.
export { AllowList } from './guard/allow-list.ts';
export type { GuardSettings } from './guard/config.ts';
export type { Decision, DecisionEvent, DecisionEvidence } from './guard/decision.ts';
export type { GuardServiceDeps, GuardSetup, RunningGuardService } from './guard/guard-service.ts';
export type { Judgement } from './guard/judge.ts';
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
export type { RehearsalOptions } from './guard/rehearsal.ts';
export type { PrivacyOffice, SubjectMemory } from './privacy/privacy-office.ts';
export type {
  AnalyseOptions,
  AnalysisDesk,
  AnalysisNarrator,
  AnalysisTarget,
  ReadOnlyTool,
  ReportNews,
} from './agent/port.ts';
export { TOLD_FORMS, toldReport, type ToldForm } from './agent/told-report.ts';
export { findRequestStatus, STATUS_LABELS, type RequestStatus } from './agent/request-status.ts';
export { severityPointsOf } from './agent/severity-words.ts';
export { fillRate } from './agent/fill-rate.ts';
export { deviationOf, LASTING_SCORE, type Deviation } from './agent/rank/deviation.ts';
export {
  RUNBOOK_SECTIONS,
  type AlertIdentity,
  type Runbook,
  type RunbookLibrary,
  type RunbookMatch,
} from './runbook/runbook.ts';
export type { NotifySettings as ReportNotifySettings } from './agent/notify/config.ts';
export type { ReportNotifier } from './agent/notify/report-notifier.ts';
export { stepsOf, type RunbookStep } from './runbook/steps.ts';
