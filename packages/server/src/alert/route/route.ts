/**
 * The routing tree, compiled: who is told of an alert, how alerts are grouped and when messages go out.
 *
 * 1. `compileRoutes` turns the configuration into nodes in which everything inherited stands: receiver,
 *    grouping, times, templated labels (a child's label overrides the parent's of that name). Mute and active
 *    time intervals are a node's own.
 * 2. `match` goes depth first, left to right. A child that took the alert ends the search among its
 *    siblings, unless it says `continue`; a node is the answer itself when none of its children is.
 * 3. `groupKey` is what Alertmanager computes, byte for byte: receivers and notification logs hold it.
 *
 * The root takes every alert, so that there is always an answer.
 */
import { NO_LABELS, onlyLabels, type Labels, type Matcher } from '@vedette/model';
import { labelSetText } from '../go-text.ts';
import { compareMatchers, createAlertMatcher, formatAlertMatchers, matchesAll } from '../matchers/matcher.ts';

/** A node as it is configured; `undefined` is inherited. */
export interface RouteConfig {
  readonly receiver: string;
  readonly group_by?: readonly string[] | undefined;
  readonly group_wait?: number | undefined;
  readonly group_interval?: number | undefined;
  readonly repeat_interval?: number | undefined;
  readonly match: Readonly<Record<string, string>>;
  readonly match_re: Readonly<Record<string, string>>;
  readonly matchers: readonly Matcher[];
  readonly labels: Readonly<Record<string, string>>;
  readonly mute_time_intervals: readonly string[];
  readonly active_time_intervals: readonly string[];
  readonly continue: boolean;
  readonly routes: readonly RouteConfig[];
}

/** What the root does where it says nothing: Alertmanager's defaults. */
export const ROUTE_DEFAULTS = { groupWaitMs: 30_000, groupIntervalMs: 300_000, repeatIntervalMs: 14_400_000 };

/** One node, ready for use. Immutable. */
export interface Route {
  readonly receiver: string;
  /** `all`: alerts are grouped by all of their labels. */
  readonly groupBy: ReadonlySet<string> | 'all';
  readonly groupWaitMs: number;
  readonly groupIntervalMs: number;
  readonly repeatIntervalMs: number;
  /** Templates by name, to be rendered per group. */
  readonly labels: ReadonlyMap<string, string>;
  readonly muteTimeIntervals: readonly string[];
  readonly activeTimeIntervals: readonly string[];
  /** Sorted as they are printed. */
  readonly matchers: readonly Matcher[];
  readonly isContinued: boolean;
  /** Matchers from the root down: `{}/{team="x"}`. Two nodes may share it. */
  readonly key: string;
  /** As `key`, with the place among its siblings: `{}/{team="x"}/0`. Of one node alone. */
  readonly id: string;
  readonly routes: readonly Route[];
}

/** The tree of a checked configuration. */
export function compileRoutes(root: RouteConfig): Route {
  return compile(root, undefined, 0);
}

/** The nodes that handle an alert, in the order of the tree; at least the root. */
export function matchRoutes(root: Route, labels: Labels): readonly Route[] {
  const matched: Route[] = [];
  collect(root, labels, matched);
  return matched;
}

/** The labels that make a group; a label that the alert lacks is left out. */
export function groupLabelsFor(route: Route, labels: Labels): Labels {
  if (route.groupBy === 'all') return labels;
  return route.groupBy.size === 0 ? NO_LABELS : onlyLabels(labels, route.groupBy);
}

/** `{}/{a="b"}:{alertname="X"}`. */
export function groupKeyFor(route: Route, groupLabels: Labels): string {
  return `${route.key}:${labelSetText(groupLabels)}`;
}

function collect(route: Route, labels: Labels, matched: Route[]): boolean {
  if (!matchesAll(route.matchers, labels)) return false;
  const countBefore = matched.length;
  for (const child of route.routes) if (collect(child, labels, matched) && !child.isContinued) break;
  if (matched.length === countBefore) matched.push(route);
  return true;
}

function compile(config: RouteConfig, parent: Route | undefined, position: number): Route {
  const matchers = matchersOf(config);
  const own = formatAlertMatchers(matchers);
  const route = {
    receiver: config.receiver || (parent?.receiver ?? ''),
    groupBy: groupByOf(config.group_by) ?? parent?.groupBy ?? new Set<string>(),
    groupWaitMs: config.group_wait ?? parent?.groupWaitMs ?? ROUTE_DEFAULTS.groupWaitMs,
    groupIntervalMs: config.group_interval ?? parent?.groupIntervalMs ?? ROUTE_DEFAULTS.groupIntervalMs,
    repeatIntervalMs: config.repeat_interval ?? parent?.repeatIntervalMs ?? ROUTE_DEFAULTS.repeatIntervalMs,
    labels: new Map([...(parent?.labels ?? []), ...Object.entries(config.labels)]),
    muteTimeIntervals: config.mute_time_intervals,
    activeTimeIntervals: config.active_time_intervals,
    matchers,
    isContinued: config.continue,
    key: parent === undefined ? own : `${parent.key}/${own}`,
    id: parent === undefined ? own : `${parent.id}/${own}/${position}`,
  };
  const routes: Route[] = [];
  const compiled: Route = { ...route, routes };
  for (const [i, child] of config.routes.entries()) routes.push(compile(child, compiled, i));
  return compiled;
}

/** `match_re` keeps the anchors that Alertmanager adds before it prints: they are part of group keys. */
function matchersOf({ match, match_re, matchers }: RouteConfig): readonly Matcher[] {
  return [
    ...Object.entries(match).map(([name, value]) => createAlertMatcher(name, '=', value)),
    ...Object.entries(match_re).map(([name, pattern]) => createAlertMatcher(name, '=~', `^(?:${pattern})$`)),
    ...matchers,
  ].sort(compareMatchers);
}

/** An empty list says nothing, as in Alertmanager: what the parent groups by is inherited. */
function groupByOf(names: readonly string[] | undefined): Route['groupBy'] | undefined {
  if (names === undefined || names.length === 0) return undefined;
  return names.includes('...') ? 'all' : new Set(names);
}
