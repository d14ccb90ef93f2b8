/** Puts an explanation together from what was read of the stage at one moment. Pure. */
import type { Labels } from '@vedette/model';
import type { Alert } from '../alert.ts';
import { rfc3339Of } from '../go-text.ts';
import type { Attempt } from '../history/attempt-log.ts';
import type { LoggedNotification, NotificationRecord } from '../notification-log.ts';
import type { Receiver } from '../notify/receiver.ts';
import { groupKeyFor, type Route } from '../route/route.ts';
import type { Silence } from '../silence/silence.ts';
import type {
  AlertExplanation,
  ExplainedInhibitor,
  GroupSnapshot,
  IntegrationExplanation,
  QuietSnapshot,
  RouteExplanation,
  ToldSnapshot,
} from './explanation.ts';
import { nextMessageOf, type FlushForecast } from './next-message.ts';
import { explainRoutes } from './route-steps.ts';

export interface ExplainSnapshot {
  readonly nowMs: number;
  /** The alert; when nobody has posted it, what it would be. */
  readonly subject: Alert;
  readonly state: AlertExplanation['state'];
  readonly root: Route;
  readonly inhibitedBy: readonly ExplainedInhibitor[];
  readonly silencedBy: readonly Silence[];
  /** One per route that takes it, in the order of the tree. */
  readonly places: readonly PlaceSnapshot[];
  /** See `AlertingCorrections`. */
  readonly repeatsOnTime: boolean;
  /** Whether alerts cool after they were told. */
  readonly hasCooldown: boolean;
}

export interface PlaceSnapshot {
  readonly route: Route;
  readonly groupLabels: Labels;
  readonly group: GroupSnapshot | undefined;
  /** Whether the group has the alert, or would get it when it began to fire. */
  readonly isHeld: boolean;
  readonly quiet: QuietSnapshot | undefined;
  readonly flushes: readonly [FlushForecast, ...FlushForecast[]];
  readonly unmuted: FlushForecast | undefined;
  readonly integrations: readonly IntegrationSnapshot[];
}

export interface IntegrationSnapshot {
  readonly receiver: Pick<Receiver, 'integration' | 'index' | 'sendsResolved'>;
  readonly logged: LoggedNotification | undefined;
  readonly unconfirmed: LoggedNotification | undefined;
  readonly retrying: NotificationRecord | undefined;
  readonly lastFailure: Attempt | undefined;
}

export function explainAlert(snapshot: ExplainSnapshot): AlertExplanation {
  const { subject, state } = snapshot;
  const routes = snapshot.places.map((place) => routeOf(snapshot, place));
  return {
    atMs: snapshot.nowMs,
    summary: summaryOf(state, routes),
    fingerprint: subject.fingerprint,
    labels: subject.labels,
    state,
    alert: state === 'hypothetical' ? undefined : subject,
    inhibitedBy: snapshot.inhibitedBy,
    silencedBy: snapshot.silencedBy,
    tree: explainRoutes(snapshot.root, subject.labels),
    routes,
  };
}

function routeOf(snapshot: ExplainSnapshot, place: PlaceSnapshot): RouteExplanation {
  const { route, groupLabels, group, quiet } = place;
  return {
    id: route.id,
    receiver: route.receiver,
    groupKey: groupKeyFor(route, groupLabels),
    groupLabels,
    groupWaitMs: route.groupWaitMs,
    groupIntervalMs: route.groupIntervalMs,
    repeatIntervalMs: route.repeatIntervalMs,
    group,
    quiet,
    integrations: place.integrations.map((one) => integrationOf(snapshot, place, one)),
  };
}

function integrationOf(
  { subject, state, repeatsOnTime, hasCooldown }: ExplainSnapshot,
  place: PlaceSnapshot,
  { receiver, logged, unconfirmed, retrying, lastFailure }: IntegrationSnapshot,
): IntegrationExplanation {
  const { fingerprint } = subject;
  const { groupWaitMs, groupIntervalMs, repeatIntervalMs } = place.route;
  const next = nextMessageOf({
    fingerprint,
    isFiring: state !== 'resolved',
    isHeld: place.isHeld,
    hasFlushed: place.group?.hasFlushed ?? false,
    flushes: place.flushes,
    unmuted: place.unmuted,
    logged,
    unconfirmed,
    retrying,
    sendsResolved: receiver.sendsResolved,
    repeatsOnTime,
    hasCooldown,
    groupWaitMs,
    groupIntervalMs,
    repeatIntervalMs,
  });
  return {
    integration: receiver.integration,
    index: receiver.index,
    sendsResolved: receiver.sendsResolved,
    told: toldOf(logged, fingerprint),
    unconfirmed: toldOf(unconfirmed, fingerprint),
    retrying: retrying && {
      id: retrying.id,
      atMs: retrying.atMs,
      attempts: retrying.attempts,
      error: retrying.error ?? '',
    },
    lastError: lastFailure && {
      atMs: lastFailure.atMs,
      category: lastFailure.category ?? 'other',
      error: lastFailure.error ?? '',
    },
    next,
  };
}

function toldOf(logged: LoggedNotification | undefined, fingerprint: string): ToldSnapshot | undefined {
  if (logged === undefined) return undefined;
  const { id, atMs, firing, resolved } = logged;
  if (firing.includes(fingerprint)) return { id, atMs, said: 'firing' };
  return { id, atMs, said: resolved.includes(fingerprint) ? 'resolved' : undefined };
}

function summaryOf(state: AlertExplanation['state'], routes: readonly RouteExplanation[]): string {
  const told = state === 'hypothetical' ? 'Nobody has posted such an alert. If it began to fire now: ' : '';
  const all = routes.flatMap(({ receiver, integrations }) =>
    integrations.map(({ integration, next }) => ({ receiver, integration, next })),
  );
  const [first] = all;
  if (first === undefined) {
    const names = routes.map(({ receiver }) => `"${receiver}"`).join(', ');
    return `${told}Nobody is told: the receiver ${names} has no integration.`;
  }
  const [soonest] = all
    .flatMap(({ next, ...who }) => (next.atMs === undefined ? [] : [{ ...who, atMs: next.atMs, next }]))
    .sort((a, b) => a.atMs - b.atMs);
  if (soonest === undefined) return `${told}No message is due. ${first.next.text}`;
  const { receiver, integration, next, atMs } = soonest;
  if (next.reason === 'being retried') return `${told}${next.text}`;
  return `${told}The next message goes to "${receiver}" (${integration}) at ${rfc3339Of(atMs)}. ${next.text}`;
}
