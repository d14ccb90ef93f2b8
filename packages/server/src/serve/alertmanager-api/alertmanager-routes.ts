/**
 * Alertmanager's API v2, for amtool, Prometheus' `alerting:` section, Grafana and karma. What it does not
 * have stands elsewhere: history and explanations under `/api/vedette`.
 */
import type { Clock, Labels, Matcher, Slicer } from '@vedette/model';
import type {
  Alert,
  AlertGroupStatus,
  AlertMutes,
  AlertPost,
  Silence,
  SilenceDraft,
} from '../../alert/index.ts';
import { silenceStateAt } from '../../alert/index.ts';
import type { HttpAnswer, HttpRequest, Route } from '../http/route.ts';
import { postedAlertsOf } from './alert-body.ts';
import { alertFilterOf, flagOf, matchersOf, receiversIn, type ReceiverView } from './alert-filter.ts';
import { alertJson, silenceJson, sortSilences, timeText } from './alert-json.ts';
import {
  answering,
  emptyAnswer,
  HandlerFault,
  jsonBodyOf,
  listAnswer,
  valueAnswer,
  wrongFormat,
} from './api-answer.ts';
import { GetLimiter } from './get-limiter.ts';
import { postedSilenceOf } from './silence-body.ts';

/** Prometheus sends at most 64 alerts a request (256 from version 3 on), amtool a handful; 16 MiB are thousands. */
const BODY_BYTES_MAX = 16 * 2 ** 20;

/** The version whose API this is: amtool compares it with its own. */
export const ALERTMANAGER_VERSION = '0.34.0';

/** What the alert stage shows and takes. */
export interface AlertingView {
  post(alerts: readonly AlertPost[]): Promise<void>;
  alerts(): readonly Alert[];
  groups(): readonly AlertGroupStatus[];
  /** What keeps an alert from being told now, its routes aside. */
  mutesOf(alert: Alert): AlertMutes;
  /** Receivers of the routes that match, in the order of the tree. */
  receiversOf(labels: Labels): readonly string[];
  /** All that are configured. */
  receivers(): readonly ReceiverView[];
  readonly silences: {
    set(draft: SilenceDraft): Promise<string>;
    expire(id: string): Promise<boolean>;
    get(id: string): Silence | undefined;
    all(): readonly Silence[];
  };
  resolveTimeoutMs(): number;
  /** The configuration in force as YAML, with defaults and without secrets. */
  configText(): string;
}

export interface AlertmanagerRoutesDeps {
  readonly clock: Clock;
  readonly alerting: AlertingView;
  readonly startedAtMs: number;
  /** Makes the slicer of one answer. */
  readonly createSlicer: () => Slicer;
  /** Of the one member that there is, for clients that look for it; absent or empty: no cluster. */
  readonly clusterAddress?: string;
  /** Alerts of a post could not be taken. */
  readonly onInvalid?: (count: number) => void;
}

export function alertmanagerRoutes(deps: AlertmanagerRoutesDeps): readonly Route[] {
  const limiter = new GetLimiter();
  const route = (
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    handle: (request: HttpRequest) => HttpAnswer | Promise<HttpAnswer>,
  ): Route => ({
    surface: 'alertmanager-api',
    methods: [method],
    path: `/api/v2/${path}`,
    access: method === 'GET' ? 'viewer' : 'operator',
    bodyBytesMax: BODY_BYTES_MAX,
    errors: 'go-openapi',
    handle: (request) => {
      const answer = (): Promise<HttpAnswer> => answering(() => handle(request));
      return method === 'GET' ? limiter.run(answer) : answer();
    },
  });
  return [
    route('GET', 'status', () => valueAnswer(statusOf(deps))),
    route('GET', 'receivers', ({ query }) => valueAnswer(receiversOf(deps, query))),
    route('GET', 'alerts', ({ query }) => listAnswer(deps.createSlicer(), alertsOf(deps, query))),
    route('POST', 'alerts', (request) => takeAlerts(deps, request)),
    route('GET', 'alerts/groups', ({ query }) => listAnswer(deps.createSlicer(), groupsOf(deps, query))),
    route('GET', 'silences', ({ query }) => listAnswer(deps.createSlicer(), silencesOf(deps, query))),
    route('POST', 'silences', (request) => takeSilence(deps, request)),
    route('GET', 'silence/:id', (request) => silenceOf(deps, request)),
    route('DELETE', 'silence/:id', (request) => expireSilence(deps, request)),
  ];
}

function statusOf({ alerting, startedAtMs, clusterAddress = '' }: AlertmanagerRoutesDeps): unknown {
  const member = { address: clusterAddress, name: 'vedette' };
  return {
    cluster:
      clusterAddress === ''
        ? { peers: [], status: 'disabled' }
        : { name: member.name, peers: [member], status: 'ready' },
    config: { original: alerting.configText() },
    uptime: timeText(startedAtMs),
    versionInfo: {
      branch: '',
      buildDate: '',
      buildUser: '',
      goVersion: '',
      revision: '',
      version: ALERTMANAGER_VERSION,
    },
  };
}

function receiversOf({ alerting }: AlertmanagerRoutesDeps, query: URLSearchParams): readonly unknown[] {
  return receiversIn(query, alerting.receivers()).map(({ name }) => ({ name }));
}

function alertsOf({ clock, alerting }: AlertmanagerRoutesDeps, query: URLSearchParams): Iterable<unknown> {
  const filter = alertFilterOf(query, { nowMs: clock.nowMs(), receivers: alerting.receivers() });
  const resolveTimeoutMs = alerting.resolveTimeoutMs();
  const alerts = alerting.alerts().toSorted((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1));
  return mapEach(alerts, (alert) => {
    const receivers = alerting.receiversOf(alert.labels);
    const mutes = alerting.mutesOf(alert);
    if (!receivers.some((name) => filter.acceptsReceiver(name)) || !filter.acceptsAlert(alert, mutes))
      return undefined;
    return alertJson(alert, { mutes, mutedBy: [], receivers, resolveTimeoutMs });
  });
}

function groupsOf({ clock, alerting }: AlertmanagerRoutesDeps, query: URLSearchParams): Iterable<unknown> {
  const filter = alertFilterOf(query, { nowMs: clock.nowMs(), receivers: alerting.receivers() });
  const wantsMuted = flagOf(query, 'muted');
  const resolveTimeoutMs = alerting.resolveTimeoutMs();
  return mapEach(alerting.groups(), ({ labels, receiver, mutedBy, alerts }) => {
    if (!filter.acceptsReceiver(receiver) || (!wantsMuted && mutedBy.length > 0)) return undefined;
    const accepted = alerts.flatMap((alert) => {
      const mutes = alerting.mutesOf(alert);
      if (!filter.acceptsAlert(alert, mutes)) return [];
      const receivers = alerting.receiversOf(alert.labels);
      return [alertJson(alert, { mutes, mutedBy, receivers, resolveTimeoutMs })];
    });
    if (accepted.length === 0) return undefined;
    return { alerts: accepted, labels: Object.fromEntries(pairsOf(labels)), receiver: { name: receiver } };
  });
}

/** Made one at a time, those left out that are `undefined`. */
function* mapEach<T>(values: readonly T[], map: (value: T) => unknown): Iterable<unknown> {
  for (const value of values) {
    const mapped = map(value);
    if (mapped !== undefined) yield mapped;
  }
}

async function takeAlerts(
  { clock, alerting, onInvalid }: AlertmanagerRoutesDeps,
  request: HttpRequest,
): Promise<HttpAnswer> {
  const body = jsonBodyOf(request, 'alerts');
  const { alerts, faults } = postedAlertsOf(body, {
    nowMs: clock.nowMs(),
    resolveTimeoutMs: alerting.resolveTimeoutMs(),
  });
  if (alerts.length > 0) await alerting.post(alerts);
  if (faults.length > 0) {
    onInvalid?.(faults.length);
    throw new HandlerFault(400, faults.join('; '));
  }
  return emptyAnswer(200);
}

/** A filter asks for silences that have the very condition, not for what the condition matches. */
function silencesOf({ clock, alerting }: AlertmanagerRoutesDeps, query: URLSearchParams): Iterable<unknown> {
  const wanted = matchersOf(query, 'filter');
  const states = (['active', 'pending', 'expired'] as const).filter((state) => flagOf(query, state));
  const nowMs = clock.nowMs();
  const accepted = alerting.silences
    .all()
    .filter(
      (silence) =>
        states.includes(silenceStateAt(silence, nowMs)) &&
        wanted.every((matcher) => silence.matchers.some((one) => isSameMatcher(one, matcher))),
    );
  return mapEach(sortSilences(accepted, nowMs), (silence) => silenceJson(silence, nowMs));
}

function isSameMatcher(a: Matcher, b: Matcher): boolean {
  return a.name === b.name && a.op === b.op && a.value === b.value;
}

async function takeSilence({ alerting }: AlertmanagerRoutesDeps, request: HttpRequest): Promise<HttpAnswer> {
  const posted = postedSilenceOf(jsonBodyOf(request, 'silence'));
  const draft = { ...posted, createdBy: authorOf(request, posted.createdBy) };
  if (draft.id !== undefined && alerting.silences.get(draft.id) === undefined)
    throw new HandlerFault(404, 'silence not found');
  const id = await alerting.silences.set(draft);
  return { ...valueAnswer({ silenceID: id }), audit: { target: id, detail: `by ${draft.createdBy}` } };
}

/** A person is who is signed in, whatever the request says; a program speaks for somebody, and says who that is. */
function authorOf({ caller }: HttpRequest, createdBy: string): string {
  return caller?.kind === 'account' || caller?.kind === 'oidc' ? caller.name : createdBy;
}

function silenceOf({ clock, alerting }: AlertmanagerRoutesDeps, { params }: HttpRequest): HttpAnswer {
  const silence = alerting.silences.get(silenceIdOf(params));
  return silence === undefined ? emptyAnswer(404) : valueAnswer(silenceJson(silence, clock.nowMs()));
}

async function expireSilence(
  { alerting }: AlertmanagerRoutesDeps,
  { params }: HttpRequest,
): Promise<HttpAnswer> {
  const isKnown = await alerting.silences.expire(silenceIdOf(params));
  return emptyAnswer(isKnown ? 200 : 404);
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function silenceIdOf({ id = '' }: HttpRequest['params']): string {
  if (!UUID.test(id)) throw wrongFormat('silenceID', 'path', 'uuid', id);
  return id;
}

function pairsOf(labels: Labels): readonly (readonly [string, string])[] {
  const pairs: [string, string][] = [];
  for (let i = 0; i < labels.length; i += 2) pairs.push([labels[i] ?? '', labels[i + 1] ?? '']);
  return pairs;
}
