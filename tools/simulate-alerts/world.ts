/**
 * What one seed is made of: alerts, routing trees and who is told, as plain descriptions. Both sides read them: the
 * server, through its own types (`setupOf`), and the model (`expectations.ts`), which matches and groups by itself.
 */
import { createMatcher, type SeededRandom } from '@vedette/model';
import { compileRoutes, type AlertSetup } from '../../packages/server/src/alert/index.ts';
import type { Receiver } from '../../packages/server/src/alert/notify/receiver.ts';
import type { RouteConfig } from '../../packages/server/src/alert/route/route.ts';
import { OUR_CORRECTIONS } from '../../packages/server/src/alert/setup.ts';
import { TimeInterval } from '../../packages/server/src/alert/time-intervals/time-interval.ts';

export const SECOND_MS = 1000;
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;

/** Label values that must be there. */
export type Selector = Readonly<Record<string, string>>;

export interface RouteSpec {
  readonly selector: Selector;
  /** Of this node alone: what is told under it then tells the node. */
  readonly receiver: string;
  readonly groupBy: readonly string[];
  readonly waitMs: number;
  readonly intervalMs: number;
  readonly repeatMs: number;
  readonly isContinued: boolean;
  /** Quiet from the first to before the second hour of the day, UTC. */
  readonly quietHours: readonly [number, number] | undefined;
  readonly routes: readonly RouteSpec[];
}

export interface InhibitSpec {
  readonly source: Selector;
  readonly target: Selector;
  readonly equal: readonly string[];
}

export interface TreeSpec {
  readonly root: RouteSpec;
  readonly inhibits: readonly InhibitSpec[];
}

/** One integration of a receiver. */
export interface ChannelSpec {
  readonly receiver: string;
  readonly index: number;
  readonly sendsResolved: boolean;
}

export interface World {
  /** Label sets of everything that may go wrong. */
  readonly alerts: readonly Selector[];
  /** The first is in force at the start; reloads bring the others. */
  readonly trees: readonly TreeSpec[];
  readonly channels: readonly ChannelSpec[];
}

const NAMES = ['Down', 'Slow', 'Full', 'Errors'];
const JOBS = ['api', 'web', 'db'];
const SEVERITIES = ['critical', 'warning', 'info'];
const ALERTS_COUNT = 18;
const RECEIVERS_COUNT = 6;

export function createWorld(random: SeededRandom): World {
  const alerts = Array.from({ length: ALERTS_COUNT }, (_, i) => ({
    alertname: pick(random, NAMES),
    instance: `i${i}`,
    job: pick(random, JOBS),
    severity: pick(random, SEVERITIES),
  }));
  const channels = Array.from({ length: RECEIVERS_COUNT }, (_, i) => `r${i}`).flatMap((receiver, i) => [
    { receiver, index: 0, sendsResolved: random.float() < 0.8 },
    // Some receivers tell two channels, which must not wait for each other.
    ...(i % 3 === 0 ? [{ receiver, index: 1, sendsResolved: true }] : []),
  ]);
  return { alerts, channels, trees: [createTree(random), createTree(random)] };
}

export function pick<T>(random: SeededRandom, values: readonly T[]): T {
  const value = values[Math.floor(random.float() * values.length)];
  if (value === undefined) throw new Error('nothing to pick from');
  return value;
}

export function isSelected(selector: Selector, labels: Selector): boolean {
  return Object.entries(selector).every(([name, value]) => labels[name] === value);
}

function createTree(random: SeededRandom): TreeSpec {
  let receivers = 0;
  const route = (selector: Selector, routes: readonly RouteSpec[]): RouteSpec => ({
    selector,
    receiver: `r${receivers++}`,
    groupBy: pick(random, [['alertname'], ['job'], ['alertname', 'job'], []]),
    waitMs: pick(random, [10, 30, 60]) * SECOND_MS,
    intervalMs: pick(random, [1, 2, 5]) * MINUTE_MS,
    repeatMs: pick(random, [20, 60, 240]) * MINUTE_MS,
    isContinued: random.float() < 0.5,
    quietHours: random.float() < 0.3 ? pick(random, [[0, 6] as const, [12, 13] as const]) : undefined,
    routes,
  });
  const leaf = (): RouteSpec =>
    route(random.float() < 0.5 ? { severity: pick(random, SEVERITIES) } : { job: pick(random, JOBS) }, []);
  const inner = route({ job: pick(random, JOBS) }, [leaf()]);
  const root = route({}, [leaf(), inner, leaf()]);
  const inhibits: InhibitSpec[] = [
    { source: { severity: 'critical' }, target: { severity: 'warning' }, equal: ['job'] },
    { source: { alertname: 'Down' }, target: { alertname: 'Slow' }, equal: ['job'] },
  ];
  return {
    // The root has no hours of its own, as in Alertmanager.
    root: { ...root, quietHours: undefined },
    inhibits: inhibits.filter(() => random.float() < 0.6),
  };
}

export function setupOf(tree: TreeSpec, receivers: readonly Receiver[]): AlertSetup {
  const timeIntervals = new Map<string, readonly TimeInterval[]>();
  const routeOf = (spec: RouteSpec): RouteConfig => {
    const { quietHours: hours, receiver } = spec;
    if (hours !== undefined)
      timeIntervals.set(receiver, [
        new TimeInterval({ times: [{ startMinute: hours[0] * 60, endMinute: hours[1] * 60 }] }),
      ]);
    return {
      receiver,
      group_by: spec.groupBy,
      group_wait: spec.waitMs,
      group_interval: spec.intervalMs,
      repeat_interval: spec.repeatMs,
      match: spec.selector,
      match_re: {},
      matchers: [],
      labels: {},
      mute_time_intervals: hours === undefined ? [] : [receiver],
      active_time_intervals: [],
      continue: spec.isContinued,
      routes: spec.routes.map(routeOf),
    };
  };
  const matchers = (selector: Selector) =>
    Object.entries(selector).map(([name, value]) => createMatcher(name, '=', value));
  const root = compileRoutes(routeOf(tree.root));
  const inhibitRules = tree.inhibits.map(({ source, target, equal }) => ({
    name: '',
    source: matchers(source),
    target: matchers(target),
    equal,
  }));
  return {
    root,
    mutePolicy: { inhibitRules, timeIntervals },
    receivers,
    resolveTimeoutMs: 5 * MINUTE_MS,
    corrections: OUR_CORRECTIONS,
  };
}
