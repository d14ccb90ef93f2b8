export type { AlertPost } from './alert.ts';
export type { NotificationRecord } from './notification-log.ts';
export type {
  FailureCategory,
  Notification,
  NotificationReason,
  Receiver,
  SendResult,
} from './notify/receiver.ts';
export { compileRoutes } from './route/route.ts';
export {
  createAlertPipeline,
  type AlertPipeline,
  type AlertPipelineDeps,
  type AlertSetup,
} from './pipeline.ts';
