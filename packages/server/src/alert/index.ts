export { fingerprintOf } from './fingerprint.ts';
export type { HandlerOutcome, WebhookHandler } from './intake/webhook-handlers.ts';
export { USER_BEHAVIOR_SOURCE, type WebhookAlert, type WebhookMessage } from './intake/webhook-message.ts';
export { isResolvedAt, type Alert, type AlertPost, type AlertTime } from './alert.ts';
export type { AlertMutes } from './dispatch/muting.ts';
export { SOURCE_NAME } from './intake/config.ts';
export { createWebhookIntake, type AlertSourceStatus, type WebhookIntake } from './intake/webhook-intake.ts';
export { WEBHOOK_BODY_BYTES_MAX } from './intake/parse-webhook.ts';
export type { AlertExplanation } from './explain/explanation.ts';
export type { AttemptPage, AttemptQuery } from './history/attempt-log.ts';
export { channelPlacesOf, type ChannelPlace } from './channel-places.ts';
export { createAlertMatcher, formatAlertMatcher } from './matchers/matcher.ts';
export { createAlertForwarder, type AlertForwarder } from './forward/alert-forwarder.ts';
export { parseMatcher, parseMatchers } from './matchers/parse.ts';
export type { NotificationRecord } from './notification-log.ts';
export type {
  FailureCategory,
  Notification,
  NotificationReason,
  Receiver,
  SendResult,
} from './notify/receiver.ts';
export { cleanText } from './notify/clean-text.ts';
export { cutToBytes, cutToChars } from './notify/cut-text.ts';
export { DINGTALK_ESCAPES } from './notify/dingtalk/escapes.ts';
export { FEISHU_ESCAPES } from './notify/feishu/escapes.ts';
export {
  PREPARED_BRIEF_BYTES_MAX,
  PREPARED_CARD_BYTES_MAX,
  PREPARED_NOTE_BYTES_MAX,
  PREPARED_TITLE_CHARS_MAX,
  type PreparedMessage,
} from './notify/prepared-message.ts';
export { slackText } from './notify/slack/text.ts';
export type { PreparedNotice } from './tell-prepared.ts';
export type { PushDesk, PushSubscriptionRecord } from './notify/web-push/push-desk.ts';
export { isZeroTime, parseRfc3339 } from './rfc3339.ts';
export { compileRoutes } from './route/route.ts';
export type { AlertPipelineLimits } from './pipeline-limits.ts';
export type { SilenceBook, SilenceEvent } from './silence/silence-book.ts';
export type { SilencePreview } from './silence/silence-preview.ts';
export { silenceStateAt, type Silence, type SilenceDraft } from './silence/silence.ts';
export type { TestOutcome } from './test-message.ts';
export {
  createAlertPipeline,
  type AlertGroupStatus,
  type AlertPipeline,
  type AlertPipelineDeps,
  type AlertSetup,
} from './pipeline.ts';
