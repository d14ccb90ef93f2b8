export type { Alert, AlertPost } from './alert.ts';
export type { AlertMutes } from './dispatch/muting.ts';
export { createAlertMatcher } from './matchers/matcher.ts';
export { parseMatcher } from './matchers/parse.ts';
export type { NotificationRecord } from './notification-log.ts';
export type {
  FailureCategory,
  Notification,
  NotificationReason,
  Receiver,
  SendResult,
} from './notify/receiver.ts';
export { compileRoutes } from './route/route.ts';
export { silenceStateAt, type Silence, type SilenceDraft } from './silence/silence.ts';
export {
  createAlertPipeline,
  type AlertGroupStatus,
  type AlertPipeline,
  type AlertPipelineDeps,
  type AlertSetup,
} from './pipeline.ts';
