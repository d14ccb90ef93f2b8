/**
 * Alertmanager's API v2, for amtool, Prometheus' `alerting:` section, Grafana and karma. What it does not
 * have stands elsewhere: history and explanations under `/api/vedette`.
 */
import type { Clock, Labels } from '@vedette/model';
import type {
  Alert,
  AlertGroupStatus,
  AlertMutes,
  AlertPost,
  Silence,
  SilenceDraft,
} from '../../alert/index.ts';
import type { HttpAnswer, HttpRequest, Route } from '../http/route.ts';
import { postedAlertsOf } from './alert-body.ts';
import { alertFilterOf, areMet, matchersOf } from './alert-filter.ts';
import { alertJson, silenceJson, sortSilences, timeText } from './alert-json.ts';
import { answering, HandlerFault, jsonBodyOf, valueAnswer, wrongFormat } from './api-answer.ts';
import { postedSilenceOf } from './silence-body.ts';

/** Prometheus sends at most 64 alerts a request, amtool a handful. */
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
  receivers(): readonly string[];
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
}

export function alertmanagerRoutes(deps: AlertmanagerRoutesDeps): readonly Route[] {
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
    errors: 'json',
    handle: (request) => answering(() => handle(request)),
  });
  return [
    route('GET', 'status', () => valueAnswer(statusOf(deps))),
    route('GET', 'receivers', () => valueAnswer(deps.alerting.receivers().map((name) => ({ name })))),
    route('GET', 'alerts', ({ query }) => valueAnswer(alertsOf(deps, query))),
    route('POST', 'alerts', (request) => takeAlerts(deps, request)),
    route('GET', 'alerts/groups', ({ query }) => valueAnswer(groupsOf(deps, query))),
    route('GET', 'silences', ({ query }) => valueAnswer(silencesOf(deps, query))),
    route('POST', 'silences', (request) => takeSilence(deps, request)),
    route('GET', 'silence/:id', (request) => silenceOf(deps, request)),
    route('DELETE', 'silence/:id', (request) => expireSilence(deps, request)),
  ];
}

function statusOf({ alerting, startedAtMs }: AlertmanagerRoutesDeps): unknown {
  return {
    cluster: { peers: [], status: 'disabled' },
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

function alertsOf({ clock, alerting }: AlertmanagerRoutesDeps, query: URLSearchParams): readonly unknown[] {
  const filter = alertFilterOf(query, clock.nowMs());
  const resolveTimeoutMs = alerting.resolveTimeoutMs();
  const shown: { readonly fingerprint: string; readonly json: unknown }[] = [];
  for (const alert of alerting.alerts()) {
    const receivers = alerting.receiversOf(alert.labels);
    const mutes = alerting.mutesOf(alert);
    if (!receivers.some((name) => filter.acceptsReceiver(name)) || !filter.acceptsAlert(alert, mutes))
      continue;
    const json = alertJson(alert, { mutes, mutedBy: [], receivers, resolveTimeoutMs });
    shown.push({ fingerprint: alert.fingerprint, json });
  }
  return shown.sort((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1)).map(({ json }) => json);
}

function groupsOf({ clock, alerting }: AlertmanagerRoutesDeps, query: URLSearchParams): readonly unknown[] {
  const filter = alertFilterOf(query, clock.nowMs());
  const wantsMuted = query.get('muted') !== 'false';
  const resolveTimeoutMs = alerting.resolveTimeoutMs();
  const shown: unknown[] = [];
  for (const { labels, receiver, mutedBy, alerts } of alerting.groups()) {
    if (!filter.acceptsReceiver(receiver) || (!wantsMuted && mutedBy.length > 0)) continue;
    const accepted = alerts.flatMap((alert) => {
      const mutes = alerting.mutesOf(alert);
      if (!filter.acceptsAlert(alert, mutes)) return [];
      return [
        alertJson(alert, { mutes, mutedBy, receivers: alerting.receiversOf(alert.labels), resolveTimeoutMs }),
      ];
    });
    if (accepted.length === 0) continue;
    shown.push({
      alerts: accepted,
      labels: Object.fromEntries(pairsOf(labels)),
      receiver: { name: receiver },
    });
  }
  return shown;
}

async function takeAlerts(
  { clock, alerting }: AlertmanagerRoutesDeps,
  request: HttpRequest,
): Promise<HttpAnswer> {
  const body = jsonBodyOf(request, 'alerts');
  const { alerts, faults } = postedAlertsOf(body, {
    nowMs: clock.nowMs(),
    resolveTimeoutMs: alerting.resolveTimeoutMs(),
  });
  if (alerts.length > 0) await alerting.post(alerts);
  if (faults.length > 0) throw new HandlerFault(400, faults.join('; '));
  return { status: 200 };
}

function silencesOf({ clock, alerting }: AlertmanagerRoutesDeps, query: URLSearchParams): readonly unknown[] {
  const matchers = matchersOf(query);
  const nowMs = clock.nowMs();
  const accepted = alerting.silences.all().filter((silence) => {
    const patterns = new Map(silence.matchers.map(({ name, value }) => [name, value]));
    return areMet(matchers, (name) => patterns.get(name));
  });
  return sortSilences(accepted, nowMs).map((silence) => silenceJson(silence, nowMs));
}

async function takeSilence({ alerting }: AlertmanagerRoutesDeps, request: HttpRequest): Promise<HttpAnswer> {
  const draft = postedSilenceOf(jsonBodyOf(request, 'silence'));
  if (draft.id !== undefined && alerting.silences.get(draft.id) === undefined)
    throw new HandlerFault(404, 'silence not found');
  return valueAnswer({ silenceID: await alerting.silences.set(draft) });
}

function silenceOf({ clock, alerting }: AlertmanagerRoutesDeps, { params }: HttpRequest): HttpAnswer {
  const silence = alerting.silences.get(silenceIdOf(params));
  return silence === undefined ? { status: 404 } : valueAnswer(silenceJson(silence, clock.nowMs()));
}

async function expireSilence(
  { alerting }: AlertmanagerRoutesDeps,
  { params }: HttpRequest,
): Promise<HttpAnswer> {
  const isKnown = await alerting.silences.expire(silenceIdOf(params));
  return { status: isKnown ? 200 : 404 };
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
