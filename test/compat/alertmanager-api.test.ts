/**
 * The same requests to Debian's Alertmanager 0.25 and to `vedette alertmanager`: the same answers, but for ids and
 * times, and but for what 0.34 does otherwise, which each case says.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PEERS, skipWithout } from '../support/peers.ts';
import { until } from '../support/until.ts';
import { startTwinAlertmanagers, type TwinAlertmanagers } from './twin-alertmanagers.ts';

const skip = skipWithout(PEERS.alertmanager);

const CONFIG = `
global: { resolve_timeout: 5m }
route:
  receiver: team.ops
  group_by: [alertname]
  group_wait: 1h
  routes:
    - { receiver: b, matchers: [ 'team="b"' ] }
    - { receiver: quiet, matchers: [ 'team="quiet"' ] }
inhibit_rules:
  - { source_matchers: [ 'severity="critical"' ], target_matchers: [ 'severity="warning"' ], equal: [ job ] }
receivers: [ { name: team.ops }, { name: b }, { name: c }, { name: quiet } ]
`;

interface Case {
  /** `GET /api/v2/alerts`. */
  readonly ask: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** What 0.34 answers, where that is another thing: status, and text or part of it. */
  readonly newer?: { readonly status: number; readonly says?: RegExp; readonly why: string };
}

interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly body: string;
}

const ID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

async function send(url: string, { ask, body, headers = {} }: Case): Promise<Answer> {
  const [method = '', to = ''] = ask.split(/ (.*)/s);
  const type = body === undefined ? {} : { 'content-type': 'application/json' };
  const answer = await fetch(`${url}${to}`, {
    method,
    headers: { ...type, ...headers },
    ...(body === undefined ? {} : { body }),
  });
  return {
    status: answer.status,
    type: answer.headers.get('content-type'),
    body: normalized(await answer.text(), to),
  };
}

/** Times must have three decimals to be times; ids, and what differs between two programs, become words. */
function normalized(text: string, to: string): string {
  const same = text
    .replaceAll(ID, 'ID')
    .replaceAll(
      /(?<="(?:startsAt|endsAt|updatedAt|uptime)":")\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g,
      'TIME',
    )
    // Go lists methods in no order, and calls the structs of its decoder by all their fields.
    .replace(/\[[A-Z]+(?:,[A-Z]+)*\](?= are")/, (list) => list.slice(1, -1).split(',').toSorted().join())
    .replace(/(?<=Go value of type )(?:struct \{.*\}|models\.(?:Alert|PostableSilence))(?="\}$)/, 'STRUCT')
    // Since 0.27.
    .replace('silence invalid: ', 'invalid silence: ')
    // 0.28 and later say by which intervals an alert is muted.
    .replaceAll(/"mutedBy":\[[^\]]*\],/g, '');
  if (to !== '/api/v2/status') return same;
  return same
    .replace(/"original":".*?[^\\]"/, '"original":"CONFIG"')
    .replace(/"versionInfo":\{[^}]*\}/, 'VERSION');
}

async function check(twins: TwinAlertmanagers, one: Case): Promise<void> {
  const ours = await send(twins.ours, one);
  const label = `${one.ask} ${(one.body ?? '').slice(0, 200)}`;
  if (one.newer !== undefined) {
    assert.equal(ours.status, one.newer.status, `${label}: ${one.newer.why}`);
    assert.match(ours.body, one.newer.says ?? /^$/, `${label}: ${one.newer.why}`);
    return;
  }
  assert.deepEqual(ours, await send(twins.theirs, one), label);
}

const alerts = (...list: readonly unknown[]): Case => ({
  ask: 'POST /api/v2/alerts',
  body: JSON.stringify(list),
});
const LATER = '2036-11-21T09:00:00Z';
const silence = (more: Readonly<Record<string, unknown>> = {}): Case => ({
  ask: 'POST /api/v2/silences',
  body: JSON.stringify({
    matchers: [{ name: 'job', value: 'api', isRegex: false, isEqual: true }],
    startsAt: '2026-11-21T00:00:00Z',
    endsAt: LATER,
    createdBy: 'me',
    comment: 'why',
    ...more,
  }),
});

const BOOLEANS = [
  'true',
  'TRUE',
  'True',
  '1',
  'yes',
  'ok',
  'y',
  'on',
  'selected',
  'checked',
  't',
  'enabled',
  'false',
  'False',
  '0',
  'no',
  'off',
  'n',
  'f',
  'maybe',
  '',
  'null',
];

test('posted alerts, good and bad, are answered alike', { skip }, async (t) => {
  const twins = await startTwinAlertmanagers(t, CONFIG);
  const newerNames = { status: 200, why: 'since 0.27 a name may be any text' };
  const text = (body: string, more: Partial<Case> = {}): Case => ({
    ask: 'POST /api/v2/alerts',
    body,
    ...more,
  });
  const cases: Case[] = [
    alerts(),
    alerts({ labels: { alertname: 'A', job: 'x' } }),
    alerts({ labels: { a: '', alertname: 'A' }, annotations: { b: '' } }),
    alerts({ labels: { alertname: 'A' }, unknown: 1, generatorURL: 'http://prom/graph?a=b' }),
    alerts({ labels: { alertname: 'A' }, startsAt: '2026-11-21T03:00:00.123456789+08:00', endsAt: LATER }),
    alerts({ labels: { alertname: 'Z' }, startsAt: '0001-01-01T00:00:00Z', endsAt: '0001-01-01T00:00:00Z' }),
    alerts({}),
    alerts({ labels: {} }),
    alerts({ labels: { a: '' } }),
    alerts({ labels: null }),
    alerts({ labels: { a: 1 } }),
    alerts({ labels: [] }),
    alerts({ labels: { a: 'x' }, annotations: { b: 2 } }),
    alerts({ labels: { a: 'x' }, annotations: [] }),
    alerts({ labels: { a: 'x' }, startsAt: 'nope' }),
    alerts({ labels: { a: 'x' }, startsAt: 5 }),
    alerts({ labels: { a: 'x' }, startsAt: '' }),
    alerts({ labels: { a: 'x' }, startsAt: '2026-11-21T10:00:00Z', endsAt: '2026-11-21T09:00:00Z' }),
    alerts({ labels: { a: 'x' }, generatorURL: '::bad' }),
    alerts({ labels: { a: 'x' }, generatorURL: '' }),
    alerts({ labels: { alertname: 'ok' } }, { labels: {} }, { labels: {} }),
    { ...alerts({ labels: { 'a b': 'x' } }), newer: newerNames },
    { ...alerts({ labels: { a: 'x' }, annotations: { 'q w': 'z' } }), newer: newerNames },
    text('null'),
    text('{}'),
    text('"x"'),
    text('7'),
    text('true'),
    text(''),
    text('['),
    text('[{'),
    text('[{"labels":{"a":"x'),
    text('[{"labels":{"a":"x"}'),
    text('x'),
    text('[x]'),
    text('[{]'),
    text('[{"labels" 1}]'),
    text('[{"labels":{"a":"b"} "c":1}]'),
    text('[1 2]'),
    text('[{"labels":{"a":"b\u0001"}}]'),
    text('[nul]'),
    text('[{"labels":{"a":"\\x"}}]'),
    text('[5]'),
    text('["x"]'),
    text('[[]]'),
    text('[] trailing'),
    text('[{"labels":{"a":"x"}}]', { headers: { 'content-type': 'text/plain' } }),
    text('[{"labels":{"a":"x"}}]', { headers: { 'content-type': 'application/x-www-form-urlencoded' } }),
    text('[{"labels":{"a":"x"}}]', { headers: { 'content-type': 'application/json; charset=utf-8' } }),
    text('[{"labels":{"a":"x"}}]', { headers: { 'content-type': 'application/xml' } }),
    { ask: 'PUT /api/v2/alerts', body: '[]' },
    { ask: 'DELETE /api/v2/alerts' },
  ];
  for (const one of cases) await check(twins, one);
});

test('lists of alerts and groups are filtered alike', { skip }, async (t) => {
  const twins = await startTwinAlertmanagers(t, CONFIG);
  const fixed = { startsAt: '2026-11-21T03:00:00Z', endsAt: LATER };
  const posted = alerts(
    { ...fixed, labels: { alertname: 'Source', severity: 'critical', job: 'db' } },
    {
      ...fixed,
      labels: { alertname: 'Target', severity: 'warning', job: 'db' },
      annotations: { b: '2', a: '1' },
    },
    { ...fixed, labels: { alertname: 'Silenced', job: 'api' } },
    { ...fixed, labels: { alertname: 'Plain', team: 'b' } },
    { ...fixed, labels: { alertname: 'Quiet', team: 'quiet' } },
  );
  await check(twins, posted);
  await check(twins, silence());
  // Groups are made, and sources of inhibition known, a moment after the post was answered.
  for (const url of [twins.theirs, twins.ours])
    await until('the groups and the inhibition', async () => {
      const groups = (await (await fetch(`${url}/api/v2/alerts/groups`)).json()) as unknown[];
      const shown = await (await fetch(`${url}/api/v2/alerts?filter=alertname%3D%22Target%22`)).text();
      return groups.length === 5 && shown.includes('"suppressed"') ? true : undefined;
    });
  const filters = [
    'alertname="Plain"',
    'alertname=Plain',
    'alertname!="Plain"',
    'job=~"d.*"',
    'job!~"d.*"',
    'nope=""',
    'nope!=""',
    'job=""',
    'job!=""',
    'nope=~".*"',
    'nope=~".+"',
    'nope!~".*"',
    'nope!="x"',
    'nope="x"',
    '',
    'x~',
    'job=~"("',
    'job="api",alertname="Silenced"',
    ' job = "api" ',
  ];
  const queries = [
    '',
    ...filters.map((filter) => `filter=${encodeURIComponent(filter)}`),
    'filter=job%3D%22db%22&filter=severity%3D%22warning%22',
    ...['team', 'team.ops', 'team.*', 'b|c', '(', '', '%5Eb%24'].map((pattern) => `receiver=${pattern}`),
    ...['active', 'silenced', 'inhibited', 'unprocessed', 'muted'].flatMap((name) =>
      ['false', 'true'].map((value) => `${name}=${value}`),
    ),
    ...BOOLEANS.map((value) => `silenced=${value}`),
    'active=false&silenced=false',
    'active=false&inhibited=false',
    'active=true&active=false',
    'unknown=1',
  ];
  const braces = { status: 400, says: /^"unexpected open or close brace/, why: 'the grammar since 0.27' };
  await check(twins, { ask: `GET /api/v2/alerts?filter=${encodeURIComponent('{a="b"}')}`, newer: braces });
  for (const query of queries) {
    await check(twins, { ask: `GET /api/v2/alerts?${query}` });
    await check(twins, { ask: `GET /api/v2/alerts/groups?${query}` });
  }
});

test('silences are made, changed, listed and ended alike', { skip }, async (t) => {
  const twins = await startTwinAlertmanagers(t, CONFIG);
  const matcher = (more: Readonly<Record<string, unknown>>): Case =>
    silence({ matchers: [{ name: 'a', value: 'x', isRegex: false, ...more }] });
  const cases: Case[] = [
    silence(),
    silence({ matchers: [] }),
    silence({ matchers: null }),
    silence({ matchers: {} }),
    silence({ matchers: [5] }),
    silence({ comment: undefined }),
    // Another end: Alertmanager lists silences of one end in any order.
    silence({ comment: '', createdBy: '', endsAt: '2036-11-21T10:00:00Z' }),
    silence({ createdBy: undefined }),
    silence({ startsAt: undefined }),
    silence({ endsAt: undefined }),
    silence({ comment: 5 }),
    silence({ endsAt: '2016-11-21T09:00:00Z' }),
    silence({ startsAt: '2015-11-21T09:00:00Z', endsAt: '2016-11-21T09:00:00Z' }),
    silence({ startsAt: 'x' }),
    silence({ id: 'nope' }),
    silence({ id: 'f3aa1032-6ba7-4e61-925a-6df3e9e07ee1' }),
    matcher({ value: '' }),
    matcher({ value: '.*', isRegex: true }),
    matcher({ value: '(', isRegex: true }),
    matcher({ isRegex: undefined }),
    matcher({ name: undefined }),
    matcher({ value: undefined }),
    matcher({ name: '' }),
    matcher({ isRegex: 'x' }),
    matcher({ isEqual: false }),
    matcher({ isRegex: true, isEqual: false, value: 'y+' }),
    { ask: 'POST /api/v2/silences', body: '' },
    { ask: 'POST /api/v2/silences', body: '{}' },
    { ask: 'POST /api/v2/silences', body: '[]' },
    { ask: 'POST /api/v2/silences', body: '[' },
    { ask: 'POST /api/v2/silences', body: 'null' },
    ...['', 'a="x"', 'a!="x"', 'a=~"x"', 'job="api"', 'job=~"api"', 'nope=""', '(('].map((filter) => ({
      ask: `GET /api/v2/silences?filter=${encodeURIComponent(filter)}`,
    })),
    { ask: 'GET /api/v2/silences?filter=job%3D%22api%22&filter=a%3D%22x%22' },
    { ask: 'GET /api/v2/silence/xyz' },
    { ask: 'DELETE /api/v2/silence/xyz' },
    { ask: 'GET /api/v2/silence/f3aa1032-6ba7-4e61-925a-6df3e9e07ee1' },
    {
      ask: 'DELETE /api/v2/silence/f3aa1032-6ba7-4e61-925a-6df3e9e07ee1',
      newer: { status: 404, why: 'since 0.26 an unknown silence is not a fault of the server' },
    },
  ];
  for (const one of cases) await check(twins, one);
  await checkEdits(twins);
});

/** The life of one silence on each side: edits in place or not, its end, and what is listed of it. */
async function checkEdits(twins: TwinAlertmanagers): Promise<void> {
  const play = async (url: string): Promise<unknown[]> => {
    const seen: unknown[] = [];
    const set = async (more: Readonly<Record<string, unknown>>): Promise<string> => {
      const { ask, ...one } = silence({ startsAt: '2036-01-01T00:00:00Z', ...more });
      const { body = '' } = one;
      const answer = await fetch(`${url}${ask.slice(5)}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      });
      return ((await answer.json()) as { silenceID: string }).silenceID;
    };
    const of = async (id: string): Promise<unknown> => {
      const { status, comment, endsAt } = (await (await fetch(`${url}/api/v2/silence/${id}`)).json()) as {
        status: { state: string };
        comment: string;
        endsAt: string;
      };
      return { ...status, comment, endsAt: status.state === 'expired' ? '' : endsAt };
    };
    const first = await set({ comment: 'first' });
    const same = await set({ id: first, comment: 'edited' });
    seen.push(first === same, await of(first));
    const other = await set({ id: first, matchers: [{ name: 'b', value: 'y', isRegex: false }] });
    seen.push(first === other, await of(first), await of(other));
    for (const id of [other, other, first]) {
      const answer = await fetch(`${url}/api/v2/silence/${id}`, { method: 'DELETE' });
      seen.push([answer.status, (await answer.text()).replaceAll(ID, 'ID'), await of(id)]);
    }
    const again = await set({ id: other, comment: 'again' });
    seen.push(again === other, await of(again));
    return seen;
  };
  assert.deepEqual(await play(twins.ours), await play(twins.theirs));
}

test('status, receivers, and what is not there are answered alike', { skip }, async (t) => {
  const twins = await startTwinAlertmanagers(t, CONFIG);
  const cases: Case[] = [
    { ask: 'GET /api/v2/status' },
    { ask: 'GET /api/v2/receivers' },
    { ask: 'GET /api/v2/nothing' },
    { ask: 'POST /api/v2/status', body: '{}' },
    { ask: 'POST /api/v2/alerts/groups', body: '{}' },
    { ask: 'DELETE /api/v2/silences' },
    { ask: 'PUT /api/v2/silence/f3aa1032-6ba7-4e61-925a-6df3e9e07ee1', body: '{}' },
    { ask: 'OPTIONS /api/v2/status' },
    { ask: 'HEAD /api/v2/status' },
    {
      ask: 'GET /api/v1/alerts',
      newer: { status: 410, says: /"status":"deprecated"/, why: 'version 1 left with 0.27' },
    },
  ];
  for (const one of cases) await check(twins, one);
  const headers = (await fetch(`${twins.ours}/api/v2/status`)).headers;
  assert.equal(headers.get('cache-control'), 'no-store');
  assert.match(headers.get('vary') ?? '', /\bOrigin\b/i);
});
