/**
 * What every channel must have heard, told from the rules and not from the code: an independent model of the alert
 * path that sees what goes in (alerts, silences, reloads, the clock), what comes out (messages) and the weather.
 *
 * | promise | broken when |
 * |---|---|
 * | no lost message | an alert fires, unmuted, its channel is well, the process is up, all of that for longer than the waits of its route, and the channel was not told |
 * | every resolution | a channel that wants resolutions was told that an alert fires, the alert ended, and it does not hear so in the same time, muted or not |
 * | repeats | a firing group is not told again when repeat_interval and the waits have passed; or it is told again sooner, though nothing changed |
 * | once | a message comes twice under one id, though its end was on record and no process died in between, and no answer was lost |
 * | quiet | a message names an alert as firing that has been muted for longer than a delivery may last, or one that has been over for so long |
 *
 * All that a slow or broken channel may do is delay itself: of the others, only their own weather counts.
 */
import type { Notification } from '../../packages/server/src/alert/notify/receiver.ts';
import type { Channel } from './channel.ts';
import {
  isSelected,
  MINUTE_MS,
  SECOND_MS,
  type InhibitSpec,
  type RouteSpec,
  type Selector,
  type World,
} from './world.ts';

/** A flush has at least this long. */
const DELIVERY_MS_MIN = 10 * SECOND_MS;

/** Steps of the model, answers of channels that are well, the longest pause between two attempts. */
const SLACK_MS = 150 * SECOND_MS;

/** Where an alert stands in a tree. */
interface Place {
  readonly route: RouteSpec;
  readonly groupKey: string;
  /** The last moments at which it was seen muted and not muted. */
  lastMutedMs: number;
  lastUnmutedMs: number;
}

interface AlertState {
  isFiring: boolean;
  /** When the process that lives now was told so first. */
  changedMs: number;
}

interface Taken {
  readonly id: string;
  readonly content: string;
  readonly atMs: number;
  readonly wallMs: number;
  readonly isAnswerLost: boolean;
}

interface Told {
  readonly state: 'firing' | 'resolved';
  readonly atMs: number;
}

export interface SilenceFact {
  readonly id: string;
  readonly selector: Selector;
  readonly startsAtMs: number;
  readonly endsAtMs: number;
}

export class Expectations {
  readonly #world: World;
  /** By tree, then by alert. */
  readonly #places: readonly (readonly (readonly Place[])[])[];
  readonly #channels: ReadonlyMap<string, readonly Channel[]>;
  readonly #wellSince = new Map<string, number>();
  readonly #refusedMs = new Map<string, number>();
  readonly #alerts: AlertState[];
  readonly #indexes = new Map<string, number>();
  #tree = 0;
  #upSinceMs = 0;
  #treeSinceMs = 0;
  #jumpedMs = -Infinity;
  #diedMs = -Infinity;
  silences = new Map<string, SilenceFact>();
  /** By channel, group and alert; absent: not told, or nobody can say. */
  readonly #told = new Map<string, Told>();
  readonly #unknown = new Set<string>();
  /** The last message by channel and group. */
  readonly #taken = new Map<string, Taken>();
  readonly #groupChangedMs = new Map<string, number>();
  readonly #recorded = new Set<string>();
  readonly counts = new Map<string, number>();
  readonly violations: string[] = [];

  constructor(world: World, channels: readonly Channel[]) {
    this.#world = world;
    this.#channels = Map.groupBy(channels, ({ spec }) => spec.receiver);
    this.#alerts = world.alerts.map(() => ({ isFiring: false, changedMs: 0 }));
    for (const [i, { instance }] of world.alerts.entries()) this.#indexes.set(instance ?? '', i);
    this.#places = world.trees.map(({ root }) => world.alerts.map((labels) => placesOf(root, labels)));
  }

  get #current(): readonly (readonly Place[])[] {
    return this.#places[this.#tree] ?? [];
  }

  count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  processStarted(atMs: number): void {
    this.#upSinceMs = atMs;
    for (const place of this.#current.flat()) place.lastUnmutedMs = atMs;
  }

  /** `forgotten`: channel and group key of what was told and could not be written down. */
  processDied(
    atMs: number,
    forgotten: readonly { readonly channel: string; readonly groupKey: string }[],
  ): void {
    this.#diedMs = atMs;
    for (const { channel, groupKey } of forgotten) this.#forget(`${channel}|${groupKey}`);
  }

  /** Groups that are in both trees go on; of the others nobody can say what they will be told. */
  treeApplied(tree: number, atMs: number): void {
    if (tree === this.#tree) return;
    this.#tree = tree;
    this.#treeSinceMs = atMs;
    for (const group of this.#taken.keys()) this.#forget(group);
    for (const place of this.#current.flat())
      Object.assign(place, { lastMutedMs: atMs, lastUnmutedMs: atMs });
  }

  clockJumped(atMs: number): void {
    this.#jumpedMs = atMs;
  }

  moodChanged({ key, mood }: Channel, atMs: number): void {
    if (mood === 'well') this.#wellSince.set(key, atMs);
    if (mood === 'refuses for good') this.#refusedMs.set(key, atMs);
  }

  /** The process was told that an alert fires, or that it is over; true when that is news. */
  alertPosted(index: number, isFiring: boolean, atMs: number): boolean {
    const alert = this.#alerts[index];
    if (alert === undefined || alert.isFiring === isFiring) return false;
    this.#alerts[index] = { isFiring, changedMs: atMs };
    for (const { route, groupKey } of this.#current[index] ?? [])
      for (const channel of this.#channels.get(route.receiver) ?? []) {
        this.#groupChangedMs.set(`${channel.key}|${groupKey}`, atMs);
        // Its end goes without a message; whether the next firing gets one depends on what else fires.
        if (!isFiring && !channel.spec.sendsResolved)
          this.#unknown.add(`${channel.key}|${groupKey}|${index}`);
      }
    return true;
  }

  recorded(id: string): void {
    this.#recorded.add(id);
  }

  /** A channel took a message. */
  taken(
    channel: Channel,
    notification: Notification,
    at: { readonly ms: number; readonly wallMs: number },
  ): void {
    const { groupKey, id, alerts } = notification;
    const group = `${channel.key}|${groupKey}`;
    const content = alerts
      .map(
        ({ labels, endsAt }) => `${endsAt === undefined ? '' : '-'}${labels[labels.indexOf('instance') + 1]}`,
      )
      .join(' ');
    this.count(`messages: ${notification.reason}`);
    const isAnswerLost = channel.mood === 'loses answers' || channel.mood === 'hangs after taking';
    const message = { id, content, atMs: at.ms, wallMs: at.wallMs, isAnswerLost };
    this.#checkOnce(channel, group, message);
    this.#taken.set(group, message);
    for (const { labels, endsAt } of alerts) {
      const index = this.#indexes.get(labels[labels.indexOf('instance') + 1] ?? '') ?? -1;
      const state = endsAt === undefined ? 'firing' : 'resolved';
      this.#checkTrue(channel, group, { index, state, groupKey, at });
      this.#told.set(`${group}|${index}`, { state, atMs: at.ms });
      this.#unknown.delete(`${group}|${index}`);
    }
  }

  /** After each step, with the process up. */
  check(atMs: number, wallMs: number): void {
    for (const [index, places] of this.#current.entries())
      for (const place of places) {
        if (this.#isMuted(index, place.route, wallMs)) place.lastMutedMs = atMs;
        else place.lastUnmutedMs = atMs;
        for (const channel of this.#channels.get(place.route.receiver) ?? [])
          if (channel.mood === 'well') this.#checkTold(index, place, channel, atMs);
      }
  }

  #checkTold(index: number, place: Place, channel: Channel, atMs: number): void {
    const alert = this.#alerts[index];
    const key = `${channel.key}|${place.groupKey}|${index}`;
    if (alert === undefined || this.#unknown.has(key)) return;
    const told = this.#told.get(key);
    const { route } = place;
    const fairSinceMs = Math.max(
      this.#upSinceMs,
      this.#treeSinceMs,
      alert.changedMs,
      this.#wellSince.get(channel.key) ?? 0,
    );
    const waitsMs = route.waitMs + 3 * route.intervalMs + SLACK_MS;
    const where = `${channel.key} of ${place.groupKey}, alert i${index}`;
    if (alert.isFiring && told?.state !== 'firing') {
      const lateMs = atMs - Math.max(fairSinceMs, place.lastMutedMs) - waitsMs;
      if (lateMs > 0)
        this.#report(atMs, `${where}: fires and is not told; told ${told?.state} at ${told?.atMs}`);
    } else if (!alert.isFiring && told?.state === 'firing' && channel.spec.sendsResolved) {
      if (atMs - fairSinceMs - waitsMs > 0)
        this.#report(
          atMs,
          `${where}: ended at ${alert.changedMs} and that is not told; told firing at ${told.atMs}`,
        );
    } else if (alert.isFiring) this.#checkRepeat(place, channel, { fairSinceMs, waitsMs, atMs, where });
  }

  #checkRepeat(
    place: Place,
    channel: Channel,
    {
      fairSinceMs,
      waitsMs,
      atMs,
      where,
    }: { fairSinceMs: number; waitsMs: number; atMs: number; where: string },
  ): void {
    const last = this.#taken.get(`${channel.key}|${place.groupKey}`);
    if (last === undefined || this.#jumpedMs >= last.atMs - waitsMs) return;
    const dueMs = Math.max(last.atMs + place.route.repeatMs, fairSinceMs, place.lastMutedMs);
    if (atMs - dueMs > waitsMs) this.#report(atMs, `${where}: told at ${last.atMs} and not again since`);
  }

  #checkOnce(channel: Channel, group: string, message: Taken): void {
    const last = this.#taken.get(group);
    if (last === undefined) return;
    const route = this.#routeOf(channel, group);
    const deliveryMs = Math.max(route?.intervalMs ?? 0, DELIVERY_MS_MIN) + SLACK_MS;
    const isDeadBetween = this.#diedMs >= last.atMs;
    if (last.id === message.id) {
      if (this.#recorded.has(message.id))
        this.#report(message.atMs, `${group}: told again after it was on record`);
      else if (!isDeadBetween && !last.isAnswerLost)
        this.#report(message.atMs, `${group}: told twice for no reason`);
      this.count(
        last.isAnswerLost ? 'repeats after a lost answer' : 'repeats after a kill before the record',
      );
      return;
    }
    const passedMs = Math.max(message.atMs - last.atMs, Math.abs(message.wallMs - last.wallMs));
    // Intervals are measured on the clock that people set.
    const isDue = passedMs + deliveryMs >= (route?.repeatMs ?? 0) || this.#jumpedMs >= last.atMs - deliveryMs;
    const changedMs = Math.max(this.#groupChangedMs.get(group) ?? -Infinity, this.#mutedMsOf(channel, group));
    const isChanged = changedMs >= last.atMs - deliveryMs;
    const isRefused =
      last.isAnswerLost && (this.#refusedMs.get(channel.key) ?? -Infinity) >= last.atMs - deliveryMs;
    if (last.content === message.content && !isDue && !isChanged && !isRefused)
      this.#report(
        message.atMs,
        `${group}: "${message.content}" told at ${last.atMs} and again under another id`,
      );
  }

  /** What a message says was so not longer ago than a delivery may last. */
  #checkTrue(
    channel: Channel,
    group: string,
    told: {
      readonly index: number;
      readonly state: string;
      readonly groupKey: string;
      readonly at: { readonly ms: number; readonly wallMs: number };
    },
  ): void {
    const { index, state, groupKey, at } = told;
    const atMs = at.ms;
    const alert = this.#alerts[index];
    const place = this.#current[index]?.find(
      (one) => one.groupKey === groupKey && one.route.receiver === channel.spec.receiver,
    );
    if (alert === undefined || place === undefined) return;
    const deliveryMs = Math.max(place.route.intervalMs, DELIVERY_MS_MIN) + SLACK_MS;
    const isSo = alert.isFiring === (state === 'firing');
    if (!isSo && atMs - Math.max(alert.changedMs, this.#upSinceMs) > deliveryMs)
      this.#report(atMs, `${group}: says that i${index} is ${state}; that changed at ${alert.changedMs}`);
    const isMuted = this.#isMuted(index, place.route, at.wallMs);
    if (state === 'firing' && isMuted && atMs - place.lastUnmutedMs > deliveryMs)
      this.#report(atMs, `${group}: tells of i${index}, which is muted since ${place.lastUnmutedMs}`);
  }

  #routeOf({ spec }: Channel, group: string): RouteSpec | undefined {
    const groupKey = group.slice(group.indexOf('|') + 1);
    // Two siblings may have the same key; their receivers differ.
    return this.#current
      .flat()
      .find((place) => place.groupKey === groupKey && place.route.receiver === spec.receiver)?.route;
  }

  /** When any alert of the group was seen muted last. */
  #mutedMsOf({ spec }: Channel, group: string): number {
    const groupKey = group.slice(group.indexOf('|') + 1);
    const places = this.#current
      .flat()
      .filter((place) => place.groupKey === groupKey && place.route.receiver === spec.receiver);
    return Math.max(-Infinity, ...places.map(({ lastMutedMs }) => lastMutedMs));
  }

  #forget(group: string): void {
    this.#taken.delete(group);
    for (const index of this.#world.alerts.keys()) this.#unknown.add(`${group}|${index}`);
  }

  #isMuted(index: number, { quietHours }: RouteSpec, wallMs: number): boolean {
    const labels = this.#world.alerts[index] ?? {};
    const hour = (wallMs / (60 * MINUTE_MS)) % 24;
    if (quietHours !== undefined && hour >= quietHours[0] && hour < quietHours[1]) return true;
    for (const { selector, startsAtMs, endsAtMs } of this.silences.values())
      if (startsAtMs <= wallMs && wallMs < endsAtMs && isSelected(selector, labels)) return true;
    const { inhibits } = this.#world.trees[this.#tree] ?? { inhibits: [] };
    return inhibits.some((rule) => this.#isInhibited(rule, labels));
  }

  /** An alert on both sides is muted by none that is on both sides, itself included. */
  #isInhibited({ source, target, equal }: InhibitSpec, labels: Selector): boolean {
    if (!isSelected(target, labels)) return false;
    const isTwoSided = isSelected(source, labels);
    return this.#world.alerts.some(
      (other, i) =>
        this.#alerts[i]?.isFiring === true &&
        isSelected(source, other) &&
        !(isTwoSided && isSelected(target, other)) &&
        equal.every((name) => other[name] === labels[name]),
    );
  }

  #report(atMs: number, text: string): void {
    this.violations.push(`at ${atMs} ms: ${text}`);
  }
}

/**
 * Depth first; a child that took the alert ends the search among its siblings unless it says `continue`. Who names no
 * labels to group by has those of its parent.
 */
function placesOf(root: RouteSpec, labels: Selector): readonly Place[] {
  const places: Place[] = [];
  const visit = (route: RouteSpec, path: string, inherited: readonly string[]): boolean => {
    if (!isSelected(route.selector, labels)) return false;
    const groupBy = route.groupBy.length > 0 ? route.groupBy : inherited;
    const countBefore = places.length;
    for (const child of route.routes)
      if (visit(child, `${path}/${labelText(child.selector, ',')}`, groupBy) && !child.isContinued) break;
    if (places.length === countBefore) {
      const own = Object.fromEntries(groupBy.map((name) => [name, labels[name] ?? '']));
      const groupKey = `${path}:${labelText(own, ', ')}`;
      places.push({ route, groupKey, lastMutedMs: -Infinity, lastUnmutedMs: 0 });
    }
    return true;
  };
  visit(root, '{}', []);
  return places;
}

function labelText(labels: Selector, separator: string): string {
  const parts = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${parts.map(([name, value]) => `${name}="${value}"`).join(separator)}}`;
}
