import { fakeExplanation, fakeManagedAlerts, fakePreview, fakeSilences } from './fake-alertmanager.ts';
import { fakeAnalysis, fakeBareAnalysis } from './fake-analysis.ts';
import { fakeAdministration, fakeSession } from './fake-accounts.ts';
import { fakeDashboardAnswer } from './fake-dashboards.ts';
import { fakeDecisions, fakePolicies, fakeSubjects } from './fake-guard.ts';
import { fakeSeriesOf, faultOf } from './fake-series.ts';
import { fakeAlerts, fakeNotifications, fakeStatus, type FakeScene } from './fake-state.ts';
import { FAKE_RUNBOOK, fakeRuleGroups, fakeTargets } from './fake-prometheus.ts';

export interface FakeAnswer {
  readonly status?: number;
  readonly type?: string;
  readonly text: string;
}

/** What the fake server answers to a path. `params` are those of the address and of a form in the body. */
export function fakeAnswer(
  path: string,
  params: URLSearchParams,
  scene: FakeScene,
  body: string,
): FakeAnswer {
  if (path === '/api/vedette/session') {
    return json(fakeSession(scene));
  }
  if (scene === 'locked') return { status: 401, text: JSON.stringify({ error: 'not signed in' }) };
  const dashboard = fakeDashboardAnswer(path, body, scene);
  if (dashboard !== undefined) return dashboard;
  if (path.startsWith('/runbooks/'))
    return {
      type: 'text/markdown; charset=utf-8',
      text: FAKE_RUNBOOK.replaceAll('$NAME', path.split('/').at(-1) ?? ''),
    };
  if (path === '/api/v1/query' || path === '/api/v1/query_range') return queryAnswer(path, params);
  const label = /^\/api\/v1\/label\/(.+)\/values$/.exec(path)?.[1];
  if (label !== undefined)
    return success(label === '__name__' ? METRIC_NAMES : ['api', 'node', 'postgres', 'vedette']);
  const silenceId = /^\/api\/v2\/silence\/(.+)$/.exec(path)?.[1];
  if (silenceId !== undefined) {
    const found = fakeSilences().find((silence) => 'id' in silence && silence.id === silenceId);
    return found === undefined ? { status: 404, text: '' } : json(found);
  }
  const analysed = /^\/api\/vedette\/alerts\/(.+)\/analysis$/.exec(path)?.[1];
  if (analysed !== undefined)
    return analysed === 'unknown'
      ? { status: 404, text: '{"status":"error","error":"no such alert"}' }
      : json((analysed === 'bare' ? fakeBareAnalysis : fakeAnalysis)(analysed, Date.now()));
  const decision = fakeDecisions(scene).find(({ id }) => path === `/api/vedette/guard/decisions/${id}`);
  if (decision !== undefined) return json(decision);
  const administration = fakeAdministration(path, params, scene);
  if (administration !== undefined) return json(administration);
  const answers: Readonly<Record<string, () => FakeAnswer>> = {
    '/api/status': () => json(fakeStatus(scene)),
    '/api/alerts': () => json(fakeAlerts(scene)),
    '/api/vedette/notifications': () => json(scene === 'fresh' ? [] : fakeNotifications()),
    '/api/v2/alerts': () => json(fakeManagedAlerts(scene)),
    '/api/v2/alerts/groups': () => json([]),
    '/api/v2/silences': () => json(scene === 'fresh' ? [] : fakeSilences()),
    '/api/vedette/silences/preview': () =>
      json(fakePreview(scene, (JSON.parse(body) as { matchers: { value: string }[] }).matchers)),
    '/api/vedette/alerts/explain': () =>
      json(fakeExplanation((JSON.parse(body) as { labels: Record<string, string> }).labels)),
    '/api/vedette/guard/decisions': () =>
      json({
        decisions: fakeDecisions(scene).filter(({ state }) => !params.has('live') || state === 'live'),
      }),
    '/api/vedette/guard/reviews': () =>
      json({ decisions: fakeDecisions(scene).filter(({ state }) => state === 'held-back') }),
    '/api/vedette/guard/subjects': () => json(fakeSubjects(scene)),
    '/api/vedette/guard/policies': () => json(fakePolicies(scene)),
    '/api/v1/targets': () =>
      success({ activeTargets: scene === 'fresh' ? [] : fakeTargets(), droppedTargets: [] }),
    '/api/v1/rules': () => success({ groups: scene === 'fresh' ? [] : fakeRuleGroups() }),
    '/api/v1/query_exemplars': () => success([]),
    '/api/v1/labels': () => success(['__name__', 'code', 'instance', 'job', 'mode', 'route']),
    '/api/v1/series': () => success([{ __name__: 'up', job: 'api', instance: '127.0.0.1:3000' }]),
    '/api/v1/metadata': () => success(METADATA),
    '/api/v1/status/flags': () => success({ 'query.lookback-delta': '5m' }),
  };
  return answers[path]?.() ?? { status: 404, text: JSON.stringify({ error: `cannot find ${path}` }) };
}

const METADATA = {
  http_requests_total: [{ type: 'counter', help: 'Requests answered, by route and status code.', unit: '' }],
  node_cpu_seconds_total: [{ type: 'counter', help: 'Seconds the CPUs spent in each mode.', unit: '' }],
  node_load1: [{ type: 'gauge', help: '1m load average.', unit: '' }],
  node_memory_MemAvailable_bytes: [
    { type: 'gauge', help: 'Memory information field MemAvailable_bytes.', unit: '' },
  ],
  up: [{ type: 'gauge', help: '1 when the last scrape worked.', unit: '' }],
};
const METRIC_NAMES = Object.keys(METADATA);

function queryAnswer(path: string, params: URLSearchParams): FakeAnswer {
  const expr = params.get('query') ?? '';
  const fault = faultOf(expr);
  if (fault !== undefined) {
    const error = `invalid parameter "query": ${fault.message}`;
    return { status: 400, text: JSON.stringify({ status: 'error', errorType: 'bad_data', error }) };
  }
  const all = fakeSeriesOf(expr);
  if (path === '/api/v1/query') {
    const seconds = Number(params.get('time'));
    const result = all.flatMap(({ labels, at }) => {
      const value = at(seconds * 1000);
      return value === null ? [] : [{ metric: labels, value: [seconds, String(value)] }];
    });
    return success({ resultType: 'vector', result });
  }
  const [start, end, step] = ['start', 'end', 'step'].map((name) => Number(params.get(name)));
  const result = all.map(({ labels, at }) => {
    const values: [number, string][] = [];
    for (let seconds = start ?? 0; seconds <= (end ?? 0); seconds += step || 1) {
      const value = at(seconds * 1000);
      if (value !== null) values.push([seconds, String(value)]);
    }
    return { metric: labels, values };
  });
  return success({ resultType: 'matrix', result });
}

function success(data: unknown): FakeAnswer {
  return json({ status: 'success', data });
}

function json(body: unknown): FakeAnswer {
  return { text: JSON.stringify(body) };
}
