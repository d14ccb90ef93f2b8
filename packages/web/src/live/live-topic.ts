import type {
  AlertSummary,
  LiveBan,
  LiveQueryDelta,
  LiveQuerySnap,
  NotificationEntry,
  QuerySubscription,
  StatusSummary,
} from '@vedette/api';
import { applyDelta, frameOfSnap, type Frame } from '../chart/frame.ts';

/** What one can subscribe to, with its parameters. */
export type LiveRequest =
  | { readonly topic: 'query'; readonly params: QuerySubscription }
  | {
      readonly topic: 'alerts' | 'status' | 'notifications' | 'bans';
      readonly params: { readonly paused?: boolean };
    };

/** The newest state of a subscription, by topic. */
export type LiveValueOf =
  | { readonly topic: 'query'; readonly frame: Frame; readonly errors: readonly QueryFault[] }
  | { readonly topic: 'alerts'; readonly alerts: readonly AlertSummary[] }
  | { readonly topic: 'status'; readonly status: StatusSummary }
  | { readonly topic: 'notifications'; readonly notifications: readonly NotificationEntry[] }
  | { readonly topic: 'bans'; readonly bans: readonly LiveBan[] };

/** An expression that failed, with the 0-based position of the fault where it is known. */
export interface QueryFault {
  readonly q: number;
  readonly message: string;
  readonly position?: number;
}

/** The state after a snap. The server is ours and of the same version: its frames are not validated again. */
export function valueOfSnap(topic: LiveRequest['topic'], data: unknown): LiveValueOf {
  switch (topic) {
    case 'query': {
      const snap = data as LiveQuerySnap;
      return { topic, frame: frameOfSnap(snap), errors: snap.errors ?? [] };
    }
    case 'alerts':
      return { topic, alerts: data as readonly AlertSummary[] };
    case 'status':
      return { topic, status: data as StatusSummary };
    case 'notifications':
      return { topic, notifications: data as readonly NotificationEntry[] };
    case 'bans':
      return { topic, bans: data as readonly LiveBan[] };
  }
}

/** The state after a delta. Lists and status carry the whole each time. */
export function valueOfDelta(value: LiveValueOf, data: unknown): LiveValueOf {
  if (value.topic !== 'query') return valueOfSnap(value.topic, data);
  return { ...value, frame: applyDelta(value.frame, data as LiveQueryDelta) };
}
