import { createHash } from 'node:crypto';
import { compareUtf8, labelsFromPairs, labelsToRecord, type Matcher, type Slicer } from '@vedette/model';
import { JsonList, streamAnswer } from '../http/json-stream.ts';
import type { HttpAnswer, HttpRequest, Route } from '../http/route.ts';
import { badData, invalidParameter } from './api-error.ts';
import { formatExponent, formatTime, quote } from './go-text.ts';
import { inParameter, matcherSetsParameter, parseGoInteger, type SelectorParser } from './parameters.ts';
import type {
  ActiveAlertView,
  AlertingRuleView,
  ForwardingView,
  RuleGroupView,
  RuleLabelsView,
  RulesView,
  RuleView,
} from './views.ts';

export interface RulesRoutesDeps {
  readonly rules: RulesView;
  readonly forwarding: ForwardingView;
  readonly parseSelector: SelectorParser;
  /** Makes the slicer of one answer. */
  readonly createSlicer: () => Slicer;
}

/** Rules with their alerts, and the active alerts alone. */
export function rulesRoutes(deps: RulesRoutesDeps): readonly Route[] {
  const route = (path: string, handle: Route['handle']): Route => ({
    surface: 'prometheus-api',
    methods: ['GET'],
    path,
    access: 'viewer',
    errors: 'json',
    handle,
  });
  return [
    route('/api/v1/rules', (request) => answerRules(deps, request)),
    route('/api/v1/alerts', () => answerAlerts(deps)),
    route('/api/v1/alertmanagers', () => answerAlertmanagers(deps)),
  ];
}

interface RulesFilter {
  readonly type: string;
  readonly ruleNames: ReadonlySet<string>;
  readonly groupNames: ReadonlySet<string>;
  readonly files: ReadonlySet<string>;
  readonly matcherSets: readonly (readonly Matcher[])[];
  readonly withAlerts: boolean;
}

function answerRules(deps: RulesRoutesDeps, { form }: HttpRequest): HttpAnswer {
  const filter = filterOf(deps, form);
  const page = pageOf(form);
  const shown: { readonly group: RuleGroupView; readonly rules: readonly RuleView[] }[] = [];
  const groups = JsonList.of(shown, ({ group, rules }) => groupJson(group, rules, filter));
  let isFound = page.token === '';
  for (const group of inOrder(deps.rules.groups())) {
    isFound ||= tokenOf(group) === page.token;
    if (!isFound || !isGroupWanted(group, filter)) continue;
    const rules = group.rules.filter((rule) => isRuleWanted(rule, filter));
    // A group that the filters emptied is left out; one that is empty by itself too, as upstream does.
    if (rules.length === 0) continue;
    if (shown.length === page.limit) return success(deps, { groups, groupNextToken: tokenOf(group) });
    shown.push({ group, rules });
  }
  if (!isFound)
    throw invalidParameter(
      'group_next_token',
      `invalid group_next_token '${page.token}'. were rule groups changed?`,
    );
  return success(deps, { groups });
}

function answerAlerts(deps: RulesRoutesDeps): HttpAnswer {
  return success(deps, { alerts: JsonList.of(activeAlerts(inOrder(deps.rules.groups())), alertJson) });
}

function answerAlertmanagers(deps: RulesRoutesDeps): HttpAnswer {
  const { active, dropped } = deps.forwarding.alertmanagers();
  const urlsOf = (urls: readonly string[]): readonly object[] => urls.map((url) => ({ url }));
  return success(deps, { activeAlertmanagers: urlsOf(active), droppedAlertmanagers: urlsOf(dropped) });
}

/** By file, then by name, as upstream: pages follow this order, which a changed configuration keeps for the most part. */
function inOrder(groups: readonly RuleGroupView[]): readonly RuleGroupView[] {
  return groups.toSorted((a, b) => compareUtf8(a.file, b.file) || compareUtf8(a.name, b.name));
}

function* activeAlerts(groups: readonly RuleGroupView[]): Iterable<ActiveAlertView> {
  for (const { rules } of groups) for (const rule of rules) if (rule.kind === 'alerting') yield* rule.alerts;
}

function filterOf(deps: RulesRoutesDeps, form: URLSearchParams): RulesFilter {
  const type = (form.get('type') ?? '').toLowerCase();
  if (type !== '' && type !== 'alert' && type !== 'record')
    throw invalidParameter('type', `not supported value ${quote(type)}`);
  return {
    type,
    ruleNames: new Set(form.getAll('rule_name[]')),
    groupNames: new Set(form.getAll('rule_group[]')),
    files: new Set(form.getAll('file[]')),
    matcherSets: matcherSetsParameter(form, deps.parseSelector),
    withAlerts: !booleanParameter(form, 'exclude_alerts'),
  };
}

function pageOf(form: URLSearchParams): { readonly limit: number; readonly token: string } {
  const limitText = form.get('group_limit') ?? '';
  const token = form.get('group_next_token') ?? '';
  if (limitText === '') {
    if (token !== '')
      throw invalidParameter(
        'group_next_token',
        'group_limit needs to be present in order to paginate over the groups',
      );
    return { limit: Infinity, token };
  }
  const limit = inParameter('group_limit', () => {
    try {
      return parseGoInteger(limitText, 'ParseInt');
    } catch (error) {
      throw badData(`group_limit needs to be a valid number: ${error instanceof Error ? error.message : ''}`);
    }
  });
  if (limit <= 0) throw invalidParameter('group_limit', 'group_limit needs to be greater than 0');
  return { limit, token };
}

const TRUE_WORDS: ReadonlySet<string> = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);
const FALSE_WORDS: ReadonlySet<string> = new Set(['', '0', 'f', 'F', 'false', 'FALSE', 'False']);

function booleanParameter(form: URLSearchParams, name: string): boolean {
  const text = form.get(name) ?? '';
  if (TRUE_WORDS.has(text)) return true;
  if (FALSE_WORDS.has(text)) return false;
  throw invalidParameter(
    name,
    `error converting ${name}: strconv.ParseBool: parsing ${quote(text)}: invalid syntax`,
  );
}

function isGroupWanted(group: RuleGroupView, { groupNames, files }: RulesFilter): boolean {
  return (groupNames.size === 0 || groupNames.has(group.name)) && (files.size === 0 || files.has(group.file));
}

function isRuleWanted(rule: RuleView, { type, ruleNames, matcherSets }: RulesFilter): boolean {
  if (type === 'alert' && rule.kind !== 'alerting') return false;
  if (type === 'record' && rule.kind !== 'recording') return false;
  if (ruleNames.size > 0 && !ruleNames.has(rule.rule.name)) return false;
  return matcherSets.length === 0 || matcherSets.some((set) => matchesAll(rule.rule.labels, set));
}

function matchesAll(labels: RuleLabelsView, matchers: readonly Matcher[]): boolean {
  return matchers.every((matcher) =>
    matcher.matches(labels.find(([own]) => own === matcher.name)?.[1] ?? ''),
  );
}

function tokenOf({ file, name }: RuleGroupView): string {
  return createHash('sha1').update(`${file};${name}`).digest('hex');
}

function groupJson(group: RuleGroupView, rules: readonly RuleView[], filter: RulesFilter): unknown {
  return {
    name: group.name,
    file: group.file,
    rules: JsonList.of(rules, (rule) => ruleJson(rule, filter)),
    interval: group.intervalMs / 1000,
    limit: group.limit,
    evaluationTime: group.evaluationTookMs / 1000,
    lastEvaluation: formatTime(group.lastEvaluationMs),
  };
}

function ruleJson(view: RuleView, filter: RulesFilter): object {
  const { rule, last } = view;
  const health = {
    health: last.health,
    ...(last.error === undefined || last.error === '' ? {} : { lastError: last.error }),
    evaluationTime: last.tookMs / 1000,
    lastEvaluation: formatTime(last.atMs),
    type: view.kind,
  };
  if (view.kind === 'alerting') return { ...alertingJson(view, filter), ...health };
  const labels = rule.labels.length === 0 ? {} : { labels: recordOf(rule.labels) };
  return { name: rule.name, query: rule.expr, ...labels, ...health };
}

function alertingJson({ rule, state, alerts }: AlertingRuleView, filter: RulesFilter): object {
  return {
    state,
    name: rule.name,
    query: rule.expr,
    duration: rule.forMs / 1000,
    keepFiringFor: rule.keepFiringForMs / 1000,
    labels: recordOf(rule.labels),
    annotations: recordOf(rule.annotations),
    alerts: filter.withAlerts ? JsonList.of(alerts, alertJson) : [],
  };
}

function recordOf(labels: RuleLabelsView): Record<string, string> {
  return labelsToRecord(labelsFromPairs(labels));
}

function alertJson(alert: ActiveAlertView): object {
  const keepFiring =
    alert.keepFiringSinceMs === undefined ? {} : { keepFiringSince: formatTime(alert.keepFiringSinceMs) };
  return {
    labels: labelsToRecord(alert.labels),
    annotations: labelsToRecord(alert.annotations),
    state: alert.state,
    activeAt: formatTime(alert.activeAtMs),
    ...keepFiring,
    value: formatExponent(alert.value),
  };
}

function success(deps: RulesRoutesDeps, data: unknown): HttpAnswer {
  return streamAnswer(deps.createSlicer(), { status: 'success', data });
}
