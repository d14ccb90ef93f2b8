import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { alertSummary, statusSummary } from '@vedette/api';
import { labelsOf } from '@vedette/model';
import { z } from 'zod';
import type { RunningHttpServer } from '../http-server.ts';
import { startTestServer } from '../test-server.ts';
import type { AlertingRuleView, RecordingRuleView, RuleGroupView } from './views.ts';

const running: RunningHttpServer[] = [];
after(() => Promise.all(running.map((server) => server.close())));

const LAST = { health: 'ok', error: undefined, tookMs: 2, atMs: 1500 } as const;
const DISK_FULL = {
  name: 'DiskFull',
  expr: 'disk > 0.9',
  labels: [['severity', 'page']],
  forMs: 300_000,
  keepFiringForMs: 0,
  annotations: [['summary', 'full']],
} as const;
const ALERT: AlertingRuleView = {
  kind: 'alerting',
  rule: DISK_FULL,
  last: LAST,
  state: 'firing',
  alerts: [
    {
      labels: labelsOf({ alertname: 'DiskFull', severity: 'page' }),
      annotations: labelsOf({ summary: 'full' }),
      state: 'firing',
      activeAtMs: 1000,
      keepFiringSinceMs: undefined,
      value: 0.95,
    },
  ],
};
const RECORD: RecordingRuleView = {
  kind: 'recording',
  rule: { name: 'a:b', expr: 'sum(a)', labels: [] },
  last: LAST,
};
const LATE: AlertingRuleView = {
  kind: 'alerting',
  rule: { ...DISK_FULL, name: 'Late' },
  last: { health: 'err', error: 'boom', tookMs: 0, atMs: undefined },
  state: 'inactive',
  alerts: [],
};

function group(name: string, rules: RuleGroupView['rules'], file = 'r.yml'): RuleGroupView {
  return { name, file, intervalMs: 15_000, limit: 0, evaluationTookMs: 3, lastEvaluationMs: 1500, rules };
}

async function start(
  groups: readonly RuleGroupView[],
): Promise<(path: string) => Promise<{ status: number; body: Answer }>> {
  const server = await startTestServer({ rules: { groups: () => groups } });
  running.push(server);
  return async (path) => {
    const response = await fetch(server.address + path);
    return { status: response.status, body: (await response.json()) as Answer };
  };
}

/** What the tests look at, loosely. */
interface Answer {
  readonly data: {
    readonly groups: {
      name: string;
      rules: { name: string; health: string; lastError?: string; lastEvaluation: string; alerts: unknown }[];
    }[];
    readonly groupNextToken?: string;
  };
}

const GROUPS = [
  group('host', [ALERT, RECORD]),
  group('mixed', [RECORD], 'other.yml'),
  group('empty', []),
  group('late', [LATE]),
];

test('rules and alerts have the shape of Prometheus', async () => {
  const get = await start([group('host', [RECORD, ALERT])]);
  const { body } = await get('/api/v1/rules');
  const alert = {
    labels: { alertname: 'DiskFull', severity: 'page' },
    annotations: { summary: 'full' },
    state: 'firing',
    activeAt: '1970-01-01T00:00:01Z',
    value: '9.5e-01',
  };
  assert.deepEqual(body, {
    status: 'success',
    data: {
      groups: [
        {
          name: 'host',
          file: 'r.yml',
          rules: [
            {
              name: 'a:b',
              query: 'sum(a)',
              health: 'ok',
              evaluationTime: 0.002,
              lastEvaluation: '1970-01-01T00:00:01.5Z',
              type: 'recording',
            },
            {
              state: 'firing',
              name: 'DiskFull',
              query: 'disk > 0.9',
              duration: 300,
              keepFiringFor: 0,
              labels: { severity: 'page' },
              annotations: { summary: 'full' },
              alerts: [alert],
              health: 'ok',
              evaluationTime: 0.002,
              lastEvaluation: '1970-01-01T00:00:01.5Z',
              type: 'alerting',
            },
          ],
          interval: 15,
          limit: 0,
          evaluationTime: 0.003,
          lastEvaluation: '1970-01-01T00:00:01.5Z',
        },
      ],
    },
  });
  assert.deepEqual((await get('/api/v1/alerts')).body, { status: 'success', data: { alerts: [alert] } });
});

test('a rule that fails says why, one that never ran has the zero time', async () => {
  const get = await start(GROUPS);
  const { body } = await get('/api/v1/rules?rule_name[]=Late');
  const rule = body.data.groups[0]?.rules[0];
  assert.deepEqual(
    [rule?.health, rule?.lastError, rule?.lastEvaluation],
    ['err', 'boom', '0001-01-01T00:00:00Z'],
  );
});

test('filters leave out rules, and groups that have none left', async () => {
  const get = await start(GROUPS);
  const check = async (query: string, want: Record<string, string[]>): Promise<void> => {
    const { body } = await get(`/api/v1/rules?${query}`);
    const shown = body.data.groups.map((one: { name: string; rules: { name: string }[] }) => [
      one.name,
      one.rules.map(({ name }) => name),
    ]);
    assert.deepEqual(Object.fromEntries(shown), want, query);
  };
  await check('', { host: ['DiskFull', 'a:b'], mixed: ['a:b'], late: ['Late'] });
  await check('type=alert', { host: ['DiskFull'], late: ['Late'] });
  await check('type=RECORD', { host: ['a:b'], mixed: ['a:b'] });
  await check('rule_name[]=a:b&rule_group[]=mixed', { mixed: ['a:b'] });
  await check('rule_name[]=a:b&rule_name[]=Late', { host: ['a:b'], mixed: ['a:b'], late: ['Late'] });
  await check('file[]=other.yml', { mixed: ['a:b'] });
  await check('match[]={severity="page"}', { host: ['DiskFull'], late: ['Late'] });
  await check('match[]={severity="none"}', {});
});

test('alerts can be left out', async () => {
  const get = await start(GROUPS);
  const { body } = await get('/api/v1/rules?exclude_alerts=true&type=alert');
  assert.deepEqual(body.data.groups[0]?.rules[0]?.alerts, []);
});

test('groups are paged by token, each shown once', async () => {
  const get = await start(GROUPS);
  const names: string[] = [];
  let token = '';
  for (let page = 0; page < 10; page++) {
    const { body } = await get(
      `/api/v1/rules?group_limit=1${token === '' ? '' : `&group_next_token=${token}`}`,
    );
    names.push(...body.data.groups.map(({ name }: { name: string }) => name));
    token = body.data.groupNextToken ?? '';
    if (token === '') break;
    assert.match(token, /^[0-9a-f]{40}$/);
  }
  // By file, then by name.
  assert.deepEqual(names, ['mixed', 'host', 'late']);
  const { body } = await get('/api/v1/rules?group_limit=3');
  assert.equal(body.data.groupNextToken, undefined, 'exactly the limit is the last page');
});

test('bad parameters are refused with upstream’s words', async () => {
  const get = await start(GROUPS);
  const check = async (query: string, error: string): Promise<void> =>
    assert.deepEqual(await get(`/api/v1/rules?${query}`), {
      status: 400,
      body: { status: 'error', errorType: 'bad_data', error },
    });
  await check('type=foo', 'invalid parameter "type": not supported value "foo"');
  await check('group_limit=0', 'invalid parameter "group_limit": group_limit needs to be greater than 0');
  await check(
    'group_limit=x',
    'invalid parameter "group_limit": group_limit needs to be a valid number: strconv.ParseInt: parsing "x": invalid syntax',
  );
  await check(
    'group_next_token=x',
    'invalid parameter "group_next_token": group_limit needs to be present in order to paginate over the groups',
  );
  await check(
    'group_limit=1&group_next_token=x',
    `invalid parameter "group_next_token": invalid group_next_token 'x'. were rule groups changed?`,
  );
  await check(
    'exclude_alerts=maybe',
    'invalid parameter "exclude_alerts": error converting exclude_alerts: strconv.ParseBool: parsing "maybe": invalid syntax',
  );
});

test('the plain summaries satisfy their contract', async () => {
  const get = await start(GROUPS);
  const alerts = z.array(alertSummary).parse((await get('/api/alerts')).body);
  assert.deepEqual(
    alerts.map(({ name, severity, value }) => [name, severity, value]),
    [['DiskFull', 'page', '0.95']],
  );
  const status = statusSummary.parse((await get('/api/status')).body);
  assert.deepEqual(status.alerts, { firing: 1, pending: 0 });
  assert.deepEqual(status.rules, { groups: 4, rules: 4, failing: 1 });
  assert.deepEqual([status.status, status.problems], ['degraded', ['1 rule fails']]);
});

test('the Alertmanagers that alerts are sent on to are listed, dropped ones beside', async () => {
  const alertmanagers = { active: ['http://a/api/v2/alerts'], dropped: ['http://b/api/v2/alerts'] };
  const server = await startTestServer({ forwarding: { alertmanagers: () => alertmanagers } });
  running.push(server);
  const response = await fetch(`${server.address}/api/v1/alertmanagers`);
  assert.deepEqual(await response.json(), {
    status: 'success',
    data: {
      activeAlertmanagers: [{ url: 'http://a/api/v2/alerts' }],
      droppedAlertmanagers: [{ url: 'http://b/api/v2/alerts' }],
    },
  });
});
