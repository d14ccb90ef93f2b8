/** The routing tree and the inhibition rules, checked by themselves; what they name is checked in `config.ts`. */
import { InputError, type Matcher } from '@vedette/model';
import { z } from 'zod';
import type { InhibitRule } from '../inhibit/inhibit-index.ts';
import { compareMatchers, createAlertMatcher, formatAlertMatcher } from '../matchers/matcher.ts';
import { parseMatchers, type MatcherMode } from '../matchers/parse.ts';
import type { RouteConfig } from '../route/route.ts';
import { fields } from './fields.ts';
import { complain, type Payload } from './rules.ts';

/** An inhibition rule as it is written, and ready for use. */
export interface InhibitRuleConfig {
  readonly name: string;
  readonly source_match: Readonly<Record<string, string>>;
  readonly source_match_re: Readonly<Record<string, string>>;
  readonly source_matchers: readonly Matcher[];
  readonly target_match: Readonly<Record<string, string>>;
  readonly target_match_re: Readonly<Record<string, string>>;
  readonly target_matchers: readonly Matcher[];
  readonly equal: readonly string[];
}

/** All conditions of both sides in one form. */
export function inhibitRuleOf(config: InhibitRuleConfig): InhibitRule {
  return {
    name: config.name,
    source: sideOf(config.source_match, config.source_match_re, config.source_matchers),
    target: sideOf(config.target_match, config.target_match_re, config.target_matchers),
    equal: config.equal,
  };
}

function sideOf(
  match: Readonly<Record<string, string>>,
  matchRe: Readonly<Record<string, string>>,
  matchers: readonly Matcher[],
): readonly Matcher[] {
  return [
    ...Object.entries(match).map(([name, value]) => createAlertMatcher(name, '=', value)),
    ...Object.entries(matchRe).map(([name, pattern]) => createAlertMatcher(name, '=~', pattern)),
    ...matchers,
  ];
}

const CLASSIC_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** A leading hyphen is a list item that slipped into its text: nobody's label begins so. */
function isLabelName(name: string, mode: MatcherMode): boolean {
  return mode === 'classic'
    ? CLASSIC_NAME.test(name)
    : name !== '' && !name.startsWith('-') && name.isWellFormed();
}

function routeObject(mode: MatcherMode, self: () => z.ZodType<RouteConfig>) {
  return z
    .strictObject({
      receiver: fields.text().describe("Who is told; the parent's when empty."),
      group_by: z
        .array(z.string())
        .optional()
        .describe('Labels whose values make a group; ["..."] means all.'),
      match: equalities().describe('Old form of matchers: labels and values.'),
      match_re: patterns().describe('Old form of matchers: labels and regular expressions.'),
      matchers: matcherList(mode).describe('Conditions on the labels of an alert.'),
      labels: fields.textMap().describe('Templates that texts can use; inherited by name.'),
      mute_time_intervals: z.array(z.string()).default([]).describe('Times at which nobody is told.'),
      active_time_intervals: z
        .array(z.string())
        .default([])
        .describe('The only times at which somebody is told.'),
      continue: fields.shown(fields.flag(false)).describe('Whether the siblings that follow are asked, too.'),
      routes: z.array(z.lazy(self)).default([]).describe('Children, asked in this order.'),
      group_wait: fields
        .shown(fields.duration())
        .describe('Time from the first alert of a group to its first notification.'),
      group_interval: fields
        .shown(fields.duration())
        .describe('Least time between two notifications of a group.'),
      repeat_interval: fields
        .shown(fields.duration())
        .describe('Time after which an unchanged notification is sent again.'),
    })
    .check((payload) => checkRoute(payload, mode));
}

/** A node of the tree with its children. */
export function routeConfig(mode: MatcherMode): z.ZodType<RouteConfig> {
  const schema: z.ZodType<RouteConfig> = routeObject(mode, () => schema);
  return schema;
}

function checkRoute(payload: Payload<RouteConfig>, mode: MatcherMode): void {
  const { group_by = [], labels, group_interval, repeat_interval } = payload.value;
  const names = group_by.filter((name) => name !== '...');
  for (const [i, name] of group_by.entries()) {
    if (name !== '...' && !isLabelName(name, mode))
      complain(payload, `invalid label name ${JSON.stringify(name)} in group_by list`, ['group_by', i]);
    if (name !== '...' && group_by.indexOf(name) < i)
      complain(payload, `duplicated label ${JSON.stringify(name)} in group_by`, ['group_by', i]);
  }
  if (names.length > 0 && names.length < group_by.length)
    complain(payload, 'cannot have wildcard group_by (`...`) and other labels at the same time', [
      'group_by',
    ]);
  for (const name of Object.keys(labels))
    if (!isLabelName(name, mode))
      complain(payload, `invalid label name ${JSON.stringify(name)} in route labels`, ['labels', name]);
  if (group_interval === 0) complain(payload, 'group_interval cannot be zero', ['group_interval']);
  if (repeat_interval === 0) complain(payload, 'repeat_interval cannot be zero', ['repeat_interval']);
}

export function inhibitRuleConfig(mode: MatcherMode) {
  return z
    .strictObject({
      name: fields.text().describe('Name, for people.'),
      source_match: equalities().describe('Old form of source_matchers.'),
      source_match_re: patterns().describe('Old form of source_matchers, regular expressions.'),
      source_matchers: matcherList(mode).describe('Conditions on the alert that mutes.'),
      target_match: equalities().describe('Old form of target_matchers.'),
      target_match_re: patterns().describe('Old form of target_matchers, regular expressions.'),
      target_matchers: matcherList(mode).describe('Conditions on the alert that is muted.'),
      equal: z.array(z.string()).default([]).describe('Labels that must have the same values on both sides.'),
    })
    .check((payload) => {
      for (const [i, name] of payload.value.equal.entries())
        if (!isLabelName(name, mode))
          complain(payload, `invalid label name ${JSON.stringify(name)} in equal list`, ['equal', i]);
    });
}

function equalities() {
  return z
    .record(z.string(), z.string().nullable())
    .default({})
    .check(checkClassicNames)
    .transform((all) => Object.fromEntries(Object.entries(all).map(([name, value]) => [name, value ?? ''])));
}

/** The patterns stay texts, since they are printed; whether they are expressions is known then. */
function patterns() {
  return z
    .record(z.string(), z.string().nullable())
    .default({})
    .check(checkClassicNames)
    .transform((all, context) => {
      const checked: Record<string, string> = {};
      for (const [name, pattern] of Object.entries(all)) {
        const fault =
          pattern === null ? `invalid regexp value for ${JSON.stringify(name)}` : faultOf(name, pattern);
        if (fault !== undefined) context.addIssue({ code: 'custom', path: [name], message: fault });
        checked[name] = pattern ?? '';
      }
      return checked;
    });
}

function faultOf(name: string, pattern: string): string | undefined {
  try {
    createAlertMatcher(name, '=~', pattern);
    return undefined;
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
}

function checkClassicNames(payload: Payload<Readonly<Record<string, unknown>>>): void {
  for (const name of Object.keys(payload.value))
    if (!CLASSIC_NAME.test(name)) complain(payload, `invalid label name ${JSON.stringify(name)}`, [name]);
}

/** Each entry may hold several conditions; together they are sorted as they are printed. */
function matcherList(mode: MatcherMode) {
  const entry = z.string().transform((text, context): readonly Matcher[] => {
    try {
      return parseMatchers(text, mode).matchers;
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      context.addIssue({ code: 'custom', message: error.message });
      return z.NEVER;
    }
  });
  const list = z
    .array(entry)
    .default([])
    .transform((entries) => entries.flat().sort(compareMatchers));
  return fields.printedAs(list, (matchers) => matchers.map(formatAlertMatcher));
}
