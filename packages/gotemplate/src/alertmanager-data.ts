/**
 * What templates of notifications are about: Alertmanager's `template.Data` from plain objects.
 *
 * Printed are maps and pairs as Go prints them, not by the `String` method that later versions of Alertmanager
 * have; calling `.String` gives that text.
 */
import { parseGoTime, RFC3339 } from './go-time-parse.ts';
import { goTime, type GoTime, ZERO_TIME_NANOSECONDS } from './go-time.ts';
import { type GoZone, UTC_ZONE } from './go-zone.ts';
import { CallError } from './template-error.ts';
import { compareText } from './utf8.ts';
import {
  type GoFunction,
  type GoMap,
  type GoSlice,
  type GoStruct,
  type GoValue,
  goFunction,
  goSlice,
  goStringMap,
  textsOf,
} from './value.ts';

/** Label or annotation values by name. */
export type TextRecord = Readonly<Record<string, string>>;

/** One alert, as the webhook's body has it. */
export interface NotificationAlert {
  readonly status: 'firing' | 'resolved';
  readonly labels: TextRecord;
  readonly annotations: TextRecord;
  /** RFC 3339; nanoseconds and zone survive. What is no time is the zero time. */
  readonly startsAt: string;
  /** `0001-01-01T00:00:00Z` while nothing is known about it. */
  readonly endsAt: string;
  readonly generatorURL: string;
  readonly fingerprint: string;
}

/** A notification, as the webhook's body has it. */
export interface NotificationData {
  /** As Alertmanager hands it out: quoted as for a regular expression. */
  readonly receiver: string;
  readonly status: 'firing' | 'resolved';
  readonly alerts: readonly NotificationAlert[];
  readonly groupLabels: TextRecord;
  readonly commonLabels: TextRecord;
  readonly commonAnnotations: TextRecord;
  readonly externalURL: string;
  /** Labels of the route, as of Alertmanager 0.34; for `routeLabels`, too. */
  readonly routeLabels?: TextRecord | undefined;
  /** Why now: `first notification`, `repeat interval elapsed` … (Alertmanager 0.32 and later). */
  readonly notificationReason?: string | undefined;
}

/** The dot of a notification's templates; `local` is the zone of `.Local`. */
export function goNotificationData(data: NotificationData, local: GoZone): GoStruct {
  const values: [field: string, json: string, value: GoValue][] = [
    ['Receiver', 'receiver', data.receiver],
    ['Status', 'status', data.status],
    ['Alerts', 'alerts', goAlerts(data.alerts, local)],
    ['NotificationReason', 'notification_reason', data.notificationReason ?? ''],
    ['GroupLabels', 'groupLabels', goKv(data.groupLabels)],
    ['CommonLabels', 'commonLabels', goKv(data.commonLabels)],
    ['CommonAnnotations', 'commonAnnotations', goKv(data.commonAnnotations)],
    ['RouteLabels', 'routeLabels', goKv(data.routeLabels ?? {})],
    ['ExternalURL', 'externalURL', data.externalURL],
  ];
  return struct('template.Data', values);
}

function struct(
  type: string,
  values: readonly (readonly [field: string, json: string, value: GoValue])[],
): GoStruct {
  return {
    kind: 'struct',
    type,
    fields: new Map(values.map(([field, , value]) => [field, value])),
    jsonNames: new Map(values.map(([field, json]) => [field, json])),
  };
}

const getter = (value: () => GoValue): GoFunction => goFunction([], value);

function goAlerts(alerts: readonly NotificationAlert[], local: GoZone): GoSlice {
  const all = alerts.map((alert) => ({ status: alert.status, value: goAlert(alert, local) }));
  const only = (status: string): GoSlice =>
    goSlice(
      all.filter((alert) => alert.status === status).map(({ value }) => value),
      '[]template.Alert',
    );
  return {
    kind: 'slice',
    type: 'template.Alerts',
    elements: all.map(({ value }) => value),
    methods: new Map([
      ['Firing', getter(() => only('firing'))],
      ['Resolved', getter(() => only('resolved'))],
    ]),
  };
}

function goAlert(alert: NotificationAlert, local: GoZone): GoStruct {
  return struct('template.Alert', [
    ['Status', 'status', alert.status],
    ['Labels', 'labels', goKv(alert.labels)],
    ['Annotations', 'annotations', goKv(alert.annotations)],
    ['StartsAt', 'startsAt', timeOfText(alert.startsAt, local)],
    ['EndsAt', 'endsAt', timeOfText(alert.endsAt, local)],
    ['GeneratorURL', 'generatorURL', alert.generatorURL],
    ['Fingerprint', 'fingerprint', alert.fingerprint],
  ]);
}

function timeOfText(text: string, local: GoZone): GoTime {
  try {
    const { nanoseconds, options } = parseGoTime(RFC3339, text, UTC_ZONE);
    return goTime(nanoseconds, { ...options, local });
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    return goTime(ZERO_TIME_NANOSECONDS, { type: 'time.Time', zone: UTC_ZONE, local });
  }
}

/** Labels or annotations, with the methods of `template.KV`. */
function goKv(texts: TextRecord): GoMap {
  const entries = new Map(Object.entries(texts));
  return {
    ...goStringMap(entries),
    type: 'template.KV',
    methods: new Map([
      ['SortedPairs', getter(() => goPairs(entries))],
      ['Names', getter(() => strings(sortedNames(entries)))],
      ['Values', getter(() => strings(sortedNames(entries).map((name) => entries.get(name))))],
      ['Remove', goFunction(['[]string'], ([names]) => without(texts, textsOf(names)))],
      ['String', getter(() => pairsText(entries))],
    ]),
  };
}

const strings = (elements: readonly GoValue[]): GoSlice => goSlice(elements, '[]string');

function without(texts: TextRecord, names: readonly string[]): GoMap {
  const removed = new Set(names);
  return goKv(Object.fromEntries(Object.entries(texts).filter(([name]) => !removed.has(name))));
}

/** By name, `alertname` first. */
function sortedNames(entries: ReadonlyMap<string, string>): string[] {
  const names = [...entries.keys()].filter((name) => name !== 'alertname').sort(compareText);
  return entries.has('alertname') ? ['alertname', ...names] : names;
}

function goPairs(entries: ReadonlyMap<string, string>): GoSlice {
  const names = sortedNames(entries);
  const pairs = names.map((name) =>
    struct('template.Pair', [
      ['Name', 'Name', name],
      ['Value', 'Value', entries.get(name)],
    ]),
  );
  return {
    ...goSlice(pairs, 'template.Pairs'),
    methods: new Map([
      ['Names', getter(() => strings(names))],
      ['Values', getter(() => strings(names.map((name) => entries.get(name))))],
      ['String', getter(() => pairsText(entries))],
    ]),
  };
}

function pairsText(entries: ReadonlyMap<string, string>): string {
  return sortedNames(entries)
    .map((name) => `${name}=${entries.get(name) ?? ''}`)
    .join(', ');
}
