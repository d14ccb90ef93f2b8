import { durationMs } from '../lib/schema.ts';
import { z } from 'zod';
import { logReceiverConfig } from './notify/log/config.ts';
import { webhookConfig } from './notify/webhook/config.ts';

/**
 * `alertmanager:` in vedette.yml, in Alertmanager's vocabulary. What Alertmanager has and this version
 * does not is an error that names it: a silence that is quietly not applied wakes people up.
 */

/** A key that Alertmanager knows and this version cannot carry out. */
const notYet = (key: string) =>
  z
    .custom<undefined>((value) => value === undefined, {
      error: `${key} is known from Alertmanager, but not supported by this version; remove it`,
    })
    .optional();

const labelName = z.string().min(1, 'a label name must not be empty');

const routeConfig = z
  .strictObject({
    receiver: z.string().describe('Name of the receiver that gets every alert.'),
    group_by: z
      .array(labelName)
      // As Alertmanager: people's files must mean here what they mean there.
      .default([])
      .describe(
        'Alerts with equal values of these labels share a notification; none: all alerts share one; ["..."] means all labels.',
      ),
    // Alertmanager's defaults: 30 s lets the other instances of the same trouble join the first message;
    group_wait: durationMs
      .prefault('30s')
      .describe('Time from the first alert of a group to its first notification.'),
    // 5 min keeps a group that grows at every scrape from sending at every scrape;
    group_interval: durationMs.prefault('5m').describe('Least time between two notifications of a group.'),
    // 4 h reminds twice in a working day.
    repeat_interval: durationMs
      .prefault('4h')
      .describe('Time after which an unchanged notification is sent again.'),
    routes: notYet('routes'),
    matchers: notYet('matchers'),
    match: notYet('match'),
    match_re: notYet('match_re'),
    continue: notYet('continue'),
    labels: notYet('labels'),
    mute_time_intervals: notYet('mute_time_intervals'),
    active_time_intervals: notYet('active_time_intervals'),
  })
  .check((context) => {
    const { group_by, group_interval, repeat_interval } = context.value;
    const complain = (key: string, message: string): void =>
      void context.issues.push({ code: 'custom', input: context.value, path: [key], message });
    if (new Set(group_by).size < group_by.length) complain('group_by', 'names a label twice');
    if (group_by.includes('...') && group_by.length > 1)
      complain('group_by', '"..." means all labels and must stand alone');
    if (group_interval === 0) complain('group_interval', 'must be above 0');
    if (repeat_interval === 0) complain('repeat_interval', 'must be above 0');
  });

/** Alertmanager's other integrations, each of which will come as a folder under notify/. */
const OTHER_INTEGRATIONS = [
  'discord',
  'email',
  'incidentio',
  'jira',
  'mattermost',
  'msteams',
  'msteamsv2',
  'opsgenie',
  'pagerduty',
  'pushover',
  'rocketchat',
  'slack',
  'sns',
  'telegram',
  'victorops',
  'webex',
  'wechat',
] as const;

const otherIntegrations = Object.fromEntries(
  OTHER_INTEGRATIONS.map((name) => [`${name}_configs`, notYet(`${name}_configs`)]),
) as Record<`${(typeof OTHER_INTEGRATIONS)[number]}_configs`, ReturnType<typeof notYet>>;

const receiverConfig = z.strictObject({
  name: z.string().min(1).describe('Name that the route refers to.'),
  webhook_configs: z
    .array(webhookConfig)
    .default([])
    .describe("HTTP receivers of Alertmanager's webhook body."),
  log_configs: z.array(logReceiverConfig).default([]).describe('A line in the server log per notification.'),
  ...otherIntegrations,
});

/**
 * Nothing configured: notifications go to the server log, so that a fresh start shows what it would send;
 * grouped by what people think in, one message per problem and service.
 */
const DEFAULT_ROUTE = { receiver: 'log', group_by: ['alertname', 'job'] };
const DEFAULT_RECEIVERS = [{ name: 'log', log_configs: [{}] }];

export const alertConfig = z
  .strictObject({
    route: routeConfig.prefault(DEFAULT_ROUTE).describe('How alerts are grouped and when they are sent.'),
    receivers: z.array(receiverConfig).prefault(DEFAULT_RECEIVERS).describe('Where notifications go.'),
    global: notYet('global'),
    inhibit_rules: notYet('inhibit_rules'),
    time_intervals: notYet('time_intervals'),
    mute_time_intervals: notYet('mute_time_intervals'),
    templates: notYet('templates'),
    tracing: notYet('tracing'),
  })
  .check((context) => {
    const { route, receivers } = context.value;
    const names = receivers.map(({ name }) => name);
    const complain = (path: (string | number)[], message: string): void =>
      void context.issues.push({ code: 'custom', input: context.value, path, message });
    for (const [i, name] of names.entries())
      if (names.indexOf(name) < i)
        complain(['receivers', i, 'name'], `"${name}" is the name of another receiver too`);
    if (!names.includes(route.receiver))
      complain(
        ['route', 'receiver'],
        `no receiver is named "${route.receiver}"; known are ${names.join(', ')}`,
      );
  });
