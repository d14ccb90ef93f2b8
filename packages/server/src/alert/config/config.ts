/**
 * The configuration of Alertmanager 0.34, whole: what it accepts is accepted, what it refuses is refused in
 * its words, at the place of the fault.
 *
 * 1. Each part is checked by itself (`global.ts`, `routing.ts`, `receivers.ts`, time intervals), with its
 *    defaults. Schemas of what we send stand beside the senders.
 * 2. When all parts are well-formed, what they name of each other is checked: receivers and intervals of
 *    routes, names that must be unique, what the root may have.
 * 3. Receivers take from `global` what they do not say, and file names become absolute.
 *
 * Our own keys are for `alertmanager:` inline in vedette.yml (`extensions`); in a file of its own they are
 * refused, since Alertmanager and amtool must go on accepting people's files.
 */
import { stringify } from 'yaml';
import { z } from 'zod';
import type { MatcherMode } from '../matchers/parse.ts';
import type { RouteConfig } from '../route/route.ts';
import { timeIntervalConfig } from '../time-intervals/config.ts';
import { fields } from './fields.ts';
import { globalConfig } from './global.ts';
import { inheritGlobal } from './inherit.ts';
import { receiverConfig, type IntegrationKey } from './receivers.ts';
import { inhibitRuleConfig, routeConfig } from './routing.ts';
import { complain, isSet, needed, type Payload } from './rules.ts';
import { INTEGRATIONS } from './support.ts';
import { printedOf, withAbsoluteFiles } from './walk.ts';

export { DEFAULT_ALERTMANAGER } from './default.ts';
export { findUnsupported } from './support.ts';

export interface AlertmanagerSchemaOptions {
  /** Whether our own keys are welcome. */
  readonly extensions: boolean;
  /** Where relative file names start. */
  readonly directory: string;
  /** How matchers and label names are read. */
  readonly mode?: MatcherMode | undefined;
}

function namedIntervals(missing: string) {
  return z
    .strictObject({
      name: fields.text().describe('Name that routes refer to.'),
      time_intervals: z.array(timeIntervalConfig).default([]).describe('A time in any of them is in it.'),
    })
    .check(needed('name', missing));
}

/** Least time between two notifications about one alert, by its severity; ours. */
const cooldown = z.strictObject({
  critical: fields.duration().describe('Of alerts with severity="critical".'),
  error: fields.duration().describe('Of alerts with severity="error".'),
  warning: fields.duration().describe('Of alerts with severity="warning".'),
  info: fields.duration().describe('Of alerts with severity="info".'),
});

/** When alerts come by the thousand; ours. */
const stormControl = z.strictObject({
  alerts: fields
    // A bad day of a small team has dozens; hundreds are one cause with many faces.
    .shown(fields.whole({ min: 1, preset: 100 }))
    .describe('More alerts than this that fire, or ended within the last 15 minutes, may be a storm.'),
  messages_per_minute: fields
    // What chat services take from one sender, and nobody reads more.
    .shown(fields.whole({ min: 2, preset: 20 }))
    .describe(
      'Messages that leave in a minute of a storm, to all receivers together; what further ones would say is told in a digest.',
    ),
});

function objectOf(mode: MatcherMode) {
  return z.strictObject({
    global: globalConfig.prefault({}).describe('What receivers inherit.'),
    route: routeConfig(mode).optional().describe('The routing tree.'),
    inhibit_rules: z.array(inhibitRuleConfig(mode)).default([]).describe('Which alerts mute which others.'),
    receivers: z.array(receiverConfig).default([]).describe('Who is told, and how.'),
    templates: fields
      .shown(z.array(fields.fileName()).default([]))
      .describe('Files with templates; * in the last part.'),
    mute_time_intervals: z
      .array(namedIntervals('missing name in mute time interval'))
      .default([])
      .describe('Old name of time_intervals.'),
    time_intervals: z
      .array(namedIntervals('missing name in time interval'))
      .default([])
      .describe('Times that routes refer to.'),
    tracing: fields.anything().describe('Accepted and not used: spans of the alert path are not exported.'),
    event_recorder: fields.anything().describe('Understood and not supported.'),
    cooldown: cooldown.optional().describe('Least time between two notifications about one alert; ours.'),
    storm_control: stormControl.optional().describe('What happens when alerts come by the thousand; ours.'),
  });
}

type Parsed = z.output<ReturnType<typeof objectOf>>;

/** A checked configuration with everything inherited in its place. */
export type AlertmanagerConfig = Parsed & { readonly route: RouteConfig };

/** The schema of the whole. Its value must come without nulls (`withoutNulls`). */
export function alertmanagerConfig({ extensions, directory, mode = 'fallback' }: AlertmanagerSchemaOptions) {
  const object = objectOf(mode);
  return object
    .check((payload) => {
      if (!extensions) refuseExtensions(payload);
      checkRoot(payload);
      checkNames(payload);
    })
    .transform((parsed, context): AlertmanagerConfig => {
      const { route } = parsed;
      if (route === undefined) return z.NEVER;
      const config = withAbsoluteFiles(object, parsed, directory) as AlertmanagerConfig;
      for (const [i, receiver] of config.receivers.entries())
        inheritGlobal(receiver, config.global, (key, j, message) =>
          context.addIssue({ code: 'custom', path: ['receivers', i, key, j], message }),
        );
      return config;
    });
}

/** YAML with defaults and what is inherited, without a secret: `config.original` of the API. */
export function printAlertmanagerConfig(config: AlertmanagerConfig): string {
  return yamlOf(shownAlertmanagerConfig(config));
}

export function yamlOf(shown: unknown): string {
  return stringify(shown, {
    lineWidth: 0,
    aliasDuplicateObjects: false,
    indentSeq: false,
    // amtool reads it with YAML 1.1, where 1:3 is a number of base 60 and off is false.
    compat: 'yaml-1.1',
  });
}

/** The same as plain values. */
export function shownAlertmanagerConfig(config: AlertmanagerConfig): unknown {
  return printedOf(objectOf('fallback'), config);
}

/** The value without the keys that have none: they count as not written. Maps of patterns keep theirs, to be refused. */
export function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, one]) => one !== null)
      .map(([key, one]) => [key, /(?:^|_)match(?:_re)?$/.test(key) ? (one as unknown) : withoutNulls(one)]),
  );
}

function refuseExtensions(payload: Payload<Parsed>): void {
  const refuse = (path: readonly PropertyKey[]): void =>
    complain(
      payload,
      `${String(path.at(-1))} is not a key of Alertmanager; it works inline under alertmanager in vedette.yml`,
      path,
    );
  for (const key of ['cooldown', 'storm_control'] as const)
    if (payload.value[key] !== undefined) refuse([key]);
  for (const [i, receiver] of payload.value.receivers.entries())
    for (const [key, { origin, ownKeys = [] }] of Object.entries(INTEGRATIONS)) {
      const channels = receiver[key as IntegrationKey] as readonly Readonly<Record<string, unknown>>[];
      if (origin === 'vedette' && channels.length > 0) refuse(['receivers', i, key]);
      for (const [j, channel] of channels.entries())
        for (const own of ownKeys) if (isSet(channel[own])) refuse(['receivers', i, key, j, own]);
    }
}

function checkRoot(payload: Payload<Parsed>): void {
  const { route } = payload.value;
  if (route === undefined) return complain(payload, 'no route provided in config');
  if (route.receiver === '') complain(payload, 'root route must specify a default receiver', ['route']);
  if (Object.keys({ ...route.match, ...route.match_re }).length + route.matchers.length > 0)
    complain(payload, 'root route must not have any matchers', ['route']);
  if (route.mute_time_intervals.length > 0)
    complain(payload, 'root route must not have any mute time intervals', ['route', 'mute_time_intervals']);
  if (route.active_time_intervals.length > 0)
    complain(payload, 'root route must not have any active time intervals', [
      'route',
      'active_time_intervals',
    ]);
  if (route.continue) complain(payload, 'cannot have continue in root route', ['route', 'continue']);
}

function checkNames(payload: Payload<Parsed>): void {
  const { receivers, route, mute_time_intervals, time_intervals } = payload.value;
  const receiverNames = new Set<string>();
  for (const [i, { name }] of receivers.entries()) {
    if (receiverNames.has(name))
      complain(payload, `notification config name ${JSON.stringify(name)} is not unique`, [
        'receivers',
        i,
        'name',
      ]);
    receiverNames.add(name);
  }
  const intervals = new Set<string>();
  const addAll = (kind: string, key: string, all: Parsed['time_intervals']): void => {
    for (const [i, { name }] of all.entries()) {
      if (intervals.has(name))
        complain(payload, `${kind} ${JSON.stringify(name)} is not unique`, [key, i, 'name']);
      intervals.add(name);
    }
  };
  addAll('mute time interval', 'mute_time_intervals', mute_time_intervals);
  addAll('time interval', 'time_intervals', time_intervals);
  if (route !== undefined) checkNode(payload, route, ['route'], { receivers: receiverNames, intervals });
}

interface Known {
  readonly receivers: ReadonlySet<string>;
  readonly intervals: ReadonlySet<string>;
}

function checkNode(
  payload: Payload<Parsed>,
  route: RouteConfig,
  path: readonly PropertyKey[],
  known: Known,
): void {
  if (route.receiver !== '' && !known.receivers.has(route.receiver))
    complain(payload, `undefined receiver ${JSON.stringify(route.receiver)} used in route`, [
      ...path,
      'receiver',
    ]);
  for (const key of ['active_time_intervals', 'mute_time_intervals'] as const)
    for (const [i, name] of route[key].entries())
      if (!known.intervals.has(name))
        complain(payload, `undefined time interval ${JSON.stringify(name)} used in route`, [...path, key, i]);
  for (const [i, child] of route.routes.entries()) checkNode(payload, child, [...path, 'routes', i], known);
}
