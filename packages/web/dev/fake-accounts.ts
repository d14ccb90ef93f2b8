import type {
  Account,
  ApiToken,
  AuditEntry,
  CardinalityReport,
  CreatedToken,
  ReceiverSummary,
  ReceiverTestResult,
  ServerState,
  SessionState,
} from '@vedette/api';
import type { FakeScene } from './fake-state.ts';

/** What the settings, the setup and the page Connect are shown. */
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const ago = (ms: number): number => Date.now() - ms;

const ROLES = { busy: 'admin', fresh: 'admin', viewer: 'viewer', locked: null } as const;

export function fakeSession(scene: FakeScene): SessionState {
  const isClosed = scene === 'viewer' || scene === 'locked';
  return {
    role: ROLES[scene],
    isTokenRequired: isClosed,
    account: scene === 'viewer' ? 'ada' : null,
    ways: {
      token: isClosed,
      password: isClosed,
      oidc: scene === 'locked' ? 'Sign in with Example ID' : null,
      setup: false,
    },
  };
}

/** The answer to a path, `undefined` when it is none of these pages. */
export function fakeAdministration(path: string, params: URLSearchParams, scene: FakeScene): unknown {
  const isFresh = scene === 'fresh';
  switch (path) {
    case '/api/vedette/accounts':
      return isFresh ? [] : ACCOUNTS();
    case '/api/vedette/tokens':
      // A page asks without parameters and makes with a body: the made one is an object with its secret.
      return params.size === 0 ? (isFresh ? [] : TOKENS()) : CREATED();
    case '/api/vedette/audit':
      return isFresh || params.has('before') ? [] : AUDIT();
    case '/api/vedette/receivers':
      return isFresh ? [] : RECEIVERS();
    case '/api/vedette/receivers/team/test':
      return testResult(params);
    case '/api/vedette/server':
      return SERVER(scene);
    case '/api/vedette/cardinality':
      return isFresh ? { ...CARDINALITY, activeSeries: 0, jobs: [] } : CARDINALITY;
    case '/api/vedette/alert-sources':
      return [];
    case '/api/v1/status/buildinfo':
      return {
        status: 'success',
        data: { version: '3.14.0', revision: '0.1.0', goVersion: 'node v26.10.0' },
      };
    case '/api/v1/status/config':
      return { status: 'success', data: { yaml: CONFIG } };
    default:
      return undefined;
  }
}

const ACCOUNTS = (): readonly Account[] => [
  {
    name: 'ada',
    role: 'admin',
    source: 'password',
    isDisabled: false,
    createdAtMs: ago(90 * DAY_MS),
    lastSignInAtMs: ago(3 * MINUTE_MS),
  },
  {
    name: 'bo',
    role: 'operator',
    source: 'password',
    isDisabled: false,
    createdAtMs: ago(30 * DAY_MS),
    lastSignInAtMs: null,
  },
  {
    name: 'chen.long.name@subsidiary.example.org',
    role: 'viewer',
    source: 'oidc',
    isDisabled: true,
    createdAtMs: ago(9 * DAY_MS),
    lastSignInAtMs: ago(8 * DAY_MS),
  },
];

const TOKENS = (): readonly ApiToken[] => [
  {
    id: 't1',
    name: 'Grafana',
    role: 'viewer',
    scopes: ['read'],
    hint: 'vdt_8Q2M',
    createdBy: 'ada',
    createdAtMs: ago(20 * DAY_MS),
    expiresAtMs: ago(-70 * DAY_MS),
    lastUsedAtMs: ago(20_000),
  },
  {
    id: 't2',
    name: 'deploy',
    role: 'operator',
    scopes: ['read', 'write', 'ingest'],
    hint: 'vdt_5VXA',
    createdBy: 'bo',
    createdAtMs: ago(88 * DAY_MS),
    expiresAtMs: ago(-2 * DAY_MS),
    lastUsedAtMs: ago(4 * DAY_MS),
  },
  {
    id: 't3',
    name: 'old importer',
    role: 'operator',
    scopes: ['ingest'],
    hint: 'vdt_77AB',
    createdBy: 'ada',
    createdAtMs: ago(400 * DAY_MS),
    expiresAtMs: ago(35 * DAY_MS),
    lastUsedAtMs: null,
  },
];

const CREATED = (): CreatedToken => ({
  id: 't4',
  name: 'Grafana',
  role: 'viewer',
  scopes: ['read'],
  hint: 'vdt_Zk3P',
  createdBy: 'ada',
  createdAtMs: Date.now(),
  expiresAtMs: ago(-90 * DAY_MS),
  lastUsedAtMs: null,
  secret: 'vdt_Zk3PTXw0c4mJ7uQ1yEoR9aLbN2sVhG5d',
});

const AUDIT = (): readonly AuditEntry[] => [
  {
    seq: 5,
    atMs: ago(2 * MINUTE_MS),
    actor: 'account:ada',
    address: '10.0.0.7',
    action: 'silence.create',
    target: '5f0a1d6e',
    status: 200,
    detail: 'alertname="TargetDown", 2 h',
  },
  {
    seq: 4,
    atMs: ago(9 * MINUTE_MS),
    actor: 'token:deploy',
    address: '10.0.0.9',
    action: 'dashboard.update',
    target: 'checkout',
    status: 200,
    detail: 'version 7',
  },
  {
    seq: 3,
    atMs: ago(44 * MINUTE_MS),
    actor: 'account:bo',
    address: '10.0.0.12',
    action: 'account.update',
    target: 'chen',
    status: 403,
    detail: '',
  },
  {
    seq: 2,
    atMs: ago(3 * DAY_MS),
    actor: 'nobody',
    address: '203.0.113.9',
    action: 'session.create',
    target: 'root',
    status: 401,
    detail: '',
  },
];

const RECEIVERS = (): readonly ReceiverSummary[] => [
  {
    name: 'team',
    isRouted: true,
    channels: [
      {
        integration: 'webhook',
        index: 0,
        place: 'hooks.example.org',
        isTestable: true,
        lastAttempt: { atMs: ago(5 * MINUTE_MS), outcome: 'delivered', error: null },
      },
      {
        integration: 'slack',
        index: 0,
        place: '#ops (hooks.slack.com)',
        isTestable: true,
        lastAttempt: {
          atMs: ago(5 * MINUTE_MS),
          outcome: 'failed',
          error: 'unexpected status code 404: channel_not_found',
        },
      },
      {
        integration: 'email',
        index: 0,
        place: 'ops@example.org, second-line@example.org',
        isTestable: true,
        lastAttempt: null,
      },
      { integration: 'guard', index: 0, place: null, isTestable: false, lastAttempt: null },
    ],
  },
  { name: 'nobody', isRouted: false, channels: [] },
];

function testResult(params: URLSearchParams): ReceiverTestResult {
  const isSlack = [...params.keys()].some((key) => key.includes('slack'));
  const message = JSON.stringify({
    status: 'firing',
    alerts: [{ labels: { alertname: 'VedetteTest', severity: 'info', test: 'true' } }],
  });
  return isSlack
    ? {
        outcome: 'failed',
        tookMs: 212,
        error: 'unexpected status code 404: channel_not_found',
        answer: { status: 404, text: 'channel_not_found' },
        message,
      }
    : { outcome: 'delivered', tookMs: 48, error: null, answer: { status: 200, text: 'ok' }, message };
}

function SERVER(scene: FakeScene): ServerState {
  return {
    storage: {
      engine: 'embedded',
      retentionMs: 30 * DAY_MS,
      retentionBytes: null,
      retentionRules: [{ match: '{job="debug"}', retentionMs: 7 * DAY_MS }],
      directory: '/var/lib/vedette',
    },
    scrape: { intervalMs: 15_000 },
    reload: {
      isSuccess: scene === 'fresh',
      atMs: ago(12 * MINUTE_MS),
      fault:
        scene === 'viewer' || scene === 'fresh'
          ? null
          : 'vedette.yml:7:5: unknown key "repeat_intervall"; did you mean "repeat_interval"?',
    },
  };
}

const turnover = (name: string, createdLastHour: number, removedLastHour: number) => ({
  name,
  createdLastHour,
  removedLastHour,
  createdTotal: createdLastHour * 20,
  removedTotal: removedLastHour * 20,
  netTotal: (createdLastHour - removedLastHour) * 20,
});

const CARDINALITY: CardinalityReport = {
  activeSeries: 18_420,
  seriesMax: 1_000_000,
  staleSeries: 210,
  stoppedSeries: 34,
  createdTotal: 61_200,
  removedTotal: 42_780,
  jobs: [
    { job: 'api', activeSeries: 12_400, limit: 250_000 },
    { job: 'node', activeSeries: 1_480, limit: 250_000 },
    { job: 'shop/cart', activeSeries: 640, limit: 250_000 },
    { job: '', activeSeries: 12, limit: null },
  ],
  turnoverByJob: [turnover('api', 1200, 1100)],
  turnoverByMetric: [
    turnover('http_request_duration_seconds_bucket', 900, 870),
    turnover('http_requests_total', 280, 200),
  ],
  selected: {
    activeSeries: 18_420,
    seriesByMetric: [
      { name: 'http_request_duration_seconds_bucket', value: 9_600 },
      { name: 'http_requests_total', value: 1_280 },
      { name: 'node_cpu_seconds_total', value: 64 },
    ],
    valuesByLabel: [
      { name: 'route', value: 320 },
      { name: 'instance', value: 48 },
    ],
    seriesByLabelPair: [
      { name: 'job=api', value: 12_400 },
      { name: 'instance=127.0.0.1:3000', value: 3_100 },
    ],
  },
};

const CONFIG = `global:
  scrape_interval: 15s
alertmanager:
  receivers:
    - name: team
      webhook_configs:
        - url: <secret>
`;
