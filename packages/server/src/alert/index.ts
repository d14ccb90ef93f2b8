export type { AlertPost } from './alert.ts';
export type { NotificationRecord } from './notification-log.ts';
export type {
  FailureCategory,
  Notification,
  NotificationReason,
  Receiver,
  SendResult,
} from './notify/receiver.ts';
export {
  createAlertPipeline,
  type AlertGroupStatus,
  type AlertPipeline,
  type AlertPipelineDeps,
} from './pipeline.ts';
