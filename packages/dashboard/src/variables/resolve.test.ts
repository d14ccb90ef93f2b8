import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Dashboard, Variable } from '../dashboard.ts';
import { variableOf } from '../test-support/scope.ts';
import type { ResolvedVariable } from './resolved.ts';
import { resolveVariables, type VariableSource } from './resolve.ts';

const range = { fromMs: 0, toMs: 3_600_000 };

function dashboardOf(variables: readonly Variable[]): Dashboard {
  return {
    uid: 'u',
    title: 't',
    description: '',
    tags: [],
    timezone: 'utc',
    time: { from: 'now-1h', to: 'now' },
    refreshMs: 0,
    cursor: 'off',
    variables,
    panels: [],
    annotations: [],
    links: [],
  };
}

/** Answers by the label asked for; remembers what was asked. */
class FakeSource implements VariableSource {
  readonly asked: string[] = [];
  readonly values: Readonly<Record<string, readonly string[]>>;

  constructor(values: Readonly<Record<string, readonly string[]>>) {
    this.values = values;
  }

  async labelValues(selector: string | undefined, label: string): Promise<string[]> {
    this.asked.push(`${selector ?? ''}/${label}`);
    const found = this.values[label];
    if (found === undefined) throw new Error(`no label ${label}`);
    return [...found];
  }

  async labelNames(): Promise<string[]> {
    return ['job', 'instance'];
  }

  async metricNames(): Promise<string[]> {
    return ['up', 'node_load1', 'node_load5'];
  }

  async queryResult(
    expr: string,
    atMs: number,
  ): Promise<{ labels: Record<string, string>; value: string }[]> {
    this.asked.push(`${expr}@${atMs}`);
    return [{ labels: { __name__: 'up', job: 'api' }, value: '1' }];
  }
}

interface Given {
  readonly values?: Readonly<Record<string, readonly string[]>>;
  readonly chosen?: Readonly<Record<string, readonly string[]>>;
}

async function resolve(
  variables: readonly Variable[],
  { values = {}, chosen = {} }: Given = {},
): Promise<{ of: (name: string) => ResolvedVariable; source: FakeSource }> {
  const source = new FakeSource(values);
  const request = { chosen: new Map(Object.entries(chosen)), range, scrapeIntervalMs: 30_000, ask: source };
  const resolved = await resolveVariables(dashboardOf(variables), request, new AbortController().signal);
  const of = (name: string): ResolvedVariable => {
    const found = resolved.variables.find(({ variable }) => variable.name === name);
    assert.ok(found !== undefined);
    return found;
  };
  return { of, source };
}

const valuesOf = ({ options }: ResolvedVariable): string[] => options.map(({ value }) => value);

test('a chained variable is asked with the values of those it needs, wherever they stand', async () => {
  const { of, source } = await resolve(
    [
      variableOf('pod', { query: 'label_values(up{job=~"$job"}, pod)' }),
      variableOf('job', { query: 'label_values(job)', isMulti: true, current: ['a.b', 'c'] }),
    ],
    { values: { job: ['a.b', 'c'], pod: ['p1'] } },
  );
  assert.deepEqual(source.asked, ['/job', String.raw`up{job=~"(a\\.b|c)"}/pod`]);
  assert.deepEqual(of('pod').values, ['p1']);
});

test('each function of a query asks its own question', async () => {
  const { of, source } = await resolve([
    variableOf('names', { query: 'label_names()' }),
    variableOf('some', { query: 'label_names(^j)' }),
    variableOf('metrics', { query: 'metrics(node_)' }),
    variableOf('result', {
      query: 'query_result(topk(1, up))',
      regex: '/job="(?<text>[^"]+)".* (?<value>\\d+) \\d+$/',
    }),
    variableOf('series', { query: 'up{job="api"}' }),
    variableOf('broken', { query: 'label_values(up, )' }),
  ]);
  assert.deepEqual(valuesOf(of('names')), ['job', 'instance']);
  assert.deepEqual(valuesOf(of('some')), ['job']);
  assert.deepEqual(valuesOf(of('metrics')), ['node_load1', 'node_load5']);
  assert.deepEqual(of('result').options, [{ text: 'api', value: '1' }]);
  assert.deepEqual(valuesOf(of('series')), ['up{job="api"}']);
  assert.match(of('broken').error ?? '', /cannot read query/);
  assert.deepEqual(source.asked, ['topk(1, up)@3600000', 'up{job="api"}@3600000']);
});

test('variables in a cycle say so, those that hang on them too, the rest works', async () => {
  const { of } = await resolve(
    [
      variableOf('a', { query: 'label_values(x{b="$b"}, job)', current: ['kept'] }),
      variableOf('b', { query: 'label_values(x{a="$a"}, job)' }),
      variableOf('self', { query: 'label_values(x{a="$self"}, job)' }),
      variableOf('after', { query: 'label_values(x{a="$a"}, job)' }),
      variableOf('free', { query: 'label_values(job)' }),
    ],
    { values: { job: ['api'] } },
  );
  assert.match(of('a').error ?? '', /"a" needs itself, by way of "b"/);
  assert.match(of('b').error ?? '', /needs itself/);
  assert.match(of('self').error ?? '', /needs itself/);
  assert.match(of('after').error ?? '', /variable "a" has none/);
  assert.equal(of('free').error, undefined);
  assert.deepEqual(of('a').values, ['kept']);
});

test('a query that fails leaves its error in place and keeps what was chosen', async () => {
  const { of, source } = await resolve(
    [
      variableOf('x', { query: 'label_values(nowhere)' }),
      variableOf('y', { query: 'label_values(a{x="$x"}, job)' }),
    ],
    { values: { job: ['api'] }, chosen: { x: ['mine'] } },
  );
  assert.equal(of('x').error, 'no label nowhere');
  assert.deepEqual(of('x').chosen, ['mine']);
  assert.match(of('y').error ?? '', /variable "x" has none/);
  assert.deepEqual(source.asked, ['/nowhere']);
});

test('All stands for its own value, or for all options', async () => {
  const { of } = await resolve(
    [
      variableOf('own', {
        query: 'label_values(job)',
        hasAll: true,
        isMulti: true,
        allValue: '.+',
        current: ['$__all'],
      }),
      variableOf('every', { query: 'label_values(job)', hasAll: true, isMulti: true }),
      variableOf('picked', { query: 'label_values(job)', hasAll: true, isMulti: true }),
    ],
    { values: { job: ['a', 'b'] }, chosen: { every: ['All'], picked: ['b', 'gone'] } },
  );
  assert.deepEqual([of('own').chosen, of('own').values], [['$__all'], ['.+']]);
  assert.deepEqual([of('every').chosen, of('every').values], [['$__all'], ['a', 'b']]);
  assert.deepEqual(of('picked').values, ['b', 'gone']);
});

test('a choice of the file that is gone falls back to the first option', async () => {
  const { of } = await resolve([variableOf('job', { query: 'label_values(job)', current: ['gone'] })], {
    values: { job: ['b', 'a'] },
  });
  assert.deepEqual(of('job').values, ['b']);
});

test('variables that ask nothing', async () => {
  const { of } = await resolve(
    [
      variableOf('custom', { kind: 'custom', query: String.raw`a, Bee : b, c\,d, http://x` }),
      variableOf('every', { kind: 'interval', query: '1m,10m,1h', current: ['10m'] }),
      variableOf('auto', { kind: 'interval', query: '$__auto,1m,10m,1h', current: ['$__auto'] }),
      variableOf('ds', { kind: 'datasource', query: 'prometheus', current: ['elsewhere'] }),
      variableOf('text', { kind: 'textbox', query: 'default text' }),
      variableOf('constant', { kind: 'constant', query: 'k' }),
      variableOf('adhoc', { kind: 'unsupported', type: 'adhoc' }),
    ],
    { chosen: { text: ['typed'], constant: ['changed'], custom: ['Bee'] } },
  );
  assert.deepEqual(
    of('custom').options.map(({ text, value }) => `${text}=${value}`),
    ['a=a', 'Bee=b', 'c,d=c,d', 'http://x=http://x'],
  );
  assert.deepEqual(of('custom').values, ['b']);
  assert.deepEqual(of('every').values, ['10m']);
  assert.deepEqual([of('auto').chosen, of('auto').values], [['$__auto'], ['1m']]);
  assert.deepEqual(of('ds').values, ['default']);
  assert.deepEqual(of('text').values, ['typed']);
  assert.deepEqual(of('constant').values, ['k']);
  assert.match(of('adhoc').error ?? '', /type "adhoc" are not supported/);
});

test('options are picked, sorted and made single', async () => {
  const values = { v: ['n10', 'N2', 'n1', 'n10', 'other'] };
  const of = async (sketch: Partial<Variable>): Promise<string[]> =>
    valuesOf((await resolve([variableOf('v', { query: 'label_values(v)', ...sketch })], { values })).of('v'));
  assert.deepEqual(await of({}), ['n10', 'N2', 'n1', 'other']);
  assert.deepEqual(await of({ sort: 1 }), ['N2', 'n1', 'n10', 'other']);
  assert.deepEqual(await of({ sort: 2 }), ['other', 'n10', 'n1', 'N2']);
  assert.deepEqual(await of({ sort: 3, regex: '/^[nN]/' }), ['n1', 'N2', 'n10']);
  assert.deepEqual(await of({ sort: 6 }), ['other', 'N2', 'n10', 'n1']);
  assert.deepEqual(await of({ sort: 7 }), ['n1', 'N2', 'n10', 'other']);
  assert.deepEqual(await of({ regex: '/n(\\d+)/i' }), ['10', '2', '1']);
});

test('the list ends at its limit, with an error that names it', async () => {
  const many = Array.from({ length: 10_001 }, (_, i) => `v${i}`);
  const at = async (count: number): Promise<ResolvedVariable> =>
    (
      await resolve([variableOf('v', { query: 'label_values(v)' })], { values: { v: many.slice(0, count) } })
    ).of('v');
  assert.equal((await at(10_000)).error, undefined);
  const over = await at(10_001);
  assert.equal(over.options.length, 10_000);
  assert.match(over.error ?? '', /got 10001, limit is 10000 \(VARIABLE_OPTIONS_MAX\)/);
});

test('a regex that could run for ever is an error in its place', async () => {
  const { of } = await resolve([variableOf('v', { query: 'label_values(v)', regex: '(a+)+$' })], {
    values: { v: ['a'] },
  });
  assert.match(of('v').error ?? '', /cannot read regex/);
});

test('windows in a query are as wide as scrapes are far apart', async () => {
  const query = 'query_result(rate(x[$__rate_interval]) + rate(x[$__interval]))';
  const { source } = await resolve([variableOf('v', { query })]);
  assert.deepEqual(source.asked, [`rate(x[2m]) + rate(x[30s])@${range.toMs}`]);
});

test('a cancelled page stops with the reason', async () => {
  const controller = new AbortController();
  const ask = new FakeSource({});
  ask.labelValues = async (): Promise<string[]> => {
    controller.abort(new Error('left'));
    throw new Error('network');
  };
  const dashboard = dashboardOf([
    variableOf('a', { query: 'label_values(x)' }),
    variableOf('b', { query: 'label_values(x{a="$a"}, y)' }),
  ]);
  const request = { chosen: new Map(), range, scrapeIntervalMs: 15_000, ask };
  await assert.rejects(resolveVariables(dashboard, request, controller.signal), { message: 'left' });
});

test('in any graph, each variable without an error was asked after all it needs', async () => {
  const graph = fc.array(fc.array(fc.nat(7), { maxLength: 3 }), { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(graph, async (edges) => {
      const needs = edges.map((targets) => targets.filter((target) => target < edges.length));
      const variables = needs.map((targets, i) =>
        variableOf(`v${i}`, {
          query: `label_values(m${i}{x=~"${targets.map((t) => `$v${t}`).join('')}"}, job)`,
        }),
      );
      const { of, source } = await resolve(variables, { values: { job: ['a'] } });
      const reach = (from: number, seen = new Set<number>()): Set<number> => {
        for (const to of needs[from] ?? []) if (!seen.has(to)) reach(to, seen.add(to));
        return seen;
      };
      for (const i of needs.keys()) {
        const isBroken = [i, ...reach(i)].some((one) => reach(one).has(one));
        assert.equal(of(`v${i}`).error !== undefined, isBroken, `v${i} of ${JSON.stringify(needs)}`);
        if (isBroken) continue;
        const at = source.asked.findIndex((asked) => asked.startsWith(`m${i}{`));
        for (const need of needs[i] ?? []) {
          assert.ok(source.asked.findIndex((asked) => asked.startsWith(`m${need}{`)) < at);
        }
      }
    }),
  );
});
