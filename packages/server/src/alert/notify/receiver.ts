import type { Labels } from '@vedette/model';
import type { Alert } from '../alert.ts';
import type { PreparedMessage } from './prepared-message.ts';

/**
 * Sends one notification to one place: a channel to people, later the guard or a playbook. Adapters:
 * one folder each. A receiver keeps no state of its own about alerts; whether, when and how often it is
 * called is the pipeline's business. Calls may overlap.
 */
export interface Receiver {
  /** The name in the configuration, shared by all integrations of that receiver. */
  readonly name: string;
  /** The kind of channel, a word of a small fixed set: `webhook`, `log`. */
  readonly integration: string;
  /** Position among the integrations of its name and kind, from 0; with both the identity across restarts. */
  readonly index: number;
  /** False: it hears of firing alerts only. */
  readonly sendsResolved: boolean;
  /**
   * One attempt. Never rejects for what the other side does: that is a result. Ends soon after `signal`
   * aborts (the deadline or the end of the process), then with any result. The same `id` may come again
   * when an earlier outcome is unknown: where the channel can, it must not show it twice.
   */
  send(notification: Notification, signal: AbortSignal): Promise<SendResult>;
}

export interface Notification {
  /** The idempotency key: equal for every attempt of one notification, also after a crash. */
  readonly id: string;
  readonly receiver: string;
  readonly groupKey: string;
  readonly groupLabels: Labels;
  /** Firing when any alert fires. */
  readonly status: 'firing' | 'resolved';
  /** Not empty. Sorted by job, instance, labels; resolved ones only if the receiver sends them. */
  readonly alerts: readonly Alert[];
  /** Why it is sent now. */
  readonly reason: NotificationReason;
  /** What this receiver returned with its last delivery about this group; empty at the first. */
  readonly receiverData: ReceiverData;
  /** What to say, word for word: no template is filled. Absent: the texts of the configuration, as always. */
  readonly prepared?: PreparedMessage | undefined;
}

/** In the order in which they are asked; Alertmanager's words, the first two and the last two aside. */
export type NotificationReason =
  | 'storm digest'
  | 'unconfirmed'
  | 'first notification'
  | 'new alerts added'
  | 'all alerts resolved'
  | 'some alerts resolved'
  | 'repeat interval elapsed'
  /** What the monitor agent found about alerts of the group. */
  | 'analysis'
  /** Somebody tries the channel; no group stands behind it. */
  | 'test';

/** What a channel has to know of a message when it speaks of the same group again: where it stands, to change it. */
export type ReceiverData = Readonly<Record<string, string>>;

/** Of one group and receiver, as JSON, in UTF-16 units; ids and times of messages are a few dozen. What is more is not kept. */
export const RECEIVER_DATA_CHARS_MAX = 2048;

/** What the other side answered, for the history. */
export interface SendAnswer {
  readonly status: number;
  /** Its beginning, a few hundred characters at most; no secrets of ours. */
  readonly text: string;
}

export type SendResult =
  | {
      readonly kind: 'delivered';
      readonly answer?: SendAnswer | undefined;
      /** Kept for the next notification of the group; absent: what was kept stays. */
      readonly receiverData?: ReceiverData | undefined;
    }
  | {
      readonly kind: 'failed';
      /** False: the same notification will never be taken. */
      readonly isRetriable: boolean;
      /** How long the other side asked to be left alone. */
      readonly retryAfterMs?: number | undefined;
      readonly category: FailureCategory;
      /** For people; no secrets. */
      readonly error: string;
      readonly answer?: SendAnswer | undefined;
    };

/** The values of the metric label `reason`. */
export const FAILURE_CATEGORIES = [
  'authError',
  'clientError',
  'deadline',
  'network',
  'other',
  'rateLimited',
  'serverError',
] as const;
export type FailureCategory = (typeof FAILURE_CATEGORIES)[number];
