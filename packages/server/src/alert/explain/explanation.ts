/** What "why was I not told?" is answered with: everything between an alert and the people it is for, at one moment. */
import type { Labels } from '@vedette/model';
import type { Alert } from '../alert.ts';
import type { MuteReason } from '../dispatch/muting.ts';
import type { InhibitRule } from '../inhibit/inhibit-index.ts';
import type { FailureCategory, NotificationReason } from '../notify/receiver.ts';
import type { Silence } from '../silence/silence.ts';

export interface AlertExplanation {
  readonly atMs: number;
  /** The answer in a sentence or two. */
  readonly summary: string;
  readonly fingerprint: string;
  readonly labels: Labels;
  /** `hypothetical`: nobody has posted it; all else tells what would be if it began to fire now. */
  readonly state: 'firing' | 'resolved' | 'hypothetical';
  /** `undefined` when hypothetical. */
  readonly alert: Alert | undefined;
  readonly inhibitedBy: readonly ExplainedInhibitor[];
  /** Those active now. */
  readonly silencedBy: readonly Silence[];
  /** The routes from the root down. */
  readonly tree: RouteStep;
  /** The routes that take it, in the order of the tree. */
  readonly routes: readonly RouteExplanation[];
}

export interface ExplainedInhibitor {
  readonly fingerprint: string;
  readonly labels: Labels;
  readonly rule: InhibitRule;
}

export interface RouteStep {
  readonly id: string;
  readonly receiver: string;
  readonly isContinued: boolean;
  /**
   * `taken`: it handles the alert. `passed`: it matches, and routes below it handle the alert. `refused`: a
   * matcher is not met. `not asked`: a route before it took the alert and does not say `continue`.
   */
  readonly verdict: 'taken' | 'passed' | 'refused' | 'not asked';
  readonly reason: string;
  /** Each on its own; empty when not asked. */
  readonly matchers: readonly MatcherStep[];
  /** Empty when it was refused or not asked. */
  readonly routes: readonly RouteStep[];
}

export interface MatcherStep {
  /** `team=~"db|web"`. */
  readonly matcher: string;
  /** What the alert has; empty when the label is absent. */
  readonly value: string;
  readonly isMet: boolean;
}

export interface RouteExplanation {
  readonly id: string;
  readonly receiver: string;
  readonly groupKey: string;
  readonly groupLabels: Labels;
  readonly groupWaitMs: number;
  readonly groupIntervalMs: number;
  readonly repeatIntervalMs: number;
  /** `undefined`: there is none yet, or none any more. */
  readonly group: GroupSnapshot | undefined;
  /** The time intervals that keep the route quiet now. */
  readonly quiet: QuietSnapshot | undefined;
  /** None: the receiver has no integration, and nobody hears of the alert this way. */
  readonly integrations: readonly IntegrationExplanation[];
}

export interface GroupSnapshot {
  /** Wall clock. */
  readonly nextFlushMs: number;
  /** Whether it was flushed before; until then group_wait runs. */
  readonly hasFlushed: boolean;
  readonly alertCount: number;
}

export interface QuietSnapshot {
  readonly reason: MuteReason;
  readonly names: readonly string[];
  /** When they let go; `undefined`: not within the next days. */
  readonly untilMs: number | undefined;
}

/** A message of the past, as far as it concerns the alert. */
export interface ToldSnapshot {
  readonly id: string;
  readonly atMs: number;
  /** What it said of the alert; `undefined`: nothing, it was about others of the group. */
  readonly said: 'firing' | 'resolved' | undefined;
}

export interface IntegrationExplanation {
  readonly integration: string;
  readonly index: number;
  readonly sendsResolved: boolean;
  /** The last confirmed message about the group. */
  readonly told: ToldSnapshot | undefined;
  /** A message that was begun and of which nobody knows whether it arrived. */
  readonly unconfirmed: ToldSnapshot | undefined;
  /** A message between two attempts. */
  readonly retrying:
    | { readonly id: string; readonly atMs: number; readonly attempts: number; readonly error: string }
    | undefined;
  /** The newest attempt that failed, of those that are still known. */
  readonly lastError:
    | { readonly atMs: number; readonly category: FailureCategory; readonly error: string }
    | undefined;
  readonly next: NextMessage;
}

/** When the alert is in a message next, as things stand: `atMs` is `undefined` when it is not, and `text` says why. */
export interface NextMessage {
  readonly atMs: number | undefined;
  readonly reason: NotificationReason | 'being retried' | undefined;
  readonly text: string;
}
