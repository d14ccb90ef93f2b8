/**
 * The parameters that every reader of the API has (`limit`, `stats`, `lookback_delta`, `timeout`, the filters and
 * pages of rules), as Prometheus 3.14 documents them. 2.42 is no witness here: most of them came later.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { test, type TestContext } from 'node:test';
import { remoteWrite, type WrittenSeries } from '../support/remote-write-body.ts';
import { until } from '../support/until.ts';
import { startVedette, temporaryDirectory, type VedetteProcess } from '../support/vedette-process.ts';

const TRUNCATED = 'results truncated due to limit';
const SERIES_COUNT = 5;

interface Answer {
  readonly status: string;
  readonly data: unknown;
  readonly errorType?: string;
  readonly error?: string;
  readonly warnings?: readonly string[];
}

/** Five series of `m`, a sample each minute, the newest at `lastMs`. */
async function startScene(t: TestContext): Promise<{ vedette: VedetteProcess; at: number }> {
  const vedette = await startVedette(t, { config: 'packs: { host: false }\n', args: ['--no-host'] });
  const lastMs = Math.floor(Date.now() / 1000) * 1000 - 60_000;
  const series = Array.from({ length: SERIES_COUNT }, (_, i): WrittenSeries => ({
    labels: { __name__: 'm', i: String(i), [`only${i}`]: 'x' },
    samples: Array.from({ length: 31 }, (_, k) => [lastMs - (30 - k) * 60_000, k * (i + 1)]),
    exemplars: [{ labels: { trace_id: `t${i}` }, timestampMs: lastMs - 1000, value: i }],
  }));
  await remoteWrite(vedette.url, series);
  return { vedette, at: lastMs / 1000 };
}

type Fields = Readonly<Record<string, string | number>>;

async function ask(vedette: VedetteProcess, to: string, fields: Fields): Promise<Answer & { code: number }> {
  const form = new URLSearchParams(Object.entries(fields).map(([name, value]) => [name, String(value)]));
  const response = await vedette.get(`/api/v1/${to}?${form.toString()}`);
  return { ...((await response.json()) as Answer), code: response.status };
}

/** Entries of the answer: of a query its series. */
function countOf({ data }: Answer): number {
  if (Array.isArray(data)) return data.length;
  return (data as { result: readonly unknown[] }).result.length;
}

test('a limit cuts lists and says so, beyond it alone', async (t) => {
  const { vedette, at } = await startScene(t);
  const lists: readonly (readonly [to: string, fields: Fields, count: number])[] = [
    ['query', { query: 'm', time: at }, SERIES_COUNT],
    ['query', { query: 'm[5m]', time: at }, SERIES_COUNT],
    ['query', { query: 'sum by (i) (m)', time: at }, SERIES_COUNT],
    ['query_range', { query: 'm', start: at - 120, end: at, step: 60 }, SERIES_COUNT],
    ['series', { 'match[]': 'm' }, SERIES_COUNT],
    ['labels', { 'match[]': 'm' }, SERIES_COUNT + 2],
    ['label/i/values', { 'match[]': 'm' }, SERIES_COUNT],
    ['label/i/values', { 'match[]': 'm', start: at - 60, end: at }, SERIES_COUNT],
  ];
  for (const [to, fields, count] of lists) {
    const whole = await ask(vedette, to, fields);
    assert.deepEqual([whole.code, countOf(whole), whole.warnings], [200, count, undefined], to);
    for (const limit of [0, count, count + 1, 1_000_000]) {
      const answer = await ask(vedette, to, { ...fields, limit });
      assert.deepEqual(answer.data, whole.data, `${to} limit ${limit}`);
      assert.equal(answer.warnings, undefined, `${to} limit ${limit}`);
    }
    for (const limit of [1, count - 1]) {
      const answer = await ask(vedette, to, { ...fields, limit });
      assert.deepEqual([answer.code, countOf(answer), answer.warnings], [200, limit, [TRUNCATED]], to);
    }
    for (const limit of ['-1', 'x', '1.5', '99999999999999999999'])
      assert.equal((await ask(vedette, to, { ...fields, limit })).errorType, 'bad_data', `${to} ${limit}`);
  }
  // A number and a text have nothing to cut.
  for (const query of ['1', '"x"']) {
    const { code, warnings } = await ask(vedette, 'query', { query, time: at, limit: 1 });
    assert.deepEqual([code, warnings], [200, undefined]);
  }
});

test('stats are told when asked for', async (t) => {
  const { vedette, at } = await startScene(t);
  const statsOf = async (to: string, fields: Fields): Promise<unknown> =>
    ((await ask(vedette, to, fields)).data as { stats?: unknown }).stats;
  const instant = { query: 'm', time: at };
  assert.equal(await statsOf('query', instant), undefined);
  assert.equal(await statsOf('query', { ...instant, stats: '' }), undefined);
  for (const stats of ['true', '1', 'all', 'anything']) {
    const told = (await statsOf('query', { ...instant, stats })) as {
      timings: Record<string, number>;
      samples: Record<string, number>;
    };
    assert.deepEqual(Object.keys(told.timings).sort(), [
      'evalTotalTime',
      'execQueueTime',
      'execTotalTime',
      'innerEvalTime',
      'queryPreparationTime',
      'resultSortTime',
    ]);
    assert.equal(told.samples['totalQueryableSamples'], SERIES_COUNT);
    assert.ok((told.samples['peakSamples'] ?? 0) >= SERIES_COUNT);
  }
  const range = { query: 'm', start: at - 120, end: at, step: 60, stats: 'all' };
  const { samples } = (await statsOf('query_range', range)) as { samples: Record<string, number> };
  assert.equal(samples['totalQueryableSamples'], 3 * SERIES_COUNT);
});

test('lookback_delta is how far a query looks back for a sample', async (t) => {
  const { vedette, at } = await startScene(t);
  const countAfter = async (seconds: number, lookback: string): Promise<number> =>
    countOf(await ask(vedette, 'query', { query: 'm', time: at + seconds, lookback_delta: lookback }));
  const check = async (seconds: number, lookback: string, want: number): Promise<void> =>
    assert.equal(await countAfter(seconds, lookback), want, `${seconds} s later, ${lookback}`);
  await check(299, '', SERIES_COUNT);
  await check(300, '', 0);
  await check(29, '30s', SERIES_COUNT);
  // Left-open: a sample of exactly that age is too old.
  await check(30, '30s', 0);
  await check(30, '31', SERIES_COUNT);
  await check(3500, '1h', SERIES_COUNT);
  await check(3600, '60m', 0);
  // None, or less than none, is the configured one.
  await check(299, '0', SERIES_COUNT);
  await check(299, '-5', SERIES_COUNT);
  const range = { query: 'm', start: at + 30, end: at + 90, step: 30 };
  assert.equal(countOf(await ask(vedette, 'query_range', { ...range, lookback_delta: '20s' })), 0);
  assert.equal(countOf(await ask(vedette, 'query_range', { ...range, lookback_delta: '2m' })), SERIES_COUNT);
  const wrong = await ask(vedette, 'query', { query: 'm', lookback_delta: 'soon' });
  assert.deepEqual(
    [wrong.code, wrong.errorType, wrong.error],
    [400, 'bad_data', 'error parsing lookback delta duration: cannot parse "soon" to a valid duration'],
  );
});

test('max_source_resolution is a duration or auto', async (t) => {
  const { vedette, at } = await startScene(t);
  for (const max_source_resolution of ['0s', '5m', '1h', '300', 'auto', '']) {
    const answer = await ask(vedette, 'query', { query: 'm', time: at, max_source_resolution });
    assert.deepEqual([answer.code, countOf(answer)], [200, SERIES_COUNT], max_source_resolution);
  }
  for (const max_source_resolution of ['fine', '-5m']) {
    const { code, errorType, error } = await ask(vedette, 'query', { query: 'm', max_source_resolution });
    assert.deepEqual([code, errorType], [400, 'bad_data']);
    assert.match(error ?? '', /max_source_resolution.*must be auto or a duration that is not negative/);
  }
});

test('timeout shortens what a query may take, and never prolongs it', async (t) => {
  const { vedette, at } = await startScene(t);
  for (const timeout of ['1h', '1m30s', '45.5', '50']) {
    const answer = await ask(vedette, 'query', { query: 'm', time: at, timeout });
    assert.deepEqual([answer.code, countOf(answer)], [200, SERIES_COUNT], timeout);
  }
  for (const timeout of ['0', '0s', '-1']) {
    const { code, errorType } = await ask(vedette, 'query', { query: 'm', time: at, timeout });
    assert.deepEqual([code, errorType], [503, 'timeout'], timeout);
  }
  // Some 20 ms each on a quick machine, and ten of them: no machine is through within 5 ms.
  const heavy = Array<string>(10).fill('max_over_time(sum(sum_over_time({__name__=~".+"}[30m]))[20h:1s])');
  const slow = await ask(vedette, 'query', { query: heavy.join(' + '), time: at, timeout: '5ms' });
  assert.deepEqual([slow.code, slow.errorType], [503, 'timeout'], JSON.stringify(slow).slice(0, 300));
});

test('exemplars are those of the range, in seconds', async (t) => {
  const { vedette, at } = await startScene(t);
  const found = await ask(vedette, 'query_exemplars', { query: 'm', start: at - 60, end: at });
  assert.equal(countOf(found), SERIES_COUNT);
  assert.deepEqual((found.data as { exemplars: unknown }[])[0]?.exemplars, [
    { labels: { trace_id: 't0' }, value: '0', timestamp: at - 1 },
  ]);
  const countIn = async (fields: Fields): Promise<number> =>
    countOf(await ask(vedette, 'query_exemplars', { query: 'm{i="1"} + sum(m{i=~"2|3"})', ...fields }));
  assert.equal(await countIn({ start: at - 60, end: at }), 3);
  assert.equal(await countIn({}), 3);
  assert.equal(await countIn({ start: at, end: at + 60 }), 0);
  const bad = async (fields: Fields, error: RegExp): Promise<void> => {
    const answer = await ask(vedette, 'query_exemplars', fields);
    assert.deepEqual([answer.code, answer.errorType], [400, 'bad_data']);
    assert.match(answer.error ?? '', error);
  };
  await bad({ query: 'm{' }, /parse error: unexpected end of input inside braces/);
  await bad({ query: 'm', start: 'x' }, /invalid parameter "start"/);
  await bad({ query: 'm', start: 2, end: 1 }, /end timestamp must not be before start timestamp/);
});

const RULES = (group: string): string => `groups:
  - name: ${group}
    interval: 1s
    rules:
      - { record: "${group}:r", expr: "1", labels: { team: ${group} } }
      - { alert: Always, expr: "vector(1)", labels: { team: ${group}, severity: page } }
  - { name: ${group}-more, rules: [ { record: "${group}:s", expr: "2" } ] }
`;

interface RulesData {
  readonly groups: readonly { name: string; rules: readonly { name: string; alerts?: unknown[] }[] }[];
  readonly groupNextToken?: string;
}

test('rules are filtered and paged', async (t) => {
  const directory = temporaryDirectory(t);
  for (const group of ['b', 'a']) writeFileSync(path.join(directory, `${group}.yml`), RULES(group));
  const config = `packs: { host: false }\nrule_files: [ ${directory}/*.yml ]\n`;
  const vedette = await startVedette(t, { config, args: ['--no-host'] });
  const rulesOf = async (query: string): Promise<RulesData> =>
    (await vedette.json<{ data: RulesData }>(`/api/v1/rules?${query}`)).data;
  const namesOf = ({ groups }: RulesData): string[] =>
    groups.flatMap(({ name, rules }) => rules.map((rule) => `${name}/${rule.name}`));
  const check = async (query: string, want: string): Promise<void> =>
    assert.equal(namesOf(await rulesOf(query)).join(' '), want, query);
  await check('', 'a/a:r a/Always a-more/a:s b/b:r b/Always b-more/b:s');
  await check('type=alert', 'a/Always b/Always');
  await check('type=record', 'a/a:r a-more/a:s b/b:r b-more/b:s');
  await check('rule_name[]=a:r&rule_name[]=Always', 'a/a:r a/Always b/Always');
  await check('rule_group[]=a-more&rule_group[]=b', 'a-more/a:s b/b:r b/Always');
  await check(`file[]=${encodeURIComponent(path.join(directory, 'b.yml'))}`, 'b/b:r b/Always b-more/b:s');
  await check('file[]=nowhere.yml', '');
  await check('match[]={team="b"}', 'b/b:r b/Always');
  await check('match[]={severity="page"}&match[]={team="a"}', 'a/a:r a/Always b/Always');
  await check('match[]={team="b"}&type=record&rule_group[]=b', 'b/b:r');
  await until('the alerts', async () =>
    (await rulesOf('type=alert')).groups.every(({ rules }) => rules[0]?.alerts?.length === 1)
      ? true
      : undefined,
  );
  const bare = await rulesOf('type=alert&exclude_alerts=true');
  assert.ok(bare.groups.every(({ rules }) => rules[0]?.alerts?.length === 0));
  const pages: string[][] = [];
  for (let token: string | undefined = ''; token !== undefined;) {
    const page = await rulesOf(
      `group_limit=3&type=record${token === '' ? '' : `&group_next_token=${token}`}`,
    );
    pages.push(namesOf(page));
    token = page.groupNextToken;
  }
  assert.deepEqual(pages, [['a/a:r', 'a-more/a:s', 'b/b:r'], ['b-more/b:s']]);
});
